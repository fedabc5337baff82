package projections

import (
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// ReportingOrganizations answers: in which zone do the days of an organisation begin and end, and which days are there?
//
// The days are those of whole years, from the one in which the organisation began to the one that is.
func ReportingOrganizations() Projection {
	organizations := NewTable("dim_organizations", Key("org"), `
		org        uuid,
		name       text not null,
		zone       text not null,
		created_at timestamptz not null`)
	overview := NewView("organization", `
		select o.org, o.name, o.zone, o.created_at, (o.created_at at time zone o.zone)::date as created_on
		from {schema}.dim_organizations o`)
	dates := NewView("dates", `
		select o.org, d.day::date as date,
			extract(year from d.day)::int as year,
			extract(quarter from d.day)::int as quarter,
			extract(month from d.day)::int as month,
			extract(isoyear from d.day)::int as iso_year,
			extract(week from d.day)::int as iso_week,
			extract(isodow from d.day)::int as weekday,
			extract(isodow from d.day) > 5 as weekend,
			date_trunc('month', d.day)::date as month_begins
		from {schema}.dim_organizations o
		cross join lateral generate_series(
			date_trunc('year', o.created_at at time zone o.zone),
			date_trunc('year', now() at time zone o.zone) + interval '1 year' - interval '1 day',
			interval '1 day') as d(day)`)

	return Define("reporting_organizations", 1, organizations, overview, dates,
		On(func(w *Writer, e event.Recorded[organization.Created]) {
			w.Put(organizations, Cols{"org": e.Org(), "name": e.Data.Name, "zone": e.Data.Zone, "created_at": e.RecordedAt})
		}),
	)
}
