package projections

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// ContactFields answers: what does a contact hold in the custom fields of its organisation?
//
// What is compared and ordered is computed by the table from the one form that a
// value of its type has: numbers, amounts in minor units beside their currency,
// and the numbers of chosen options. Dates are ordered as they are written.
func ContactFields() Projection {
	values := NewTable("contact_fields", Key("org", "contact", "field"), `
		org      uuid,
		contact  uuid,
		field    uuid,
		type     text not null,
		value    text,
		set_at   timestamptz not null,
		number   numeric generated always as (case
			when type = 'number' then value::numeric
			when type = 'money' then split_part(value, ' ', 1)::numeric end) stored,
		currency text generated always as (case when type = 'money' then split_part(value, ' ', 2) end) stored,
		options  int[] generated always as (case
			when type in ('choice', 'multi_choice') then string_to_array(value, ',')::int[] end) stored`,
		// A text may be longer than an entry of an index can be.
		Index(`create index contact_fields_by_value on {table} (org, field, left(lower(value), 200)) where value is not null`),
		Index(`create index contact_fields_by_number on {table} (org, field, currency, number) where number is not null`),
		Index(`create index contact_fields_by_date on {table} (org, field, (value collate "C")) where type = 'date'`),
		Index(`create index contact_fields_by_option on {table} using gin (org, field, options ext.gin__int_ops) where options is not null`),
		Index(`create index contact_fields_by_trigrams on {table} using gin (org, field, value ext.gin_trgm_ops) where type in ('text', 'url')`),
	)

	return Define("contact_fields", 1, values,
		On(func(w *Writer, e event.Recorded[contact.FieldSet]) {
			w.Put(values, Cols{
				"org": e.Org(), "contact": contact.Of(e), "field": e.Data.Field,
				"type": e.Data.Type, "value": e.Data.Value, "set_at": e.RecordedAt,
			})
		}),
		On(func(w *Writer, e event.Recorded[contact.FieldCleared]) {
			w.Delete(values, At{e.Org(), contact.Of(e), e.Data.Field})
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			w.Delete(values, ofContact(e))
		}),
	)
}
