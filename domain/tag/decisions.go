package tag

import (
	"slices"

	"tagtrail/domain/event"
	"tagtrail/domain/text"
)

// Draft is what is asked of a new tag.
type Draft struct {
	Name        string
	Description string
	Color       string   // "" is the default
	Kind        Kind     // "" is a label
	Values      []string // of a valued tag: a fixed list; none is free text
}

// Changes is what is asked of a tag; nil leaves a thing as it is.
type Changes struct {
	Name        *string
	Description *string
	Color       *string
	Values      *[]string // the whole list of fixed values; the spelling of one that stays is not changed
}

// Create decides on a new tag. A deleted tag's name is free: what is created is another tag.
func (c *Catalog) Create(id ID, draft Draft) ([]Event, error) {
	name, err := cleanName(draft.Name)
	if err != nil {
		return nil, err
	}
	description, err := cleanDescription(draft.Description)
	if err != nil {
		return nil, err
	}
	color, err := cleanColor(draft.Color)
	if err != nil {
		return nil, err
	}
	kind, policy, values, err := cleanKind(draft.Kind, draft.Values)
	if err != nil {
		return nil, err
	}
	if err := c.mayHold(id, name); err != nil {
		return nil, err
	}
	return []Event{Created{
		Tag: id, Number: c.lastNumber + 1, Name: name, Description: description, Color: color,
		Kind: kind, Policy: policy, Values: values,
	}}, nil
}

// With answers the catalogue as it would be with a new tag, which has the zero id, or why it cannot be.
func (c *Catalog) With(draft Draft) (*Catalog, error) {
	events, err := c.Create(ID{}, draft)
	if err != nil {
		return nil, err
	}
	with := c.Clone()
	for _, e := range events {
		with.Apply(event.Recorded[Event]{Data: e})
	}
	return with, nil
}

func cleanKind(kind Kind, names []string) (Kind, Policy, []Value, error) {
	switch {
	case kind != "" && kind != Label && kind != Valued:
		return "", "", nil, at(ErrUnknownKind, "/kind")
	case kind != Valued && len(names) > 0:
		return "", "", nil, at(ErrNoFixedValues, "/values")
	case kind != Valued:
		return Label, "", nil, nil
	case len(names) == 0:
		return Valued, FreeText, nil, nil
	}
	names, err := cleanValues(names)
	if err != nil {
		return "", "", nil, err
	}
	values := make([]Value, len(names))
	for i, name := range names {
		values[i] = Value{Number: ValueNumber(i + 1), Name: name}
	}
	return Valued, FixedList, values, nil
}

// mayHold says whether one more active tag may have the name.
func (c *Catalog) mayHold(id ID, name string) error {
	if err := c.mayBeCalled(id, name); err != nil {
		return err
	}
	if len(c.names) >= MaxTags {
		return ErrTooManyTags
	}
	return nil
}

func (c *Catalog) mayBeCalled(id ID, name string) error {
	if holder, taken := c.names[text.Fold(name)]; taken && holder != id {
		return ErrNameTaken.At("/name").With("tag", holder.String())
	}
	return nil
}

// Edit decides on changes of an active tag. A given revision must be that of the tag's own last event.
func (c *Catalog) Edit(id ID, changes Changes, ifMatch *event.Revision) ([]Event, error) {
	t, err := c.standing(id, ifMatch)
	if err != nil {
		return nil, err
	}
	if err := t.usable(); err != nil {
		return nil, err
	}
	var events []Event
	for _, edit := range []func(Tag, Changes) ([]Event, error){c.rename, describe, recolor, revalue} {
		decided, err := edit(t, changes)
		if err != nil {
			return nil, err
		}
		events = append(events, decided...)
	}
	return events, nil
}

// usable says whether the tag can be applied, or why not.
func (t Tag) usable() error {
	switch {
	case t.Into != ID{}:
		return ErrMerged.With("tag", t.ID.String()).With("into", t.Into.String())
	case !t.Active:
		return ErrDeleted
	}
	return nil
}

// standing answers a tag that is as the caller last saw it.
func (c *Catalog) standing(id ID, ifMatch *event.Revision) (Tag, error) {
	t, ok := c.tags[id]
	switch {
	case !ok:
		return Tag{}, ErrUnknown.With("tag", id.String())
	case ifMatch != nil && *ifMatch != t.Revision:
		return Tag{}, ErrStale
	}
	return t, nil
}

func (c *Catalog) rename(t Tag, changes Changes) ([]Event, error) {
	if changes.Name == nil {
		return nil, nil
	}
	name, err := cleanName(*changes.Name)
	if err != nil || name == t.Name {
		return nil, err
	}
	if err := c.mayBeCalled(t.ID, name); err != nil {
		return nil, err
	}
	return []Event{Renamed{Tag: t.ID, Number: t.Number, From: t.Name, To: name}}, nil
}

func describe(t Tag, changes Changes) ([]Event, error) {
	if changes.Description == nil {
		return nil, nil
	}
	description, err := cleanDescription(*changes.Description)
	if err != nil || description == t.Description {
		return nil, err
	}
	return []Event{Described{Tag: t.ID, Number: t.Number, From: t.Description, To: description}}, nil
}

