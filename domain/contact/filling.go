package contact

import (
	"slices"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/field"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// complete decides on what the other contact knows of the person and this one does not. A hold is brought by everybody who is
// under one, so that it stays when one of them goes, but not to a contact that is under one of its own.
func (c *Contact) complete(other *Contact) []Event {
	var events []Event
	add := func(missing bool, e Event) {
		if missing {
			events = append(events, e)
		}
	}
	add(c.name.IsZero() && !other.name.IsZero(), Renamed{Name: other.name})
	add(c.email.IsZero() && !other.email.IsZero(), EmailChanged{Email: other.email, HasEmail: true})
	add(c.owner == uuid.Nil && other.owner != uuid.Nil, OwnerChanged{To: other.owner})
	add(!c.heldFor[ID{}] && other.held, LegalHoldPlaced{})
	return append(events, c.profile.complete(other.profile)...)
}

func (p *profile) complete(other profile) []Event {
	var events []Event
	add := func(missing bool, e Event) {
		if missing {
			events = append(events, e)
		}
	}
	none := personal.Text{}
	first, last, country, language := other.firstName.written, other.lastName.written, other.country.written, other.language.written
	add(p.firstName.written == none && first != none, FirstNameChanged{Name: first, From: Manual})
	add(p.lastName.written == none && last != none, LastNameChanged{Name: last, From: Manual})
	add(p.company == none && other.company != none, CompanyChanged{Company: other.company})
	add(p.address == Address{} && other.address != Address{}, AddressChanged{Address: other.address})
	add(p.country.written == "" && country != "", CountryChanged{Country: country, From: Manual})
	add(p.language.written == "" && language != "", LanguageChanged{Language: language, From: Manual})
	for _, network := range SocialNetworks() {
		add(p.social[network].IsZero() && !other.social[network].IsZero(), SocialProfileChanged{Network: network, Handle: other.social[network]})
	}
	for _, id := range sortedFields(other) {
		_, has := p.fields[id]
		add(!has, FieldSet{Field: id, Type: other.types[id], Value: other.fields[id]})
	}
	return events
}

func sortedFields(p profile) []field.ID {
	ids := make([]field.ID, 0, len(p.fields))
	for id := range p.fields {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b field.ID) int { return slices.Compare(a.UUID[:], b.UUID[:]) })
	return ids
}

// detailOf names what an event says of a person.
func detailOf(e Event) Detail {
	switch e := e.(type) { //nolint:gochecksumtype // the events that complete decides on
	case Renamed:
		return "name"
	case EmailChanged:
		return "email"
	case OwnerChanged:
		return "owner"
	case LegalHoldPlaced:
		return legalHold
	case FirstNameChanged:
		return "first_name"
	case LastNameChanged:
		return "last_name"
	case CompanyChanged:
		return "company"
	case AddressChanged:
		return "address"
	case CountryChanged:
		return "country"
	case LanguageChanged:
		return "language"
	case SocialProfileChanged:
		return Detail("social:" + string(e.Network))
	case FieldSet:
		return Detail("field:" + e.Field.String())
	}
	return ""
}

// unfill decides that what the other contact knew is not known here any more, where it is still as it was filled in.
func (c *Contact) unfill(filled []Detail, other *Contact) []Event {
	var events []Event
	for _, e := range New().complete(other) {
		if undo := c.without(e); undo != nil && slices.Contains(filled, detailOf(e)) {
			events = append(events, undo)
		}
	}
	return events
}

// without answers the event that takes away what an event says, while the contact holds just that.
func (c *Contact) without(e Event) Event {
	undo := func(held bool, by Event) Event {
		if !held {
			return nil
		}
		return by
	}
	switch e := e.(type) { //nolint:gochecksumtype // the events that complete decides on
	case Renamed:
		return undo(c.name == e.Name, Renamed{})
	case EmailChanged:
		return undo(c.email == e.Email, EmailChanged{})
	case OwnerChanged:
		return undo(c.owner == e.To, OwnerChanged{From: e.To})
	case LegalHoldPlaced:
		return undo(c.held && len(c.heldFor) == 0, LegalHoldLifted{})
	case FirstNameChanged:
		return undo(c.profile.firstName.written == e.Name, FirstNameChanged{From: Manual})
	case LastNameChanged:
		return undo(c.profile.lastName.written == e.Name, LastNameChanged{From: Manual})
	case CompanyChanged:
		return undo(c.profile.company == e.Company, CompanyChanged{})
	case AddressChanged:
		return undo(c.profile.address == e.Address, AddressChanged{})
	case CountryChanged:
		return undo(c.profile.country.written == e.Country, CountryChanged{From: Manual})
	case LanguageChanged:
		return undo(c.profile.language.written == e.Language, LanguageChanged{From: Manual})
	case SocialProfileChanged:
		return undo(c.profile.social[e.Network] == e.Handle, SocialProfileChanged{Network: e.Network})
	case FieldSet:
		return undo(c.profile.fields[e.Field] == e.Value, FieldCleared{Field: e.Field})
	}
	return nil
}

// Preview is what a merge would do.
type Preview struct {
	Taken  []tag.ID // go on at the survivor
	Ended  []tag.ID // the survivor carries them already
	Filled []Detail // what the survivor would learn of the person
	With   []ID     // contacts that would go along
	Active int      // how many active tags the survivor would carry
	Limit  int      // how many it may be given, where that is known
}

// PreviewMerge answers what it would do if another contact were merged into this one.
func (c *Contact) PreviewMerge(own, id ID, other *Contact, catalog Catalog) (Preview, error) {
	events, err := other.MergeInto(own, c, catalog)
	if err != nil || len(events) == 0 {
		return Preview{}, err
	}
	merged := events[0].(Merged)
	gone := other.clone()
	gone.into, gone.taken = merged.Into, merged.Taken
	events, err = c.Absorb(own, id, gone)
	if err != nil {
		return Preview{}, err
	}
	preview := Preview{Taken: other.tagsOf(merged.Taken), Ended: other.tagsOf(merged.Ended), With: merged.With}
	after := c.clone()
	if len(events) > 0 {
		absorbed := events[0].(Absorbed)
		preview.Filled = absorbed.Filled
		after.absorb(absorbed, event.Merge)
	}
	preview.Active = after.active(catalog)
	return preview, nil
}

func (c *Contact) tagsOf(stays []OpenAssignment) []tag.ID {
	var tags []tag.ID
	for _, stay := range stays {
		tags = append(tags, c.tagOf(stay.Assignment))
	}
	return tags
}
