package tag

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"tagtrail/domain/fault"
	"tagtrail/domain/text"
)

// The limits of the catalogue.
const (
	MaxNameLength        = 50  // characters as a person counts them
	MaxDescriptionLength = 500 // the same
	MaxValues            = 200
	MaxTags              = 5000 // active at once
	MaxAtOnce            = 500  // tags in one deletion, which is one append
)

// DefaultColor is the colour of a tag for which none was chosen.
const DefaultColor = "default"

// Colors answers the presets that a tag can have besides the default.
func Colors() []string {
	return []string{
		"red", "orange", "amber", "yellow", "lime", "green", "emerald", "teal", "cyan", "sky",
		"blue", "indigo", "violet", "purple", "fuchsia", "pink", "rose", "brown", "slate", "gray",
	}
}

func cleanName(s string) (string, error) {
	name, err := word(s, ErrBlankName, ErrNameTooLong, ErrNameCharacters)
	return name, at(err, "/name")
}

func cleanDescription(s string) (string, error) {
	description, err := text.Lines(s, MaxDescriptionLength)
	return description, at(refusal(err, nil, ErrDescriptionTooLong, ErrDescriptionCharacters), "/description")
}

func cleanColor(s string) (string, error) {
	if s == "" {
		return DefaultColor, nil
	}
	if s != DefaultColor && !slices.Contains(Colors(), s) {
		return "", at(ErrUnknownColor, "/color")
	}
	return s, nil
}

// cleanValues answers the names of a fixed list in the form in which they are kept.
func cleanValues(values []string) ([]string, error) {
	if len(values) > MaxValues {
		return nil, at(ErrTooManyValues, "/values")
	}
	kept := make([]string, len(values))
	seen := make(map[string]bool, len(values))
	for i, s := range values {
		pointer := "/values/" + strconv.Itoa(i)
		name, err := word(s, ErrBlankValue, ErrValueTooLong, ErrValueCharacters)
		if err != nil {
			return nil, at(err, pointer)
		}
		if seen[text.Fold(name)] {
			return nil, at(ErrValueTwice, pointer)
		}
		seen[text.Fold(name)] = true
		kept[i] = name
	}
	return kept, nil
}

// word cleans a name of the catalogue. A comma and a | separate tags in files, so no name has one.
func word(s string, blank, long, characters *fault.Fault) (string, error) {
	kept, err := text.Line(s, MaxNameLength)
	if err == nil && strings.ContainsAny(kept, ",|") {
		err = text.ErrForbidden
	}
	return kept, refusal(err, blank, long, characters)
}

// refusal says in the catalogue's words what is wrong with a text.
func refusal(err error, blank, long, characters *fault.Fault) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, text.ErrBlank):
		return blank
	case errors.Is(err, text.ErrTooLong):
		return long
	default:
		return characters
	}
}

func at(err error, pointer string) error {
	if refused := fault.Of(err); refused != nil {
		return refused.At(pointer)
	}
	return err
}
