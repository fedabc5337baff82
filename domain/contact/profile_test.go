package contact_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/domaintest"
	"tagtrail/domain/event"
	"tagtrail/domain/field"
	"tagtrail/domain/personal"
)

func said(s string) personal.Text { return personal.New(s) }

// S3-1, S3-11, S4-6 … S4-9, C9.
func TestWhatIsSaidAboutAPersonIsAnEventForEachThing(t *testing.T) {
	t.Parallel()
	everything := contact.Changes{
		FirstName: new("Ana "), LastName: new("Núñez"), Company: new("Acme"), Country: new("es"), Language: new("PT-br"),
		Address: &contact.AddressDraft{Street: new("Calle Mayor 1\r\n2º"), City: new("Madrid"), PostalCode: new("28013"), Country: new("ES")},
		Social:  map[contact.SocialNetwork]string{contact.Website: "https://example.org", contact.Instagram: "@ana"},
	}
	then := history{
		contact.FirstNameChanged{Name: said("Ana"), From: contact.Manual},
		contact.LastNameChanged{Name: said("Núñez"), From: contact.Manual},
		contact.CompanyChanged{Company: said("Acme")},
		contact.CountryChanged{Country: "ES", From: contact.Manual},
		contact.LanguageChanged{Language: "pt-BR", From: contact.Manual},
		contact.AddressChanged{Address: contact.Address{Street: said("Calle Mayor 1\n2º"), City: said("Madrid"), PostalCode: said("28013"), Country: "ES"}},
		contact.SocialProfileChanged{Network: contact.Instagram, Handle: said("@ana")},
		contact.SocialProfileChanged{Network: contact.Website, Handle: said("https://example.org")},
	}
	run(t, []scenario{
		{"everything", history{ana()}, edit(everything, nil), then, nil},
		{"the same again changes nothing", append(history{ana()}, then...), edit(everything, nil), nil, nil},
		{"blank takes it away", append(history{ana()}, then...), edit(contact.Changes{
			Company: new(" "), Country: new(""), Address: &contact.AddressDraft{Street: new(""), City: new(" "), PostalCode: new(""), Country: new("")}, Social: map[contact.SocialNetwork]string{contact.Website: ""},
		}, nil), history{
			contact.CompanyChanged{}, contact.CountryChanged{From: contact.Manual}, contact.AddressChanged{},
			contact.SocialProfileChanged{Network: contact.Website},
		}, nil},
		{"what a channel says is recorded beside what the team wrote", append(history{ana()}, then...), edit(contact.Changes{
			From: contact.FromChannel, FirstName: new("Annie"), Language: new("es"),
		}, nil), history{
			contact.FirstNameChanged{Name: said("Annie"), From: contact.FromChannel}, contact.LanguageChanged{Language: "es", From: contact.FromChannel},
		}, nil},
		{"a part of an address leaves the others", append(history{ana()}, then...), edit(contact.Changes{
			Address: &contact.AddressDraft{City: new("Lima"), PostalCode: new("")},
		}, nil), history{contact.AddressChanged{Address: contact.Address{Street: said("Calle Mayor 1\n2º"), City: said("Lima"), Country: "ES"}}}, nil},
		{"a street with control characters", history{ana()}, edit(contact.Changes{Address: &contact.AddressDraft{Street: new("A\x00")}}, nil), nil, contact.ErrAddress},
		{"a first name of several lines", history{ana()}, edit(contact.Changes{FirstName: new("A\nB")}, nil), nil, contact.ErrFirstName},
		{"a last name that is too long", history{ana()}, edit(contact.Changes{LastName: new(strings.Repeat("x", 201))}, nil), nil, contact.ErrLastName},
		{"a company with control characters", history{ana()}, edit(contact.Changes{Company: new("A\x00")}, nil), nil, contact.ErrCompany},
		{"a country that is none", history{ana()}, edit(contact.Changes{Country: new("XX")}, nil), nil, contact.ErrCountry},
		{"a country by its number", history{ana()}, edit(contact.Changes{Country: new("724")}, nil), nil, contact.ErrCountry},
		{"a language that is none", history{ana()}, edit(contact.Changes{Language: new("english please")}, nil), nil, contact.ErrLanguage},
		{"an address that is too long", history{ana()}, edit(contact.Changes{Address: &contact.AddressDraft{City: new(strings.Repeat("x", 201))}}, nil), nil, contact.ErrAddress},
		{"a network that is none", history{ana()}, edit(contact.Changes{Social: map[contact.SocialNetwork]string{"orkut": "ana"}}, nil), nil, contact.ErrSocialNetwork},
		{"a handle of several lines", history{ana()}, edit(contact.Changes{Social: map[contact.SocialNetwork]string{contact.X: "a\nb"}}, nil), nil, contact.ErrSocialProfile},
	})
}

func fill(d field.Definition, value string) decision {
	return edit(contact.Changes{Fields: []contact.FieldChange{{Definition: d, Value: value, IsMember: func(uuid.UUID) bool { return true }}}}, nil)
}

// S3-2, S4-14.
func TestCustomFields(t *testing.T) {
	t.Parallel()
	plan := field.Definition{ID: field.ID{UUID: id(60)}, Type: field.Choice, Active: true, Options: []field.Option{{Number: 1, Name: "Monthly"}}}
	retired := plan
	retired.Active = false
	monthly := contact.FieldSet{Field: plan.ID, Type: field.Choice, Value: said("1")}
	run(t, []scenario{
		{"a value goes in", history{ana()}, fill(plan, "monthly"), history{monthly}, nil},
		{"the same value changes nothing", history{ana(), monthly}, fill(plan, "Monthly"), nil, nil},
		{"blank clears it", history{ana(), monthly}, fill(plan, ""), history{contact.FieldCleared{Field: plan.ID}}, nil},
		{"blank where nothing is changes nothing", history{ana()}, fill(plan, " "), nil, nil},
		{"a retired field takes nothing new", history{ana()}, fill(retired, "Monthly"), nil, field.ErrRetired},
		{"and can be cleared", history{ana(), monthly}, fill(retired, ""), history{contact.FieldCleared{Field: plan.ID}}, nil},
		{"what is no option", history{ana()}, fill(plan, "Daily"), nil, field.ErrNotAnOption},
	})
}

