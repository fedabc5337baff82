package projections_test

import (
	"testing"

	"tagtrail/domain/contact"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

func TestContactIdentitiesAreHeldFromTheLinkToTheUnlink(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, projectionstest.Group(projections.ContactIdentities()), projectionstest.History(org,
		projectionstest.On(ana.Stream(),
			created("Ana", "+16505550101"),
			contact.IdentityLinked{Identity: bsuid("US.13491208655302741918")},
			contact.IdentityUnlinked{Identity: number("+16505550101")},
			contact.IdentityLinked{Identity: number("+16505550102")},
			contact.IdentityLinked{Identity: number("+16505550101")}),
		projectionstest.On(bob.Stream(), created("Bob", "+16505550103"), contact.IdentityUnlinked{Identity: number("+16505550103")}),
	))
	lines(t, rows, "contact_identities", []string{"contact", "revision", "linked", "kind", "value", "wa_id", "country", "channel"},
		ana.String()+" | 0 | t | number | +16505550101 | 16505550101 | US | "+channel.String(),
		ana.String()+" | 1 | t | bsuid | US.13491208655302741918 | NULL |  | "+channel.String(),
		ana.String()+" | 2 | f | number | +16505550101 | 16505550101 | US | "+channel.String(),
		ana.String()+" | 3 | t | number | +16505550102 | 16505550102 | US | "+channel.String(),
		ana.String()+" | 4 | t | number | +16505550101 | 16505550101 | US | "+channel.String(),
		bob.String()+" | 0 | t | number | +16505550103 | 16505550103 | US | "+channel.String(),
		bob.String()+" | 1 | f | number | +16505550103 | 16505550103 | US | "+channel.String())
	lines(t, projectionstest.Rows{"held": byColumn(rows["held_identities"], "revision")}, "held", []string{"contact", "revision", "value"},
		ana.String()+" | 1 | US.13491208655302741918",
		ana.String()+" | 3 | +16505550102",
		ana.String()+" | 4 | +16505550101")
}
