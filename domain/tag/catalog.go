package tag

import (
	"maps"
	"slices"

	"tagtrail/domain/event"
	"tagtrail/domain/text"
)

// Tag is one entry of the catalogue.
type Tag struct {
	ID          ID
	Number      Number
	Name        string
	Description string
	Color       string
	Kind        Kind
	Policy      Policy
	Values      []Value // that can be chosen; never changed in place
	Active      bool
	Into        ID             // the tag that it was merged into; zero when it stands for itself
	Revision    event.Revision // of the tag's own last event

	lastValue ValueNumber
}

// Value answers the fixed value of a name, as names of values are compared.
func (t Tag) Value(name string) (Value, bool) {
	return find(t.Values, text.Fold(name))
}

// Catalog is the state of all tags of an organisation.
type Catalog struct {
	tags       map[ID]Tag
	names      map[string]ID // folded names of active tags
	lastNumber Number
}

// NewCatalog answers the catalogue before its first event.
func NewCatalog() *Catalog {
	return &Catalog{tags: map[ID]Tag{}, names: map[string]ID{}}
}

// Clone answers a catalogue that goes its own way from here.
func (c *Catalog) Clone() *Catalog {
	return &Catalog{tags: maps.Clone(c.tags), names: maps.Clone(c.names), lastNumber: c.lastNumber}
}

// Find answers a tag, deleted or not.
func (c *Catalog) Find(id ID) (Tag, bool) {
	t, ok := c.tags[id]
	return t, ok
}

// Named answers the active tag of a name, as names are compared.
func (c *Catalog) Named(name string) (ID, bool) {
	id, ok := c.names[text.Fold(name)]
	return id, ok
}

// DeletedNamesake answers the deleted tag that was last created with a name, as names are compared.
func (c *Catalog) DeletedNamesake(name string) (ID, bool) {
	var last Tag
	folded := text.Fold(name)
	for _, t := range c.tags {
		if !t.Active && t.Into == (ID{}) && t.Number > last.Number && text.Fold(t.Name) == folded {
			last = t
		}
	}
	return last.ID, last.Number > 0
}

// LookAlikes answers the active tags besides one whose names a person can hardly tell from a name.
func (c *Catalog) LookAlikes(besides ID, name string) []ID {
	var alike []ID
	wanted := text.Skeleton(text.Fold(name))
	for folded, id := range c.names {
		if id != besides && text.Skeleton(folded) == wanted {
			alike = append(alike, id)
		}
	}
	slices.SortFunc(alike, func(a, b ID) int { return int(c.tags[a].Number) - int(c.tags[b].Number) })
	return alike
}

// Apply takes over what happened.
func (c *Catalog) Apply(r event.Recorded[Event]) {
	switch e := r.Data.(type) {
	case Created:
		t := Tag{
			ID: e.Tag, Number: e.Number, Name: e.Name, Description: e.Description, Color: e.Color,
			Kind: e.Kind, Policy: e.Policy, Values: e.Values, Active: true, Revision: r.Revision,
		}
		for _, v := range e.Values {
			t.lastValue = max(t.lastValue, v.Number)
		}
		c.lastNumber = max(c.lastNumber, e.Number)
		c.tags[e.Tag] = t
		c.names[text.Fold(e.Name)] = e.Tag
	case Renamed:
		c.change(e.Tag, r, func(t *Tag) { t.Name = e.To })
	case Described:
		c.change(e.Tag, r, func(t *Tag) { t.Description = e.To })
	case Recolored:
		c.change(e.Tag, r, func(t *Tag) { t.Color = e.To })
	case ValueAdded:
		c.change(e.Tag, r, func(t *Tag) {
			t.Values = append(slices.Clip(t.Values), e.Value)
			t.lastValue = max(t.lastValue, e.Value.Number)
		})
	case ValueRetired:
		c.change(e.Tag, r, func(t *Tag) {
			t.Values = slices.DeleteFunc(slices.Clone(t.Values), func(v Value) bool { return v.Number == e.Value.Number })
		})
	case Deleted:
		c.change(e.Tag, r, func(t *Tag) { t.Active = false })
	case Restored:
		c.change(e.Tag, r, func(t *Tag) { t.Active = true })
	case Merged:
		c.change(e.Tag, r, func(t *Tag) { t.Active, t.Into = false, e.Into })
	case Unmerged:
		c.change(e.Tag, r, func(t *Tag) { t.Active, t.Into = true, ID{} })
	}
}

// change replaces a tag and keeps the names of active tags in step.
func (c *Catalog) change(id ID, r event.Recorded[Event], how func(*Tag)) {
	t := c.tags[id]
	if before := text.Fold(t.Name); c.names[before] == id {
		delete(c.names, before)
	}
	how(&t)
	t.Revision = r.Revision
	c.tags[id] = t
	if t.Active {
		c.names[text.Fold(t.Name)] = id
	}
}

func find(values []Value, folded string) (Value, bool) {
	for _, v := range values {
		if text.Fold(v.Name) == folded {
			return v, true
		}
	}
	return Value{}, false
}
