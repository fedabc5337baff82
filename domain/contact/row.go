package contact

import (
	"slices"
	"strconv"

	"tagtrail/domain/fault"
	"tagtrail/domain/tag"
)

// Row is what a row of a file asks of a contact.
type Row struct {
	Identity   Identity   // by which it is recognised, where it is created
	Changes    Changes    // a blank name leaves the name as it is
	LeadStatus LeadStatus // "" leaves it
	Tags       []RowTag   // to put on
	Values     []RowTag   // of valued tags; a blank one takes the tag off
	Replace    bool       // takes off every label that is not put on
}

// RowTag is a tag with its value, where it takes one.
type RowTag struct {
	Tag   tag.ID
	Value string
}

// Import decides that the contact is as a row says, created where there is none. What is taken off goes first, so that a
// full contact can swap one tag for another.
func (c *Contact) Import(row Row, catalog Catalog, assignment func(nth int) AssignmentID, limit int) ([]Event, error) {
	next := c.clone()
	var events []Event
	if !c.exists {
		created, err := c.Create(row.draft(), catalog, assignment, limit)
		if err != nil {
			return nil, err
		}
		events = next.add(events, created...)
	}
	edited, err := next.Edit(row.changes(next), nil)
	if err != nil {
		return nil, err
	}
	events = next.add(events, edited...)
	if row.LeadStatus != "" {
		moved, err := next.ChangeLeadStatus(row.LeadStatus)
		if err != nil {
			return nil, fault.Of(err).At("/lead_status")
		}
		events = next.add(events, moved...)
	}
	removed, err := next.takeOffUnwanted(row, catalog)
	if err != nil {
		return nil, err
	}
	events = next.add(events, removed...)
	return next.putOn(events, row, catalog, assignment, limit)
}

func (r Row) draft() Draft {
	d := Draft{Origin: OriginImport, Identity: r.Identity, LeadStatus: r.LeadStatus}
	if r.Changes.Name != nil {
		d.Name = *r.Changes.Name
	}
	if r.Changes.Email != nil {
		d.Email = *r.Changes.Email
	}
	return d
}

// changes leaves a name that the row does not give, or that is only what the person is shown as.
func (r Row) changes(c *Contact) Changes {
	changes := r.Changes
	if name := changes.Name; name != nil {
		shown, err := cleanName(*name)
		if *name == "" || err == nil && c.name.IsZero() && shown == c.profileName.Reveal() {
			changes.Name = nil
		}
	}
	return changes
}

// takeOffUnwanted decides on the tags that the row clears, and with Replace on the labels that it does not name.
func (c *Contact) takeOffUnwanted(row Row, catalog Catalog) ([]Event, error) {
	var events []Event
	off := func(id tag.ID) error {
		removed, err := c.RemoveTag(catalog, id, "")
		events = append(events, removed...)
		return err
	}
	for i, value := range row.Values {
		if value.Value != "" {
			continue
		}
		if err := off(value.Tag); err != nil {
			return nil, fault.Of(err).At("/values/" + strconv.Itoa(i))
		}
	}
	if !row.Replace {
		return events, nil
	}
	for _, id := range c.labels(catalog) {
		if slices.ContainsFunc(row.Tags, func(t RowTag) bool { return t.Tag == id }) {
			continue
		}
		if err := off(id); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// labels answers the active labels that the contact carries, by number.
func (c *Contact) labels(catalog Catalog) []tag.ID {
	var found []tag.Tag
	for id := range c.assignments {
		t := survivorOf(catalog, id)
		if t.Active && t.Kind != tag.Valued && !slices.ContainsFunc(found, func(known tag.Tag) bool { return known.ID == t.ID }) {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b tag.Tag) int { return int(a.Number) - int(b.Number) })
	ids := make([]tag.ID, len(found))
	for i, t := range found {
		ids[i] = t.ID
	}
	return ids
}

// putOn decides on the tags that the row names.
func (c *Contact) putOn(events []Event, row Row, catalog Catalog, assignment func(nth int) AssignmentID, limit int) ([]Event, error) {
	nth := 0
	put := func(t RowTag, at string) error {
		var value *string
		if t.Value != "" {
			value = &t.Value
		}
		assigned, err := c.AssignTag(catalog, t.Tag, value, assignment(nth), limit)
		nth++
		if refused := fault.Of(err); refused != nil {
			return refused.At(at)
		}
		events = c.add(events, assigned...)
		return nil
	}
	for i, t := range row.Tags {
		if err := put(t, "/tags/"+strconv.Itoa(i)); err != nil {
			return nil, err
		}
	}
	for i, t := range row.Values {
		if t.Value == "" {
			continue
		}
		if err := put(t, "/values/"+strconv.Itoa(i)); err != nil {
			return nil, err
		}
	}
	return events, nil
}
