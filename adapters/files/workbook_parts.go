package files

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"tagtrail/domain/importing"
)

// The limits of the texts that the cells of a workbook share.
const (
	maxShared      = 5_000_000
	maxSharedBytes = 256 << 20
)

// rich is a text that may change its looks on the way; how a text is pronounced is no part of it.
type rich struct {
	Plain []string `xml:"t"`
	Runs  []struct {
		Text string `xml:"t"`
	} `xml:"r"`
}

func (r rich) text() string {
	texts := r.Plain
	for _, run := range r.Runs {
		texts = append(texts, run.Text)
	}
	return unescaped(strings.Join(texts, ""))
}

// sharedStrings reads the texts that cells refer to by number.
func sharedStrings(packed *zip.Reader) ([]string, error) {
	part, err := openPart(packed, "xl/sharedStrings.xml")
	if err != nil {
		return nil, nil //nolint:nilerr // a workbook without texts has none
	}
	defer func() { _ = part.Close() }()
	metered := &metered{of: part}
	decoder := xml.NewDecoder(metered)
	var all []string
	held := 0
	for {
		metered.left = allowance
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, importing.ErrBrokenSheet
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "si" {
			continue
		}
		var text rich
		if err := decoder.DecodeElement(&text, &start); err != nil {
			return nil, importing.ErrBrokenSheet
		}
		all = append(all, text.text())
		if held += len(all[len(all)-1]); held > maxSharedBytes || len(all) > maxShared {
			return nil, importing.ErrWorkbookSize
		}
	}
}

// metered is a part of which no more than an allowance is read between two of its rows, so that no row is endless.
type metered struct {
	of   io.Reader
	left int
}

// allowance is how long a row, or a shared text, may be with all that XML puts around it.
const allowance = 16 << 20

func (m *metered) Read(into []byte) (int, error) {
	if m.left <= 0 {
		return 0, importing.ErrWorkbookSize
	}
	n, err := m.of.Read(into[:min(len(into), m.left)])
	m.left -= n
	return n, err
}

// dateStyles says of each style of cells whether it shows a number as a date or a time.
func dateStyles(packed *zip.Reader) ([]bool, error) {
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := readPart(packed, "xl/styles.xml", &styles); err != nil {
		return nil, err
	}
	codes := map[int]string{}
	for _, format := range styles.Formats {
		codes[format.ID] = format.Code
	}
	dates := make([]bool, len(styles.Cells))
	for i, cell := range styles.Cells {
		code, own := codes[cell.Format]
		dates[i] = own && isDateCode(code) || !own && isDateFormat(cell.Format)
	}
	return dates, nil
}

// isDateFormat says which of the formats that every workbook knows are dates and times.
func isDateFormat(id int) bool {
	return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58
}

// quotedInCode are parts of a format that stand for themselves, colours and conditions.
var quotedInCode = regexp.MustCompile(`"[^"]*"|\\.|\[[^\]hms]*\]|_.|\*.`)

func isDateCode(code string) bool {
	code = strings.ToLower(quotedInCode.ReplaceAllString(code, ""))
	return !strings.Contains(code, "general") && strings.ContainsAny(code, "ymdhs")
}

// escape is how a workbook writes what XML cannot hold.
var escape = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

func unescaped(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escape.ReplaceAllStringFunc(s, func(found string) string {
		code, err := strconv.ParseUint(found[2:6], 16, 16)
		if r := rune(code); err == nil && utf8.ValidRune(r) {
			return string(r)
		}
		return found
	})
}

// escaped writes a text so that unescaped answers it again. What looks like an escape may begin within another.
func escaped(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var written strings.Builder
	for i := range len(s) {
		if s[i] == '_' && escape.MatchString(s[i:min(i+7, len(s))]) {
			written.WriteString("_x005F")
		}
		written.WriteByte(s[i])
	}
	return written.String()
}
