package files

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"tagtrail/domain/importing"
)

const (
	utf16Little = "utf-16le"
	utf16Big    = "utf-16be"
)

// decoded answers the text of a file in UTF-8 without the mark that it may begin with.
func decoded(file io.Reader, head []byte, name string) (*bufio.Reader, error) {
	var from encoding.Encoding
	switch name {
	case "", "auto":
		switch order := utf16Order(head); order {
		case "":
		default:
			return decoded(file, nil, order)
		}
	case "utf-8":
	case utf16Little:
		from = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case utf16Big:
		from = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "windows-1252":
		from = charmap.Windows1252
	default:
		return nil, importing.ErrUnknownCode
	}
	if from != nil {
		file = transform.NewReader(file, from.NewDecoder())
	}
	text := bufio.NewReaderSize(file, 64<<10)
	if mark, err := text.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		_, _ = text.Discard(3)
	}
	return text, nil
}

// utf16Order answers the order of bytes of a text in UTF-16, by its mark, or by every other byte of its beginning being
// zero; "" is another encoding.
func utf16Order(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return utf16Little
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return utf16Big
	}
	var zeros [2]int
	look := head[:min(len(head), 64)&^1]
	for i, b := range look {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch half := len(look) / 2; {
	case half < 2, zeros[0] > 0 && zeros[1] > 0:
		return ""
	case zeros[1] >= half*3/4:
		return utf16Little
	case zeros[0] >= half*3/4:
		return utf16Big
	}
	return ""
}

// isText says whether a cell is text, which it is not where the encoding is another than was thought.
func isText(cell []byte) bool { return utf8.Valid(cell) }
