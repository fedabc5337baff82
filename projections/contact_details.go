package projections

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// ContactDetails answers: what is said about a contact besides its name, number and e-mail address, and who says so?
//
// Each provenance has a row of its own for each detail: what a channel says later
// is kept beside what the team wrote, and never in its place. Most contacts have
// none of these, so they have no row.
func ContactDetails() Projection {
	details := NewTable("contact_details", Key("org", "contact", "detail", "provenance"), `
		org        uuid,
		contact    uuid,
		detail     text,
		provenance text,
		value      text,
		told_at    timestamptz not null`,
		Index(`create index contact_details_by_print on {table} (org, detail, (`+printOf("value")+`), contact) where value is not null`),
		Index(`create index contact_details_by_language on {table} (org, split_part(lower(value), '-', 1)) where detail = 'language' and value is not null`),
	)
	languages := NewView("spoken_languages", `
		select d.org, d.contact, d.value from {schema}.contact_details d
		where d.detail = 'language' and d.value is not null and not exists (
			select from {schema}.contact_details b
			where b.org = d.org and b.contact = d.contact and b.detail = 'language' and b.value is not null
				and `+precedence("b")+` < `+precedence("d")+`)`)

	return Define("contact_details", 1, details, languages,
		told(details, func(e contact.FirstNameChanged) []detail { return []detail{{"first_name", e.From, e.Name}} }),
		told(details, func(e contact.LastNameChanged) []detail { return []detail{{"last_name", e.From, e.Name}} }),
		told(details, func(e contact.CountryChanged) []detail { return []detail{{"country", e.From, said(e.Country)}} }),
		told(details, func(e contact.LanguageChanged) []detail { return []detail{{"language", e.From, said(e.Language)}} }),
		told(details, func(e contact.CompanyChanged) []detail { return []detail{{"company", contact.Manual, e.Company}} }),
		told(details, func(e contact.AddressChanged) []detail {
			a := e.Address
			return []detail{
				{"address.street", contact.Manual, a.Street},
				{"address.city", contact.Manual, a.City},
				{"address.region", contact.Manual, a.Region},
				{"address.postal_code", contact.Manual, a.PostalCode},
				{"address.country", contact.Manual, said(a.Country)},
			}
		}),
		told(details, func(e contact.SocialProfileChanged) []detail {
			return []detail{{"social." + string(e.Network), contact.Manual, e.Handle}}
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			w.Delete(details, ofContact(e))
		}),
	)
}

// precedence orders who is believed: what the team wrote holds.
func precedence(row string) string {
	return `array_position(array['manual', 'channel', 'browser'], ` + row + `.provenance)`
}

// detail is one thing that is said about a contact.
type detail struct {
	name  string
	from  contact.Provenance
	value any
}

// told says what an event says about the contact whose stream it is on.
func told[E contact.Event](details *Table, says func(E) []detail) Part {
	return On(func(w *Writer, e event.Recorded[E]) {
		for _, d := range says(e.Data) {
			w.Put(details, Cols{
				"org": e.Org(), "contact": contact.Of(e), "detail": d.name, "provenance": d.from,
				"value": d.value, "told_at": e.RecordedAt,
			})
		}
	})
}

// said answers a clear text, or NULL where nothing is said.
func said(s string) any {
	if s == "" {
		return nil
	}
	return s
}
