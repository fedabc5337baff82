// Package field is the vocabulary of custom fields: what an organisation may
// ask about its contacts besides what everybody asks, and the one form in which
// an answer of each type is kept.
//
// A value is always a text, because it is personal data and sealed as such. Its
// form is fixed by the type, so that a table can compute from it what is ordered
// and compared.
package field

import (
	"errors"
	"slices"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/text"
)

// ID names a custom field for ever, whatever it is called.
type ID struct{ uuid.UUID }

// Type says what a field holds.
type Type string

// The types of custom fields.
const (
	Text        Type = "text"
	Number      Type = "number"       // a decimal number
	Money       Type = "money"        // an amount and its currency
	Date        Type = "date"         // a civil date
	Choice      Type = "choice"       // one of the options
	MultiChoice Type = "multi_choice" // some of the options
	Person      Type = "person"       // a member of the team
	Boolean     Type = "boolean"
	URL         Type = "url"
)

// Types answers every type.
func Types() []Type {
	return []Type{Text, Number, Money, Date, Choice, MultiChoice, Person, Boolean, URL}
}

// OptionNumber is the small number of an option, unique within its field, never reused.
type OptionNumber int32

// Option is one of the answers that a choice takes.
type Option struct {
	Number OptionNumber `json:"number"`
	Name   string       `json:"name"`
}

// Definition says what a field is called and what it holds.
type Definition struct {
	ID      ID
	Name    string
	Type    Type
	Options []Option // that can be chosen; never changed in place
	Retired []Option // that cannot be chosen any more; contacts may hold them still
	Active  bool

	LastOption OptionNumber   // the highest number that was ever given
	Revision   event.Revision // of its last event
}

// The limits of custom fields.
const (
	MaxFields       = 200 // active at once
	MaxNameLength   = 50  // characters as a person counts them
	MaxOptions      = 200
	MaxOptionLength = 100
)

// CleanName answers a field's name in the form in which it is kept. It may head
// a column of a file, so it has nothing that separates columns or tags there.
func CleanName(s string) (string, error) {
	name, err := text.Line(s, MaxNameLength)
	if err != nil || hasSeparator(name) {
		return "", ErrName
	}
	return name, nil
}

// CleanOptions answers the names of options in the form in which they are kept.
func CleanOptions(t Type, names []string) ([]string, error) {
	takes := t == Choice || t == MultiChoice
	switch {
	case !takes && len(names) > 0:
		return nil, ErrNoOptions
	case takes && len(names) == 0:
		return nil, ErrOptionsRequired
	case len(names) > MaxOptions:
		return nil, ErrTooManyOptions
	}
	kept := make([]string, 0, len(names))
	folded := make([]string, 0, len(names))
	for _, name := range names {
		clean, err := text.Line(name, MaxOptionLength)
		if err != nil || hasSeparator(clean) {
			return nil, ErrOption
		}
		if slices.Contains(folded, text.Fold(clean)) {
			return nil, ErrOptionTwice
		}
		kept, folded = append(kept, clean), append(folded, text.Fold(clean))
	}
	return kept, nil
}

// Option answers the option of a name, as names are compared.
func (d Definition) Option(name string) (Option, bool) { return named(d.Options, name) }

func named(options []Option, name string) (Option, bool) {
	i := slices.IndexFunc(options, func(o Option) bool { return text.Fold(o.Name) == text.Fold(name) })
	if i < 0 {
		return Option{}, false
	}
	return options[i], true
}

func hasSeparator(s string) bool {
	for _, r := range s {
		if r == ',' || r == '|' || r == '\n' || r == '\t' {
			return true
		}
	}
	return false
}

// refusal answers the fault of a text that is refused.
func refusal(err error, blank, long, characters *fault.Fault) error {
	switch {
	case errors.Is(err, text.ErrBlank):
		return blank
	case errors.Is(err, text.ErrTooLong):
		return long
	default:
		return characters
	}
}