func recolor(t Tag, changes Changes) ([]Event, error) {
	if changes.Color == nil {
		return nil, nil
	}
	color, err := cleanColor(*changes.Color)
	if err != nil || color == t.Color {
		return nil, err
	}
	return []Event{Recolored{Tag: t.ID, Number: t.Number, From: t.Color, To: color}}, nil
}

// revalue retires the values that are not in the list any more and adds the new ones.
func revalue(t Tag, changes Changes) ([]Event, error) {
	if changes.Values == nil {
		return nil, nil
	}
	if t.Policy != FixedList {
		return nil, at(ErrNoFixedValues, "/values")
	}
	names, err := cleanValues(*changes.Values)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, at(ErrNoValues, "/values")
	}
	var events []Event
	wanted := make(map[string]bool, len(names))
	for _, name := range names {
		wanted[text.Fold(name)] = true
	}
	for _, v := range t.Values {
		if !wanted[text.Fold(v.Name)] {
			events = append(events, ValueRetired{Tag: t.ID, Number: t.Number, Value: v})
		}
	}
	last := t.lastValue
	for _, name := range names {
		if _, stays := t.Value(name); !stays {
			last++
			events = append(events, ValueAdded{Tag: t.ID, Number: t.Number, Value: Value{Number: last, Name: name}})
		}
	}
	return events, nil
}

// Delete decides that tags can no longer be applied: all that are named, or on a fault none.
func (c *Catalog) Delete(ids []ID, ifMatch *event.Revision) ([]Event, error) {
	if len(ids) > MaxAtOnce {
		return nil, at(ErrTooManyAtOnce, "/tags")
	}
	var events []Event
	for i, id := range ids {
		t, err := c.standing(id, ifMatch)
		if err != nil {
			return nil, err
		}
		if t.Active && !slices.Contains(ids[:i], id) {
			events = append(events, Deleted{Tag: t.ID, Number: t.Number})
		}
	}
	return events, nil
}

// Restore decides that a deleted tag is back, under another name where one is
// given. The new name comes first, so that no two active tags ever share one.
func (c *Catalog) Restore(id ID, as *string) ([]Event, error) {
	t, err := c.standing(id, nil)
	if err != nil {
		return nil, err
	}
	if t.Into != (ID{}) {
		return nil, t.usable()
	}
	return c.back(t, as, Restored{Tag: t.ID, Number: t.Number})
}

// back decides that a tag can be applied again, under another name where one is given.
func (c *Catalog) back(t Tag, as *string, how Event) ([]Event, error) {
	var err error
	name := t.Name
	if as != nil {
		if name, err = cleanName(*as); err != nil {
			return nil, err
		}
	}
	if t.Active {
		if name != t.Name {
			return nil, ErrActive
		}
		return nil, nil
	}
	if err := c.mayHold(t.ID, name); err != nil {
		return nil, err
	}
	var events []Event
	if name != t.Name {
		events = append(events, Renamed{Tag: t.ID, Number: t.Number, From: t.Name, To: name})
	}
	return append(events, how), nil
}

// Merge decides that a tag is another one from now on. Both can be applied, and
// take the same: labels, or any text. Fixed values have numbers that mean
// something in their own tag only.
func (c *Catalog) Merge(id, into ID, ifMatch *event.Revision) ([]Event, error) {
	t, err := c.standing(id, ifMatch)
	if err != nil {
		return nil, err
	}
	survivor, err := c.standing(into, nil)
	switch {
	case err != nil:
		return nil, err
	case t.Into == into:
		return nil, nil
	case id == into:
		return nil, ErrMergeItself
	}
	for _, each := range []Tag{t, survivor} {
		if err := each.usable(); err != nil {
			return nil, err
		}
	}
	if t.Kind != survivor.Kind || t.Policy == FixedList || survivor.Policy == FixedList {
		return nil, ErrMergeKinds
	}
	return []Event{Merged{Tag: t.ID, Number: t.Number, Into: survivor.ID, IntoNumber: survivor.Number, With: c.standsFor(t.ID)}}, nil
}

// standsFor answers the tags that were merged into one, directly or with another, in the order of their numbers.
func (c *Catalog) standsFor(id ID) []ID {
	var with []ID
	for of := range c.tags {
		for t := c.tags[of]; t.Into != (ID{}); t = c.tags[t.Into] {
			if t.Into == id {
				with = append(with, of)
				break
			}
		}
	}
	slices.SortFunc(with, func(a, b ID) int { return int(c.tags[a].Number) - int(c.tags[b].Number) })
	return with
}

// Unmerge decides that a merged tag stands for itself again, under another name where one is given.
func (c *Catalog) Unmerge(id ID, as *string) ([]Event, error) {
	t, err := c.standing(id, nil)
	switch {
	case err != nil:
		return nil, err
	case t.Into == ID{} && !t.Active:
		return nil, ErrDeleted
	}
	return c.back(t, as, Unmerged{
		Tag: t.ID, Number: t.Number, From: t.Into, FromNumber: c.tags[t.Into].Number, With: c.standsFor(t.ID),
	})
}
