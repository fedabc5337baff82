package organization

import (
	"bytes"
	"maps"
	"slices"

	"tagtrail/domain/event"
	"tagtrail/domain/field"
	"tagtrail/domain/text"
)

// Field answers a custom field, retired or not.
func (o *Organization) Field(id field.ID) (field.Definition, bool) {
	d, ok := o.fields[id]
	return d, ok
}

// Fields answers every custom field, in the order of their ids.
func (o *Organization) Fields() []field.Definition {
	return slices.SortedFunc(maps.Values(o.fields), func(a, b field.Definition) int { return bytes.Compare(a.ID.UUID[:], b.ID.UUID[:]) })
}

// DefineField decides that contacts have one more custom field.
func (o *Organization) DefineField(id field.ID, name string, kind field.Type, options []string) ([]Event, error) {
	if !o.Exists() {
		return nil, ErrUnknown
	}
	name, err := o.freeFieldName(id, name)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(field.Types(), kind) {
		return nil, field.ErrUnknownType.At("/type")
	}
	names, err := field.CleanOptions(kind, options)
	if err != nil {
		return nil, at(err, "/options")
	}
	if _, there := o.fields[id]; there {
		return nil, nil
	}
	if o.activeFields() >= field.MaxFields {
		return nil, field.ErrTooMany
	}
	defined := FieldDefined{Field: id, Name: name, Type: kind}
	for i, option := range names {
		defined.Options = append(defined.Options, field.Option{Number: field.OptionNumber(i + 1), Name: option}) //nolint:gosec // at most MaxOptions
	}
	return []Event{defined}, nil
}

// EditField decides what a custom field is called, and which options it takes; nil leaves a thing. A given revision must
// be that of the field's last event.
func (o *Organization) EditField(id field.ID, name *string, options *[]string, ifMatch *event.Revision) ([]Event, error) {
	d, ok := o.fields[id]
	switch {
	case !ok:
		return nil, field.ErrUnknown
	case !d.Active:
		return nil, field.ErrRetired
	case ifMatch != nil && *ifMatch != d.Revision:
		return nil, field.ErrStale
	}
	var events []Event
	if name != nil {
		kept, err := o.freeFieldName(id, *name)
		if err != nil {
			return nil, err
		}
		if kept != d.Name {
			events = append(events, FieldRenamed{Field: id, From: d.Name, To: kept})
		}
	}
	if options != nil {
		names, err := field.CleanOptions(d.Type, *options)
		if err != nil {
			return nil, at(err, "/options")
		}
		events = append(events, reoption(d, names)...)
	}
	return events, nil
}

// reoption retires the options that are not in the list any more and adds the new ones.
func reoption(d field.Definition, names []string) []Event {
	var events []Event
	for _, option := range d.Options {
		if !slices.ContainsFunc(names, func(name string) bool { return text.Fold(name) == text.Fold(option.Name) }) {
			events = append(events, FieldOptionRetired{Field: d.ID, Option: option})
		}
	}
	last := d.LastOption
	for _, name := range names {
		if _, stays := d.Option(name); !stays {
			last++
			events = append(events, FieldOptionAdded{Field: d.ID, Option: field.Option{Number: last, Name: name}})
		}
	}
	return events
}

// RetireField decides that nothing new goes into a custom field.
func (o *Organization) RetireField(id field.ID) ([]Event, error) {
	d, ok := o.fields[id]
	switch {
	case !ok:
		return nil, field.ErrUnknown
	case !d.Active:
		return nil, nil
	}
	return []Event{FieldRetired{Field: id}}, nil
}

// RestoreField decides that a retired custom field can be filled again, unless its name is taken by now.
func (o *Organization) RestoreField(id field.ID) ([]Event, error) {
	d, ok := o.fields[id]
	switch {
	case !ok:
		return nil, field.ErrUnknown
	case d.Active:
		return nil, nil
	case o.activeFields() >= field.MaxFields:
		return nil, field.ErrTooMany
	}
	if _, err := o.freeFieldName(id, d.Name); err != nil {
		return nil, err
	}
	return []Event{FieldRestored{Field: id}}, nil
}

// freeFieldName answers a name in its kept form, when no other custom field in use has it.
func (o *Organization) freeFieldName(id field.ID, name string) (string, error) {
	kept, err := field.CleanName(name)
	if err != nil {
		return "", at(err, "/name")
	}
	for _, d := range o.fields {
		if d.Active && d.ID != id && text.Fold(d.Name) == text.Fold(kept) {
			return "", field.ErrNameTaken.At("/name").With("field", d.ID.String())
		}
	}
	return kept, nil
}

func (o *Organization) activeFields() int {
	n := 0
	for _, d := range o.fields {
		if d.Active {
			n++
		}
	}
	return n
}

func (o *Organization) applyField(r event.Recorded[Event]) {
	change := func(id field.ID, how func(*field.Definition)) {
		d := o.fields[id]
		how(&d)
		d.Revision = r.Revision
		o.fields[id] = d
	}
	switch e := r.Data.(type) { //nolint:gochecksumtype // the organisation hands on what is about its custom fields
	case FieldDefined:
		d := field.Definition{ID: e.Field, Name: e.Name, Type: e.Type, Options: e.Options, Active: true, Revision: r.Revision}
		for _, option := range e.Options {
			d.LastOption = max(d.LastOption, option.Number)
		}
		o.fields[e.Field] = d
	case FieldRenamed:
		change(e.Field, func(d *field.Definition) { d.Name = e.To })
	case FieldOptionAdded:
		change(e.Field, func(d *field.Definition) {
			d.Options = append(slices.Clip(d.Options), e.Option)
			d.LastOption = max(d.LastOption, e.Option.Number)
		})
	case FieldOptionRetired:
		change(e.Field, func(d *field.Definition) {
			d.Options = slices.DeleteFunc(slices.Clone(d.Options), func(o field.Option) bool { return o.Number == e.Option.Number })
			d.Retired = append(slices.Clip(d.Retired), e.Option)
		})
	case FieldRetired:
		change(e.Field, func(d *field.Definition) { d.Active = false })
	case FieldRestored:
		change(e.Field, func(d *field.Definition) { d.Active = true })
	}
}
