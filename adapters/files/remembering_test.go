package files_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"tagtrail/adapters/files"
)

var errAway = errors.New("what keeps the file is away")

// failing is a file that cannot be read once, after so many reads.
type failing struct {
	*bytes.Reader
	in int
}

func (f *failing) Read(into []byte) (int, error) {
	if f.in--; f.in == -1 {
		return 0, errAway
	}
	return f.Reader.Read(into)
}

func (f *failing) ReadAt(into []byte, at int64) (int, error) {
	if f.in--; f.in == -1 {
		return 0, errAway
	}
	return f.Reader.ReadAt(into, at)
}

// F5: a file whose bytes are out of reach for a moment is not taken for a broken one, wherever that happens.
func TestAFileOutOfReachIsNotABrokenOne(t *testing.T) {
	t.Parallel()
	content := packed(t, book(strings.Repeat(`<row><c t="inlineStr"><is><t>name</t></is></c></row>`, 2000)))
	failed := 0
	for reads := 0; ; reads++ {
		file := &failing{bytes.NewReader(content), reads}
		sheet, err := files.Open(file, int64(len(content)), files.Options{})
		if err == nil {
			_, _, err = readAll(sheet)
		}
		if file.in >= 0 { // it was read to its end before
			if err != nil || failed < 5 {
				t.Errorf("read whole it answers %v, after it failed %d times", err, failed)
			}
			return
		}
		if failed++; !errors.Is(err, errAway) {
			t.Errorf("out of reach at read %d it answers %v", reads, err)
		}
	}
}
