package files

import (
	"errors"
	"io"

	"tagtrail/domain/importing"
)

// remembering is a file that remembers why it could not be read. Whatever takes a file apart says only that it is broken,
// and a file is not broken because what keeps it is away for a moment.
type remembering struct {
	File
	failed error
}

// Read implements io.Reader.
func (r *remembering) Read(into []byte) (int, error) { return r.noted(r.File.Read(into)) }

// ReadAt implements io.ReaderAt.
func (r *remembering) ReadAt(into []byte, at int64) (int, error) {
	return r.noted(r.File.ReadAt(into, at))
}

func (r *remembering) noted(n int, err error) (int, error) {
	if err != nil && r.failed == nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		r.failed = err
	}
	return n, err
}

// because answers why the file could not be read, and otherwise what came of reading it.
func (r *remembering) because(err error) error {
	if r.failed != nil {
		return r.failed
	}
	return err
}

// caused is a sheet that says why its file could not be read.
type caused struct {
	Sheet
	file *remembering
}

// Next implements importing.Sheet.
func (c caused) Next() (importing.Row, error) {
	row, err := c.Sheet.Next()
	return row, c.file.because(err)
}
