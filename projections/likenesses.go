package projections

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// Likenesses answers: which contacts have something in common that two people rarely have, and who was told apart?
//
// What they have in common is shown as its print, so that it can be compared,
// ordered and named in an address without being told. A number is kept in the
// one form that all its variants lead to. A street is one only together with the
// postal code, or where there is none with the city.
func Likenesses() Projection {
	apart := NewTable("told_apart", Key("org", "contact", "other"), `
		org     uuid,
		contact uuid,
		other   uuid`)
	alike := NewView("likenesses", `
		select i.org, i.contact, 'number' as kind, `+printOf("i.value")+` as print
		from {schema}.held_identities i where i.kind = 'number' and i.value is not null
		union all
		select c.org, c.contact, 'email', `+printOf("c.email")+`
		from {schema}.contacts c where c.email <> '' and c.listed
		union all
		select d.org, d.contact, d.detail, `+printOf("d.value")+`
		from {schema}.contact_details d where `+tellingDetails("d")+`
		union all
		select s.org, s.contact, 'address', `+printOf(`(s.value || E'\n' || coalesce(nullif(p.value, ''), nullif(c.value, '')))`)+`
		from {schema}.contact_details s
		left join {schema}.contact_details p on p.org = s.org and p.contact = s.contact and p.detail = 'address.postal_code'
		left join {schema}.contact_details c on c.org = s.org and c.contact = s.contact and c.detail = 'address.city'
		where s.detail = 'address.street' and s.value is not null and coalesce(nullif(p.value, ''), nullif(c.value, '')) is not null`)

	return Define("likenesses", 1, apart, alike,
		On(func(w *Writer, e event.Recorded[contact.ToldApart]) {
			w.Put(apart, Cols{"org": e.Org(), "contact": contact.Of(e), "other": e.Data.Contact})
		}),
	)
}

// printOf answers what stands for a value, whatever its case, where values are compared.
func printOf(value string) string { return `md5(lower(` + value + `))::uuid` }

// tellingDetails says which details two people rarely share.
func tellingDetails(row string) string {
	return row + `.value is not null and (` + row + `.detail = 'company' or ` + row + `.detail like 'social.%')`
}
