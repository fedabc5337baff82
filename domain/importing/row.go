package importing

import (
	"regexp"
	"strings"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
	"tagtrail/domain/field"
	"tagtrail/domain/text"
)

// Wish is what a row asks of a contact; nil leaves a thing as it is.
type Wish struct {
	Line    int
	Contact uuid.UUID        // named by its id
	Number  contact.Identity // or by its number

	Details map[Detail]string
	Tags    []Named // of the column of tags
	HasTags bool    // whether there is such a column, and it says something
	Values  []Named // of the columns of valued tags; "" clears one
	Fields  map[field.ID]string
}

// Named is a tag as a file names it.
type Named struct {
	Name   string
	Value  string
	Column int // from 1
}

// Refusal is why a row was not taken, and in which column; 0 is none in particular.
type Refusal struct {
	Fault  *fault.Fault
	Column int
}

// Read answers what a row asks, or why nobody can tell.
func Read(row Row, columns []Column, mode TagsMode) (Wish, *Refusal) {
	wish := Wish{Line: row.Line}
	if row.Refused != nil {
		return wish, &Refusal{row.Refused, row.Column}
	}
	for i, column := range columns {
		if column.Detail == Ignored {
			continue
		}
		cell := row.Cells[i]
		if cell.Refused != nil && (column.Field == field.ID{} || cell.Text == "") { // a custom field may be a date
			return wish, &Refusal{cell.Refused, i + 1}
		}
		value := strings.TrimSpace(text.Unguard(cell.Text))
		if refused := wish.take(column, value, i+1, mode); refused != nil {
			return wish, &Refusal{refused, i + 1}
		}
	}
	return wish, nil
}

func (w *Wish) take(column Column, value string, at int, mode TagsMode) *fault.Fault {
	switch {
	case column.Field != field.ID{}:
		if w.Fields == nil {
			w.Fields = map[field.ID]string{}
		}
		w.Fields[column.Field] = value
	case column.Key != "":
		w.Values = append(w.Values, Named{column.Key, value, at})
	case column.Detail == Phone:
		return w.name(value)
	case column.Detail == Tags:
		w.HasTags = value != "" || mode == ReplaceTags
		w.tag(value, at)
	default:
		if w.Details == nil {
			w.Details = map[Detail]string{}
		}
		w.Details[column.Detail] = value
	}
	return nil
}

// tag takes names apart by commas or by |.
func (w *Wish) tag(cell string, at int) {
	for name := range strings.FieldsFuncSeq(cell, func(r rune) bool { return r == ',' || r == '|' }) {
		if name = strings.TrimSpace(name); name != "" {
			w.Tags = append(w.Tags, Named{Name: name, Column: at})
		}
	}
}

var (
	exponent = regexp.MustCompile(`^[0-9]([.,][0-9]+)?[eE]\+?[0-9]+$`)
	decimal  = regexp.MustCompile(`^\+?[0-9]+[.,]0+$`)
)

// name says whom the row is about: a number in any of the forms in which our lists and WhatsApp write one, or one of our ids.
func (w *Wish) name(cell string) *fault.Fault {
	if len(cell) == 36 && strings.Count(cell, "-") == 4 {
		if id, err := uuid.Parse(cell); err == nil {
			w.Contact = id
			return nil
		}
	}
	switch {
	case exponent.MatchString(cell):
		return ErrRounded
	case decimal.MatchString(cell):
		return ErrDecimal
	}
	if len(cell) >= 8 && len(cell) <= 15 && cell[0] != '0' && strings.Trim(cell, "0123456789") == "" {
		cell = "+" + cell
	}
	number, err := contact.ParsePhone(cell)
	if err != nil {
		return fault.Of(err)
	}
	w.Number = number
	return nil
}

// Key answers what rows about the same contact have in common.
func (w Wish) Key() string {
	if w.Contact != uuid.Nil {
		return w.Contact.String()
	}
	return w.Number.Value.Reveal()
}