// S1-28, S3-28, S3-29.
func TestNotes(t *testing.T) {
	t.Parallel()
	note := contact.NoteID{UUID: id(70)}
	taken := contact.NoteAdded{Note: note, Kind: contact.Call, Text: said("asked for a price")}
	add := func(kind contact.NoteKind, text string) decision {
		return func(c *contact.Contact) ([]contact.Event, error) { return c.AddNote(note, kind, text) }
	}
	change := func(kind *contact.NoteKind, text *string) decision {
		return func(c *contact.Contact) ([]contact.Event, error) { return c.EditNote(note, kind, text, nil) }
	}
	asSeen := func(revision event.Revision) decision {
		return func(c *contact.Contact) ([]contact.Event, error) {
			return c.EditNote(note, nil, new("x"), &revision)
		}
	}
	remove := func(c *contact.Contact) ([]contact.Event, error) { return c.DeleteNote(note) }
	meeting := contact.Meeting
	run(t, []scenario{
		{"a note is taken", history{ana()}, add(contact.Call, " asked for a price"), history{taken}, nil},
		{"it is general where nothing is said", history{ana()}, add("", "x"), history{contact.NoteAdded{Note: note, Kind: contact.General, Text: said("x")}}, nil},
		{"and not taken twice", history{ana(), taken}, add(contact.Call, "asked for a price"), nil, nil},
		{"its kind and text change", history{ana(), taken}, change(&meeting, new("two\nprices")), history{contact.NoteEdited{Note: note, Kind: contact.Meeting, Text: said("two\nprices")}}, nil},
		{"to the same changes nothing", history{ana(), taken}, change(nil, new("asked for a price ")), nil, nil},
		{"it is edited as it was seen", history{ana(), taken, contact.CompanyChanged{Company: said("Acme")}}, asSeen(1), history{contact.NoteEdited{Note: note, Kind: contact.Call, Text: said("x")}}, nil},
		{"and not as it was before", history{ana(), taken, contact.NoteEdited{Note: note, Kind: contact.Call, Text: said("y")}}, asSeen(1), nil, contact.ErrNoteStale},
		{"it goes", history{ana(), taken}, remove, history{contact.NoteDeleted{Note: note}}, nil},
		{"and not twice", history{ana(), taken, contact.NoteDeleted{Note: note}}, remove, nil, nil},
		{"what is not there cannot be edited", history{ana()}, change(nil, new("x")), nil, contact.ErrUnknownNote},
		{"it says something", history{ana()}, add(contact.Call, "\u3164"), nil, contact.ErrNoteRequired},
		{"not too much", history{ana()}, add(contact.Call, strings.Repeat("x", contact.MaxNoteLength+1)), nil, contact.ErrNoteTooLong},
		{"without control characters", history{ana()}, add(contact.Call, "a\x00"), nil, contact.ErrNoteCharacters},
		{"of a kind that there is", history{ana()}, add("tweet", "x"), nil, contact.ErrUnknownNoteKind},
		{"of somebody who is there", nil, add(contact.Call, "x"), nil, contact.ErrUnknown},
	})
}

// S3-33, S3-42.
func TestConsent(t *testing.T) {
	t.Parallel()
	agree := func(purpose contact.Purpose, agrees bool, evidence string) decision {
		return func(c *contact.Contact) ([]contact.Event, error) { return c.Consent(purpose, agrees, evidence) }
	}
	stop := func(c *contact.Contact) ([]contact.Event, error) {
		return c.OptOut(false, "wrote STOP", domaintest.Began().Add(time.Hour))
	}
	given := contact.ConsentGiven{Purpose: contact.Marketing, Evidence: said("a form")}
	withdrawn := contact.ConsentWithdrawn{Purpose: contact.Marketing, Evidence: said("wrote STOP")}
	run(t, []scenario{
		{"somebody agrees", history{ana()}, agree(contact.Marketing, true, "a form"), history{given}, nil},
		{"and again says nothing new", history{ana(), given}, agree(contact.Marketing, true, "another form"), nil, nil},
		{"somebody no longer agrees", history{ana(), given}, agree(contact.Marketing, false, "wrote STOP"), history{withdrawn}, nil},
		{"somebody never agreed", history{ana()}, agree(contact.Marketing, false, "wrote STOP"), history{withdrawn}, nil},
		{"what WhatsApp was told counts for a merged contact too", history{ana(), contact.Merged{Into: contact.ID{UUID: id(80)}}}, stop, history{withdrawn}, nil},
		{"what was said later holds", history{ana(), given}, func(c *contact.Contact) ([]contact.Event, error) {
			return c.OptOut(false, "wrote STOP", domaintest.Began().Add(-time.Hour))
		}, nil, nil},
		{"and is nothing to an erased one", history{ana(), contact.Erased{}}, stop, nil, nil},
		{"a purpose is a word", history{ana()}, agree("Any thing", true, ""), nil, contact.ErrPurpose},
		{"evidence is a text", history{ana()}, agree(contact.Marketing, true, "\x00"), nil, contact.ErrEvidence},
	})
}
