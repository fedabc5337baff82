package postgres

import (
	"encoding/binary"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"tagtrail/projections"
)

// copyText answers the statement that takes what encodeRows answers.
func copyText(schema string, t *projections.Table) string {
	var names []string
	for _, place := range writable(t) {
		names = append(names, quoted(t.Columns()[place].Name))
	}
	return "copy " + quoted(schema) + "." + quoted(t.Name()) + " (" + strings.Join(names, ", ") + ") from stdin (format binary)"
}

// encodeRows writes rows as COPY reads them in its binary format, which neither side has to spell out and to parse. It
// answers no where a column's values have no form that is known here, or one does not fit its column: a statement
// takes them, or says what is wrong with them.
func encodeRows(t *projections.Table, rows [][]any) ([]byte, bool) {
	const signature = "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" // no flags, no extension
	columns := t.Columns()
	places := writable(t)
	for _, place := range places {
		if columns[place].Kind == projections.Other {
			return nil, false
		}
	}
	out := rowWriter{bytes: append(make([]byte, 0, len(rows)*len(places)*16), signature...), fits: true}
	for _, row := range rows {
		out.int16(int16(len(places))) //nolint:gosec // a table has at most 1,600 columns
		for _, place := range places {
			out.field(&columns[place], row[place])
		}
	}
	out.int16(-1)
	return out.bytes, out.fits
}

// rowWriter writes the fields of rows, and remembers whether all of them fitted.
type rowWriter struct {
	bytes []byte
	fits  bool
}

func (w *rowWriter) int16(n int16) { w.bytes = binary.BigEndian.AppendUint16(w.bytes, uint16(n)) } //nolint:gosec // the bits are what counts

func (w *rowWriter) int32(n int32) { w.bytes = binary.BigEndian.AppendUint32(w.bytes, uint32(n)) } //nolint:gosec // as above

func (w *rowWriter) int64(n int64) { w.bytes = binary.BigEndian.AppendUint64(w.bytes, uint64(n)) } //nolint:gosec // as above

// field writes the length of a value, and then the value.
func (w *rowWriter) field(c *projections.Column, value any) {
	if value == nil {
		w.int32(-1)
		return
	}
	at := len(w.bytes)
	w.int32(0)
	w.value(c, value)
	binary.BigEndian.PutUint32(w.bytes[at:], uint32(len(w.bytes)-at-4)) //nolint:gosec // no value has 2 GiB
}

func (w *rowWriter) value(c *projections.Column, value any) {
	switch v := value.(type) {
	case uuid.UUID:
		w.bytes = append(w.bytes, v[:]...)
	case string:
		if c.Kind == projections.JSON {
			w.bytes = append(w.bytes, 1) // the version of jsonb's form
		}
		w.bytes = append(w.bytes, v...)
	case int64:
		w.number(c.Type, v)
	case bool:
		if v {
			w.bytes = append(w.bytes, 1)
		} else {
			w.bytes = append(w.bytes, 0)
		}
	case time.Time:
		const year2000 = 946_684_800
		w.int64((v.Unix()-year2000)*1_000_000 + int64(v.Nanosecond())/1000)
	case float64:
		w.int64(int64(math.Float64bits(v))) //nolint:gosec // the bits are what counts
	case []int64:
		w.array(pgtype.Int4OID, len(v))
		for _, n := range v {
			w.int32(4)
			w.number("int", n)
		}
	case []uuid.UUID:
		w.array(pgtype.UUIDOID, len(v))
		for _, id := range v {
			w.int32(int32(len(id)))
			w.bytes = append(w.bytes, id[:]...)
		}
	case []string:
		w.array(pgtype.TextOID, len(v))
		for _, s := range v {
			w.int32(int32(len(s))) //nolint:gosec // no value has 2 GiB
			w.bytes = append(w.bytes, s...)
		}
	default:
		w.fits = false
	}
}

func (w *rowWriter) number(sqlType string, n int64) {
	switch sqlType {
	case "bigint":
		w.int64(n)
	case "smallint":
		w.fits = w.fits && n == int64(int16(n)) //nolint:gosec // whether it fits is asked
		w.int16(int16(n))                       //nolint:gosec // as above
	default:
		w.fits = w.fits && n == int64(int32(n)) //nolint:gosec // as above
		w.int32(int32(n))                       //nolint:gosec // as above
	}
}

// array writes what stands before the members of an array: its dimensions, none where it is empty, that no member is
// NULL, what they are, and how many from which number on.
func (w *rowWriter) array(member uint32, length int) {
	dimensions := min(length, 1)
	w.int32(int32(dimensions)) //nolint:gosec // 0 or 1
	w.int32(0)
	w.int32(int32(member)) //nolint:gosec // a number of a built-in type
	if dimensions > 0 {
		w.int32(int32(length)) //nolint:gosec // no array has as many
		w.int32(1)
	}
}
