package contact

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/field"
	"tagtrail/domain/personal"
	"tagtrail/domain/text"
)

// MaxSocialProfile is how long a handle or the address of a profile may be, in characters as a person counts them.
const MaxSocialProfile = 500

// profile is what is said about a person besides name, e-mail and owner.
type profile struct {
	firstName, lastName told[personal.Text]
	country, language   told[string]
	company             personal.Text
	address             Address
	social              map[SocialNetwork]personal.Text
	fields              map[field.ID]personal.Text
	types               map[field.ID]field.Type
	notes               map[NoteID]note
}

// told keeps apart what the team wrote and what was seen on a channel or in a browser.
type told[T comparable] struct{ written, seen T }

func (t *told[T]) of(from Provenance) *T {
	if from == Manual {
		return &t.written
	}
	return &t.seen
}

type note struct {
	kind     NoteKind
	text     personal.Text
	revision event.Revision // of its last event
}

func newProfile() profile {
	return profile{social: map[SocialNetwork]personal.Text{}, fields: map[field.ID]personal.Text{}, types: map[field.ID]field.Type{}, notes: map[NoteID]note{}}
}

func (p profile) clone() profile {
	p.social, p.fields, p.notes = maps.Clone(p.social), maps.Clone(p.fields), maps.Clone(p.notes)
	p.types = maps.Clone(p.types)
	return p
}

func (p *profile) apply(e Event, revision event.Revision) {
	switch e := e.(type) { //nolint:gochecksumtype // the contact hands on what is said about the person
	case FirstNameChanged:
		*p.firstName.of(e.From) = e.Name
	case LastNameChanged:
		*p.lastName.of(e.From) = e.Name
	case CountryChanged:
		*p.country.of(e.From) = e.Country
	case LanguageChanged:
		*p.language.of(e.From) = e.Language
	case CompanyChanged:
		p.company = e.Company
	case AddressChanged:
		p.address = e.Address
	case SocialProfileChanged:
		p.social[e.Network] = e.Handle
	case FieldSet:
		p.fields[e.Field], p.types[e.Field] = e.Value, e.Type
	case FieldCleared:
		delete(p.fields, e.Field)
	case NoteAdded:
		p.notes[e.Note] = note{e.Kind, e.Text, revision}
	case NoteEdited:
		p.notes[e.Note] = note{e.Kind, e.Text, revision}
	case NoteDeleted:
		delete(p.notes, e.Note)
	}
}

// describe decides on what is said about the person; each thing that changes is an event of its own.
func (p *profile) describe(changes Changes) ([]Event, error) {
	from := cmp.Or(changes.From, Manual)
	var events []Event
	for _, step := range []func() (Event, error){
		func() (Event, error) {
			return changed(changes.FirstName, p.firstName.of(from), line(MaxNameLength, ErrFirstName, "/first_name"),
				func(name personal.Text) Event { return FirstNameChanged{Name: name, From: from} })
		},
		func() (Event, error) {
			return changed(changes.LastName, p.lastName.of(from), line(MaxNameLength, ErrLastName, "/last_name"),
				func(name personal.Text) Event { return LastNameChanged{Name: name, From: from} })
		},
		func() (Event, error) {
			return changed(changes.Company, &p.company, line(MaxNameLength, ErrCompany, "/company"),
				func(company personal.Text) Event { return CompanyChanged{Company: company} })
		},
		func() (Event, error) {
			return changed(changes.Country, p.country.of(from), func(s string) (string, error) { return cleanCountry(s, "/country") },
				func(country string) Event { return CountryChanged{Country: country, From: from} })
		},
		func() (Event, error) {
			return changed(changes.Language, p.language.of(from), cleanLanguage,
				func(tag string) Event { return LanguageChanged{Language: tag, From: from} })
		},
		func() (Event, error) {
			return changed(changes.Address, &p.address, p.address.with, func(a Address) Event { return AddressChanged{Address: a} })
		},
	} {
		e, err := step()
		if err != nil {
			return nil, err
		}
		if e != nil {
			events = append(events, e)
		}
	}
	social, err := p.befriend(changes.Social)
	if err != nil {
		return nil, err
	}
	filled, err := p.fill(changes.Fields)
	return slices.Concat(events, social, filled), err
}

