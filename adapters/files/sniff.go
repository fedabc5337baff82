// Package files reads and writes contacts as CSV and as workbooks of Excel.
//
// It knows cells, lines and encodings, and nothing of what they mean. Whatever a
// file is called, it is what its bytes say.
//
// # Decisions
//
// Rows are read and written one at a time, so that a million of them need no more
// memory than one. Workbooks are read by a reader of our own instead of a library
// that answers text alone and unpacks large sheets into files of its own: what a
// cell is decides whether it is taken, and contacts do not belong into temporary
// files.
package files

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"

	"tagtrail/domain/importing"
)

// File is the bytes of a file.
type File interface {
	io.Reader
	io.ReaderAt
}

// Sheet is a file of rows that has to be closed.
type Sheet interface {
	importing.Sheet
	Close() error
}

// Options say how a file is to be read.
type Options struct {
	Encoding string // of a CSV file; "" and "auto" find it out
}

// sniffed is how many bytes say what a file is.
const sniffed = 64 << 10

// Open reads what a file is, and its header. The size is that of the whole file.
func Open(file File, size int64, options Options) (Sheet, error) {
	kept := &remembering{File: file}
	sheet, err := open(kept, size, options)
	if kept.failed != nil && err == nil {
		_ = sheet.Close()
	}
	if err = kept.because(err); err != nil {
		return nil, err
	}
	return caused{sheet, kept}, nil
}

func open(file File, size int64, options Options) (Sheet, error) {
	head := make([]byte, min(size, sniffed))
	if _, err := file.ReadAt(head, 0); err != nil && err != io.EOF { //nolint:errorlint // io.ReaderAt answers it bare
		return nil, err
	}
	switch {
	case len(bytes.TrimSpace(head)) == 0 && size <= sniffed:
		return nil, importing.ErrEmpty
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return openZip(file, size)
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")), bytes.HasPrefix(head, []byte("\x09\x08\x10\x00\x00\x06\x05\x00")):
		return nil, importing.ErrOldExcel
	case isForeign(head):
		return nil, importing.ErrNotATable
	}
	return openCSV(file, head, options)
}

// openZip tells workbooks from everything else that is packed the same way.
func openZip(file File, size int64) (Sheet, error) {
	packed, err := zip.NewReader(file, size)
	if err != nil {
		return nil, importing.ErrBrokenSheet
	}
	names := map[string]bool{}
	var unpacked uint64
	for i, entry := range packed.File {
		if i >= maxEntries {
			return nil, importing.ErrWorkbookSize
		}
		names[strings.ToLower(entry.Name)] = true
		unpacked += entry.UncompressedSize64
		if entry.UncompressedSize64 > maxUnpacked || unpacked > maxUnpacked {
			return nil, importing.ErrWorkbookSize
		}
	}
	switch {
	case names["xl/vbaproject.bin"]:
		return nil, importing.ErrMacros
	case names["mimetype"], names["index/document.iwa"], names["index.zip"], names["xl/workbook.bin"]:
		return nil, importing.ErrOtherSheet
	case !names["xl/workbook.xml"]:
		return nil, importing.ErrNotATable
	case unpacked > smallWorkbook && unpacked > uint64(size)*maxRatio: //nolint:gosec // a size is not negative
		return nil, importing.ErrWorkbookSize
	}
	return openWorkbook(packed)
}

const (
	maxEntries    = 10_000
	maxUnpacked   = 1 << 30
	maxRatio      = 100
	smallWorkbook = 32 << 20
)

// isForeign says whether the bytes are of a kind of file that people take for a table, or no text at all.
func isForeign(head []byte) bool {
	for _, sign := range []string{"%PDF-", "\x89PNG", "\xff\xd8\xff", "GIF8", "\x1f\x8b", "7z\xbc\xaf", "Rar!", "{\\rtf", "BZh", "\xfd7zXZ", "\x28\xb5\x2f\xfd"} {
		if bytes.HasPrefix(head, []byte(sign)) {
			return true
		}
	}
	begins := bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
	start := strings.ToLower(string(begins[:min(64, len(begins))]))
	for _, sign := range []string{"<!doctype", "<html", "<?xml", "<table", "<svg", "{\"", "[{"} {
		if strings.HasPrefix(start, sign) {
			return true
		}
	}
	return utf16Order(head) == "" && bytes.IndexByte(head, 0) >= 0
}
