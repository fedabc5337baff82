package contact

import (
	"errors"
	"strconv"
	"strings"

	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/domain/text"
)

// The limits of tagging.
const (
	MaxActiveTags  = 20  // where an organisation sets no other
	MaxValueLength = 200 // characters of a free value, as a person counts them
)

// Catalog is the tag catalogue, as far as a contact needs it.
type Catalog interface {
	Find(id tag.ID) (tag.Tag, bool)
}

// AssignTag decides that the contact carries a tag, with a value where the tag
// takes one. At most limit tags that are active in the catalogue are carried at
// once; a tag that is deleted does not count until it is restored.
func (c *Contact) AssignTag(catalog Catalog, id tag.ID, value *string, assignment AssignmentID, limit int) ([]Event, error) {
	if err := c.standing(); err != nil {
		return nil, err
	}
	t, known := catalog.Find(id)
	switch {
	case !known:
		return nil, tag.ErrUnknown.With("tag", id.String())
	case !t.Active:
		return nil, tag.ErrDeleted.With("tag", id.String())
	}
	wanted, err := valueOf(t, value)
	if err != nil {
		return nil, err
	}
	if open, carried := c.assignments[id]; carried {
		if same(open.value, wanted) {
			return nil, nil
		}
		return []Event{TagValueChanged{
			Tag: id, Number: t.Number, Ended: open.id, Assignment: assignment, From: open.value, To: wanted,
		}}, nil
	}
	if c.active(catalog) >= limit {
		return nil, ErrTooManyTags.With("limit", strconv.Itoa(limit))
	}
	return []Event{TagAssigned{Tag: id, Number: t.Number, Assignment: assignment, Value: wanted}}, nil
}

// RemoveTag decides that the contact carries a tag no longer.
func (c *Contact) RemoveTag(catalog Catalog, id tag.ID) ([]Event, error) {
	if err := c.standing(); err != nil {
		return nil, err
	}
	t, known := catalog.Find(id)
	if !known {
		return nil, tag.ErrUnknown.With("tag", id.String())
	}
	open, carried := c.assignments[id]
	switch {
	case !carried:
		return nil, nil
	case !t.Active:
		return nil, ErrTagHistorical.With("tag", id.String())
	}
	return []Event{TagRemoved{Tag: id, Number: t.Number, Assignment: open.id, Value: open.value}}, nil
}

// active counts the tags that the contact carries and the catalogue has not deleted.
func (c *Contact) active(catalog Catalog) int {
	n := 0
	for id := range c.assignments {
		if t, known := catalog.Find(id); known && t.Active {
			n++
		}
	}
	return n
}

// valueOf answers the value that a tag is to carry: none for a label.
func valueOf(t tag.Tag, value *string) (*TagValue, error) {
	switch {
	case t.Kind != tag.Valued && value != nil:
		return nil, ErrValueNotTaken.At("/value")
	case t.Kind != tag.Valued:
		return nil, nil
	case value == nil:
		return nil, ErrValueRequired.At("/value")
	}
	kept, err := text.Line(*value, MaxValueLength)
	if err != nil {
		return nil, refusal(err, ErrValueRequired, ErrValueTooLong, ErrValueCharacters).At("/value")
	}
	if t.Policy == tag.FreeText {
		if strings.ContainsAny(kept, ",|") { // they separate tags in files, as they would in a fixed value
			return nil, ErrValueCharacters.At("/value")
		}
		return &TagValue{Text: personal.New(kept)}, nil
	}
	fixed, ok := t.Value(kept)
	if !ok {
		return nil, ErrUnknownValue.At("/value")
	}
	return &TagValue{Number: fixed.Number}, nil
}

func same(a, b *TagValue) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// refusal says in a contact's words what is wrong with a text.
func refusal(err error, blank, long, characters *fault.Fault) *fault.Fault {
	switch {
	case errors.Is(err, text.ErrBlank):
		return blank
	case errors.Is(err, text.ErrTooLong):
		return long
	default:
		return characters
	}
}
