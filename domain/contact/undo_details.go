package contact

import (
	"github.com/google/uuid"

	"tagtrail/domain/field"
)

// Details that are no detail of the person.
const (
	created   Detail = "created"
	archived  Detail = "archived"
	legalHold Detail = "legal_hold"
)

// touchedDetail names what an event changes of a contact; "" is nothing that operations take back.
func touchedDetail(e Event) Detail {
	switch e := e.(type) { //nolint:gochecksumtype // what operations do
	case Created:
		return created
	case Archived, Restored:
		return archived
	case LeadStatusChanged:
		return "lead_status"
	case TagAssigned:
		return Detail("tag:" + e.Tag.String())
	case TagRemoved:
		return Detail("tag:" + e.Tag.String())
	case TagValueChanged:
		return Detail("tag:" + e.Tag.String())
	case FirstNameChanged:
		return Detail("first_name:" + string(e.From))
	case LastNameChanged:
		return Detail("last_name:" + string(e.From))
	case CountryChanged:
		return Detail("country:" + string(e.From))
	case LanguageChanged:
		return Detail("language:" + string(e.From))
	case FieldCleared:
		return Detail("field:" + e.Field.String())
	case IdentityLinked, IdentityUnlinked:
		return "identity"
	case ConsentGiven:
		return Detail("consent:" + string(e.Purpose))
	case ConsentWithdrawn:
		return Detail("consent:" + string(e.Purpose))
	case LegalHoldPlaced, LegalHoldLifted:
		return legalHold
	case NoteAdded:
		return Detail("note:" + e.Note.String())
	case NoteEdited:
		return Detail("note:" + e.Note.String())
	case NoteDeleted:
		return Detail("note:" + e.Note.String())
	}
	return detailOf(e)
}

// takenBack says whether a detail of this kind is ever taken back: how a person is recognised, what a person agreed to,
// what somebody noted and whom the law protects stay what they are.
func takenBack(detail Detail) bool {
	for _, kind := range []string{"identity", "consent:", "note:", string(legalHold)} {
		if len(detail) >= len(kind) && string(detail[:len(kind)]) == kind {
			return false
		}
	}
	return true
}

// describedAs answers what happens when a detail of the person is to be what it was.
func (c *Contact) describedAs(kind, name string, was *Contact) []Event {
	from := Provenance(name)
	back := func(same bool, e Event) []Event {
		if same {
			return nil
		}
		return []Event{e}
	}
	switch kind {
	case "name":
		return back(c.name == was.name, Renamed{Name: was.name})
	case "email":
		return back(c.email == was.email, EmailChanged{Email: was.email, HasEmail: !was.email.IsZero()})
	case "owner":
		return back(c.owner == was.owner, OwnerChanged{From: c.owner, To: was.owner})
	case "first_name":
		held := *was.profile.firstName.of(from)
		return back(*c.profile.firstName.of(from) == held, FirstNameChanged{Name: held, From: from})
	case "last_name":
		held := *was.profile.lastName.of(from)
		return back(*c.profile.lastName.of(from) == held, LastNameChanged{Name: held, From: from})
	case "country":
		held := *was.profile.country.of(from)
		return back(*c.profile.country.of(from) == held, CountryChanged{Country: held, From: from})
	case "language":
		held := *was.profile.language.of(from)
		return back(*c.profile.language.of(from) == held, LanguageChanged{Language: held, From: from})
	case "company":
		return back(c.profile.company == was.profile.company, CompanyChanged{Company: was.profile.company})
	case "address":
		return back(c.profile.address == was.profile.address, AddressChanged{Address: was.profile.address})
	case "social":
		network := SocialNetwork(name)
		held := was.profile.social[network]
		return back(c.profile.social[network] == held, SocialProfileChanged{Network: network, Handle: held})
	case "field":
		return c.fieldAs(field.ID{UUID: uuid.MustParse(name)}, was)
	}
	return nil
}

func (c *Contact) fieldAs(id field.ID, was *Contact) []Event {
	now, holds := c.profile.fields[id]
	held, had := was.profile.fields[id]
	switch {
	case had && now != held:
		return []Event{FieldSet{Field: id, Type: was.profile.types[id], Value: held}}
	case !had && holds:
		return []Event{FieldCleared{Field: id}}
	}
	return nil
}
