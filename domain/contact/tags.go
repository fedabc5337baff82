package contact

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/domain/text"
)

// The limits of tagging.
const (
	MaxActiveTags  = 20  // where an organisation sets no other
	MaxTags        = 500 // deleted ones too: so many fit beside a row in the indexes that lists are read from
	MaxValueLength = 200 // characters of a free value, as a person counts them
)

// Catalog is the tag catalogue, as far as a contact needs it.
type Catalog interface {
	Find(id tag.ID) (tag.Tag, bool)
}

// AssignTag decides that the contact carries a tag, with a value where the tag
// takes one. At most limit tags that are active in the catalogue are carried at
// once; a tag that is deleted does not count until it is restored. A tag that was
// merged into this one is this one.
func (c *Contact) AssignTag(catalog Catalog, id tag.ID, value *string, stay AssignmentID, limit int) ([]Event, error) {
	if err := c.standing(); err != nil {
		return nil, err
	}
	t, err := usable(catalog, id)
	switch {
	case err != nil:
		return nil, err
	case !t.Active:
		return nil, tag.ErrDeleted.With("tag", id.String())
	}
	wanted, err := valueOf(t, value)
	if err != nil {
		return nil, err
	}
	carried := c.carried(catalog, id)
	if len(carried) == 0 {
		if err := c.mayCarryMore(catalog, limit); err != nil {
			return nil, err
		}
		return []Event{TagAssigned{Tag: id, Number: t.Number, Assignment: stay, Value: wanted}}, nil
	}
	if same(c.assignments[carried[0]].value, wanted) {
		return nil, nil
	}
	events := c.takeOff(carried[1:])
	if open := c.assignments[carried[0]]; carried[0] == id {
		return append(events, TagValueChanged{
			Tag: id, Number: t.Number, Ended: open.id, Assignment: stay, From: open.value, To: wanted,
		}), nil
	}
	return append(append(events, c.takeOff(carried[:1])...), TagAssigned{Tag: id, Number: t.Number, Assignment: stay, Value: wanted}), nil
}

// mayCarryMore says whether the contact can take one more tag that it does not carry, or why not.
func (c *Contact) mayCarryMore(catalog Catalog, limit int) error {
	switch {
	case c.active(catalog) >= limit:
		return ErrTooManyTags.With("limit", strconv.Itoa(limit))
	case len(c.assignments) >= MaxTags:
		return ErrTooManyHeld
	}
	return nil
}

// RemoveTag decides that the contact carries a tag no longer. A role that takes
// off only its own names the source of its tags; "" takes off any.
func (c *Contact) RemoveTag(catalog Catalog, id tag.ID, own event.Source) ([]Event, error) {
	if err := c.standing(); err != nil {
		return nil, err
	}
	t, err := usable(catalog, id)
	if err != nil {
		return nil, err
	}
	carried := c.carried(catalog, id)
	switch {
	case len(carried) == 0:
		return nil, nil
	case !t.Active:
		return nil, ErrTagHistorical.With("tag", id.String())
	}
	for _, each := range carried {
		if own != "" && c.assignments[each].source != own {
			return nil, ErrNotYourTag.With("tag", id.String())
		}
	}
	return c.takeOff(carried), nil
}

func (c *Contact) takeOff(tags []tag.ID) []Event {
	var events []Event
	for _, id := range tags {
		open := c.assignments[id]
		events = append(events, TagRemoved{Tag: id, Number: open.number, Assignment: open.id, Value: open.value})
	}
	return events
}

// usable answers a tag that stands for itself, deleted or not.
func usable(catalog Catalog, id tag.ID) (tag.Tag, error) {
	t, known := catalog.Find(id)
	switch {
	case !known:
		return t, tag.ErrUnknown.With("tag", id.String())
	case t.Into != tag.ID{}:
		return t, tag.ErrMerged.With("tag", id.String()).With("into", survivorOf(catalog, id).ID.String())
	}
	return t, nil
}

// survivorOf answers the tag that a tag is by now: itself, unless it was merged into another.
func survivorOf(catalog Catalog, id tag.ID) tag.Tag {
	t, known := catalog.Find(id)
	for known && t.Into != (tag.ID{}) {
		t, known = catalog.Find(t.Into)
	}
	return t
}

// carried answers the tags on the contact that are one tag by now: the tag itself first, then by number.
func (c *Contact) carried(catalog Catalog, id tag.ID) []tag.ID {
	var all []tag.ID
	for each := range c.assignments {
		if survivorOf(catalog, each).ID == id {
			all = append(all, each)
		}
	}
	slices.SortFunc(all, func(a, b tag.ID) int {
		switch {
		case a == id:
			return -1
		case b == id:
			return 1
		}
		return int(c.assignments[a].number) - int(c.assignments[b].number)
	})
	return all
}

// active counts the tags that the contact carries and the catalogue has not deleted.
func (c *Contact) active(catalog Catalog) int {
	counted := map[tag.ID]bool{}
	for id := range c.assignments {
		if t := survivorOf(catalog, id); t.Active {
			counted[t.ID] = true
		}
	}
	return len(counted)
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
