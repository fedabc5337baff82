package projections_test

import (
	"testing"

	"tagtrail/domain/contact"
	"tagtrail/domain/personal"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

func TestContactSearchHasNamesAddressesAndNumbers(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, projectionstest.Group(projections.ContactIdentities(), projections.MergedContacts(), projections.ContactSearch()), projectionstest.History(org,
		projectionstest.On(ana.Stream(),
			created("Ana", "+16505550101"),
			contact.ProfileNameChanged{Name: personal.New("ana.lopez")},
			contact.EmailChanged{Email: personal.New("ana@example.com"), HasEmail: true},
			contact.Renamed{Name: personal.New("Anna")},
			contact.IdentityLinked{Identity: bsuid("US.13491208655302741918")},
			contact.IdentityLinked{Identity: contact.Identity{Kind: contact.Number, Value: personal.New("+5511987654321"), WaID: personal.New("551187654321")}},
			contact.IdentityUnlinked{Identity: number("+16505550101")}),
		projectionstest.On(bob.Stream(),
			created("Bob", "+16505550102"), contact.EmailChanged{Email: personal.New("bob@example.com"), HasEmail: true}, contact.EmailChanged{}, contact.Erased{}),
	))
	lines(t, rows, "contact_search", []string{"contact", "part", "haystack"},
		ana.String()+" | -1 | \n Anna\n ana.lopez\n ana@example.com",
		ana.String()+" | 0 | \n 16505550101\n 16505550101",
		ana.String()+" | 5 | \n 5511987654321\n 551187654321")
	lines(t, projectionstest.Rows{"found": byColumn(rows["searchable_contacts"], "haystack")}, "found", []string{"contact", "haystack"},
		ana.String()+" | \n 5511987654321\n 551187654321",
		ana.String()+" | \n Anna\n ana.lopez\n ana@example.com")
}
