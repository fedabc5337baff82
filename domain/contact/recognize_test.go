package contact_test

import (
	"strings"
	"testing"
	"time"

	"tagtrail/domain/contact"
	"tagtrail/domain/domaintest"
	"tagtrail/domain/personal"
)

func seen(minute int, profile string, identities ...contact.Identity) decision {
	return func(c *contact.Contact) ([]contact.Event, error) {
		return c.Recognize(contact.Sighting{
			Identities: identities, ProfileName: contact.ProfileName(profile), Channel: id(70), At: at(minute),
		})
	}
}

func at(minute int) time.Time { return domaintest.Began().Add(time.Duration(minute) * time.Minute) }

func called(name string) contact.Event {
	return contact.ProfileNameChanged{Name: personal.New(name), Channel: id(70)}
}

// S1-9, S3-6, S3-9, C9.
func TestRecognize(t *testing.T) {
	t.Parallel()
	number, other, user := phone("+16505550101"), phone("+16505550102"), bsuid("US.1")
	written := number
	written.WaID = personal.New("6505550101")
	byMessage := contact.Created{Origin: contact.OriginMessage, Identity: user, LeadStatus: contact.Cold}
	left := contact.IdentityUnlinked{Identity: number} // in the second minute
	run(t, []scenario{
		{"the first sighting creates the contact with the strongest identity, then the others", nil, seen(0, "Ana", user, number),
			history{byMessage, contact.IdentityLinked{Identity: number}, called("Ana")}, nil},
		{"the second changes nothing", history{byMessage, contact.IdentityLinked{Identity: number}, called("Ana")}, seen(5, "Ana", user, number), nil, nil},
		{"what is new is linked", history{byMessage}, seen(5, "", user, number), history{contact.IdentityLinked{Identity: number}}, nil},
		{"an older number that comes late is not the one that is shown", history{ana()}, seen(-5, "", other),
			history{contact.IdentityLinked{Identity: other}, contact.IdentityLinked{Identity: number}}, nil},
		{"which is said once", history{ana(), contact.IdentityLinked{Identity: other}, contact.IdentityLinked{Identity: number}}, seen(-4, "", other), nil, nil},
		{"a second number is linked too", history{ana()}, seen(5, "", other), history{contact.IdentityLinked{Identity: other}}, nil},
		{"a number that was typed in learns how WhatsApp writes it", history{ana()}, seen(5, "", written), history{contact.IdentityLinked{Identity: written}}, nil},
		{"which is said once", history{ana(), contact.IdentityLinked{Identity: written}}, seen(5, "", written), nil, nil},
		{"a number that was left is not linked by a message from before", history{ana(), left}, seen(0, "", number), nil, nil},
		{"nor by one of the same time", history{ana(), left}, seen(1, "", number), nil, nil},
		{"but by one from after", history{ana(), left}, seen(2, "", number), history{contact.IdentityLinked{Identity: number}}, nil},
		{"nobody is seen", nil, seen(0, "Ana"), nil, contact.ErrNobody},
		{"somebody erased", history{ana(), contact.Erased{}}, seen(0, "", number), nil, contact.ErrErased},
	})
}

// C9: the latest name holds, in whatever order the messages come.
func TestTheLatestProfileNameHolds(t *testing.T) {
	t.Parallel()
	number := phone("+16505550101")
	given := history{ana(), called("Bea")} // in the second minute
	run(t, []scenario{
		{"a later name", given, seen(2, "Cleo", number), history{called("Cleo")}, nil},
		{"an earlier name", given, seen(0, "Cleo", number), nil, nil},
		{"of two names in the same second the one that sorts last", given, seen(1, "Cleo", number), history{called("Cleo")}, nil},
		{"and not the one that sorts first", given, seen(1, "Ana", number), nil, nil},
		{"no name", given, seen(2, "", number), nil, nil},
		{"a name that shows nothing", given, seen(2, "\u200b\u3164", number), nil, nil},
		{"the same name", given, seen(2, "Bea", number), nil, nil},
	})
}

func TestAProfileNameIsNeverRefused(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		" Ana ":                    "Ana",
		"A\u0000n\u001ba":          "A n a",
		"An\xffa":                  "An\ufffda",
		"é":                        "é",
		strings.Repeat("é", 300):   strings.Repeat("é", 200),
		strings.Repeat("👍🏽", 300):  strings.Repeat("👍🏽", 200),
		"\u202eevil":               "\u202eevil",
		strings.Repeat("x", 1<<20): strings.Repeat("x", 200),
	} {
		if got := contact.ProfileName(written).Reveal(); got != want {
			t.Errorf("%.20q is kept as %.40q, want %.40q", written, got, want)
		}
	}
	pile := "A" + strings.Repeat("\u0301", 10_000)
	if got := contact.ProfileName(pile).Reveal(); len(got) > 8*contact.MaxNameLength*4 || got == "" {
		t.Errorf("a pile of accents is kept in %d bytes", len(got))
	}
}

func TestMove(t *testing.T) {
	t.Parallel()
	old, next, user := phone("+16505550101"), phone("+16505550102"), bsuid("US.1")
	move := func(minute int, known ...contact.Identity) decision {
		return func(c *contact.Contact) ([]contact.Event, error) {
			return c.Move(contact.Sighting{Identities: known, Channel: id(70), At: at(minute)}, []contact.Identity{old}, []contact.Identity{next})
		}
	}
	created := contact.Created{Origin: contact.OriginMessage, Identity: user, LeadStatus: contact.Cold}
	moved := history{contact.IdentityUnlinked{Identity: old}, contact.IdentityLinked{Identity: next}}
	run(t, []scenario{
		{"the old number goes and the new one comes", history{created, contact.IdentityLinked{Identity: old}}, move(5, user, old), moved, nil},
		{"a repeat changes nothing", append(history{created, contact.IdentityLinked{Identity: old}}, moved...), move(2, user, old), nil, nil},
		{"a person nobody had heard of has the same history", nil, move(5, user, old),
			append(history{created, contact.IdentityLinked{Identity: old}}, moved...), nil},
		{"a person known by the BSUID alone too", history{created}, move(5, user, old),
			append(history{contact.IdentityLinked{Identity: old}}, moved...), nil},
		{"the new number is shown even when it was seen before the old one was left", history{created, contact.IdentityLinked{Identity: next}, contact.IdentityLinked{Identity: old}},
			move(5, user, old), moved, nil},
		{"somebody erased", history{created, contact.Erased{}}, move(5, user, old), nil, contact.ErrErased},
	})
}