// changed answers what happens when something is to be what was written, if it is not so already.
func changed[W any, T comparable](wanted *W, held *T, clean func(W) (T, error), happens func(T) Event) (Event, error) {
	if wanted == nil {
		return nil, nil
	}
	kept, err := clean(*wanted)
	if err != nil || kept == *held {
		return nil, err
	}
	return happens(kept), nil
}

// line cleans one line of text; a blank one is none.
func line(longest int, refused *fault.Fault, at string) func(string) (personal.Text, error) {
	return func(s string) (personal.Text, error) {
		if text.IsBlank(s) {
			return personal.Text{}, nil
		}
		kept, err := text.Line(s, longest)
		if err != nil {
			return personal.Text{}, refused.At(at)
		}
		return personal.New(kept), nil
	}
}

func cleanCountry(s, at string) (string, error) {
	if s == "" {
		return "", nil
	}
	region, err := language.ParseRegion(s)
	if err != nil || len(s) != 2 || !region.IsCountry() {
		return "", ErrCountry.At(at)
	}
	return strings.ToUpper(s), nil
}

func cleanLanguage(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	tag, err := language.Parse(s)
	if err != nil || len(s) > 35 || tag == language.Und {
		return "", ErrLanguage.At("/language")
	}
	return tag.String(), nil
}

// with answers the address with the parts that were written.
func (a Address) with(draft AddressDraft) (_ Address, err error) {
	for _, part := range []struct {
		written *string
		kept    *personal.Text
		clean   func(string) (personal.Text, error)
	}{
		{draft.Street, &a.Street, cleanStreet},
		{draft.City, &a.City, line(MaxNameLength, ErrAddress, "/address/city")},
		{draft.Region, &a.Region, line(MaxNameLength, ErrAddress, "/address/region")},
		{draft.PostalCode, &a.PostalCode, line(MaxNameLength, ErrAddress, "/address/postal_code")},
	} {
		if part.written == nil {
			continue
		}
		if *part.kept, err = part.clean(*part.written); err != nil {
			return Address{}, err
		}
	}
	if draft.Country != nil {
		a.Country, err = cleanCountry(*draft.Country, "/address/country")
	}
	return a, err
}

func cleanStreet(s string) (personal.Text, error) {
	kept, err := text.Lines(s, MaxNameLength)
	switch {
	case err != nil:
		return personal.Text{}, ErrAddress.At("/address/street")
	case text.IsBlank(kept):
		return personal.Text{}, nil
	}
	return personal.New(kept), nil
}

// SocialNetworks answers the networks in the order in which they are shown.
func SocialNetworks() []SocialNetwork {
	return []SocialNetwork{Facebook, Instagram, LinkedIn, TikTok, X, YouTube, Website}
}

// befriend decides on social profiles, in the order of the networks.
func (p *profile) befriend(handles map[SocialNetwork]string) ([]Event, error) {
	for network := range handles {
		if !slices.Contains(SocialNetworks(), network) {
			return nil, ErrSocialNetwork.At("/social/" + string(network))
		}
	}
	var events []Event
	for _, network := range SocialNetworks() {
		written, said := handles[network]
		if !said {
			continue
		}
		handle, err := line(MaxSocialProfile, ErrSocialProfile, "/social/"+string(network))(written)
		if err != nil {
			return nil, err
		}
		if handle != p.social[network] {
			events = append(events, SocialProfileChanged{Network: network, Handle: handle})
		}
	}
	return events, nil
}

// fill decides on custom fields. A retired one can still be cleared.
func (p *profile) fill(changes []FieldChange) ([]Event, error) {
	var events []Event
	for _, change := range changes {
		d := change.Definition
		held, holds := p.fields[d.ID]
		value, err := d.Parse(change.Value, held.Reveal(), change.IsMember)
		switch {
		case err != nil:
			return nil, fault.Of(err).At("/fields/" + d.ID.String())
		case value == held.Reveal():
		case value == "" && holds:
			events = append(events, FieldCleared{Field: d.ID})
		case !d.Active:
			return nil, field.ErrRetired.At("/fields/" + d.ID.String())
		default:
			events = append(events, FieldSet{Field: d.ID, Type: d.Type, Value: personal.New(value)})
		}
	}
	return events, nil
}
