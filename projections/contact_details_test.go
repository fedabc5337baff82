package projections_test

import (
	"testing"

	"tagtrail/domain/contact"
	"tagtrail/domain/personal"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

// C9, S4-6 … S4-9: what a channel says is kept beside what the team wrote.
func TestDetailsAreKeptByWhoSaysThem(t *testing.T) {
	t.Parallel()
	history := projectionstest.On(ana.Stream(),
		created("Ana", "+16505550101"),
		contact.FirstNameChanged{Name: personal.New("Ana"), From: contact.Manual},
		contact.FirstNameChanged{Name: personal.New("Anita"), From: contact.FromChannel},
		contact.LastNameChanged{Name: personal.New("Lima"), From: contact.Manual},
		contact.LastNameChanged{From: contact.Manual},
		contact.CountryChanged{Country: "PE", From: contact.Manual},
		contact.LanguageChanged{Language: "es", From: contact.FromBrowser},
		contact.CompanyChanged{Company: personal.New("Acme")},
		contact.AddressChanged{Address: contact.Address{City: personal.New("Lima"), Country: "PE"}},
		contact.SocialProfileChanged{Network: contact.Instagram, Handle: personal.New("@ana")})
	group := projectionstest.Group(projections.ContactDetails())
	rows := projectionstest.Run(t, group, projectionstest.History(org, history))
	lines(t, rows, "contact_details", []string{"detail", "provenance", "value", "told_at"},
		"address.city | manual | Lima | 2026-05-30 12:00:08+00",
		"address.country | manual | PE | 2026-05-30 12:00:08+00",
		"address.postal_code | manual | NULL | 2026-05-30 12:00:08+00",
		"address.region | manual | NULL | 2026-05-30 12:00:08+00",
		"address.street | manual | NULL | 2026-05-30 12:00:08+00",
		"company | manual | Acme | 2026-05-30 12:00:07+00",
		"country | manual | PE | 2026-05-30 12:00:05+00",
		"first_name | channel | Anita | 2026-05-30 12:00:02+00",
		"first_name | manual | Ana | 2026-05-30 12:00:01+00",
		"language | browser | es | 2026-05-30 12:00:06+00",
		"last_name | manual | NULL | 2026-05-30 12:00:04+00",
		"social.instagram | manual | @ana | 2026-05-30 12:00:09+00")

	rows = projectionstest.Run(t, group, projectionstest.History(org, history, projectionstest.On(ana.Stream(), contact.Erased{})))
	lines(t, rows, "contact_details", []string{"detail"})
}
