package readmodels_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/domain/filter"
	"tagtrail/readmodels"
)

// past fills the tables of auditors with many events and versions of contacts, as autovacuum would leave them.
func (w *world) past() {
	w.t.Helper()
	for _, sql := range []string{
		`insert into SCHEMA.events (org, position, id, stream, revision, type, version, recorded_at, occurred_at, actor_kind, actor, source, contact, operation, data, metadata)
		select case when i % 10 = 0 then md5((i % 100)::text)::uuid else $1::uuid end, 1000 + i, gen_random_uuid(), 'contact-' || i % 2000, i,
			case when i % 1000 = 1 then 'contact.renamed' else 'contact.tag-assigned' end, 1, timestamptz '2026-05-30' + i * interval '1 minute', now(),
			'api', case when i % 1000 = 1 then $2::uuid else md5('actor')::uuid end, 'api', md5((i % 2000)::text)::uuid, case when i % 1000 = 1 then $2::uuid end, '{}', '{}'
		from generate_series(1, 20000) i`,
		`insert into SCHEMA.event_tags (org, number, position) select org, case when position % 500 = 1 then 1 else 2 end, position from SCHEMA.events where position > 1000 and $1 <> $2`,
		`insert into SCHEMA.contact_versions (org, contact, from_position, to_position, lead_status, lead_status_since, owner, tags, channels, origin, source, created_at, created_by_kind, last_seen_at, revision)
		select case when i % 10 = 0 then md5((i % 100)::text)::uuid else $1::uuid end, md5((i % 10000)::text)::uuid, 1000 + i, case when i <= 10000 then 11000 + i else 9223372036854775807 end,
			case when i % 1000 = 1 then 'customer' else 'cold' end, now(), case when i % 1000 = 1 then $2::uuid end, case when i % 1000 = 1 then '{1,2}'::int[] else '{2}' end, '{}',
			'message', 'whatsapp', timestamptz '2026-05-30' + i % 10000 * interval '1 minute', 'api', timestamptz '2026-05-30' + i * interval '1 minute', (i - 1) / 10000
		from generate_series(1, 20000) i`,
		`insert into SCHEMA.moments (org, events, recorded_at, from_position, to_position)
		select org, 1, recorded_at, position, position + 1 from SCHEMA.events where position > 1000 and $1 <> $2`,
	} {
		if _, err := w.writer.Exec(w.t.Context(), strings.ReplaceAll(sql, "SCHEMA", postgres.Schema(w.group)), w.org.UUID, crowdOwner); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := w.writer.Exec(w.t.Context(), `vacuum analyze`); err != nil {
		w.t.Fatal(err)
	}
}

// Whatever auditors look for has its index, and nothing reads all events or all versions.
func TestWhatAuditorsAskIsServedByAnIndex(t *testing.T) {
	t.Parallel()
	w := newAudit(t)
	tags := w.tags("rare", "everywhere")
	w.project()
	w.past()
	someone := uuid.MustParse("c4ca4238-a0b9-2382-0dcc-509a6f75849b") // the first of all
	began := time.Date(2026, 5, 30, 0, 0, 0, 0, time.UTC)
	soon, last := began.Add(time.Hour), began.Add(20_000*time.Minute)
	then := readmodels.Moment{Position: 15_000, SeenAt: &last}

	events := func(f readmodels.EventFilter) func(db readmodels.DB) error {
		return func(db readmodels.DB) error {
			_, _, err := readmodels.Events{DB: db, Opener: w.seals, Known: w.events().Known}.List(t.Context(), w.org.UUID, f, readmodels.Opened, readmodels.NewestFirst, nil, 20)
			return err
		}
	}
	contacts := func(f readmodels.ContactFilter) func(db readmodels.DB) error {
		return func(db readmodels.DB) error {
			_, _, err := readmodels.ContactVersions{DB: db, Opener: w.seals}.Page(t.Context(), w.org.UUID, then, f, nil, 20)
			return err
		}
	}
	for _, test := range []struct {
		name, index string
		ask         func(db readmodels.DB) error
	}{
		{"all events", "events_pkey", events(readmodels.EventFilter{})},
		{"events of a contact", "events_of_contact", events(readmodels.EventFilter{Contact: &someone})},
		{"events by an actor", "events_by_actor", events(readmodels.EventFilter{Actor: &crowdOwner})},
		{"events of an operation", "events_of_operation", events(readmodels.EventFilter{Operation: &crowdOwner})},
		{"events of a rare type", "events_by_type", events(readmodels.EventFilter{Types: []string{"contact.renamed"}})},
		{"events about a tag", "event_tags_pkey", events(readmodels.EventFilter{Tag: &tags[0].Tag.UUID})},
		{"a list of then", "contact_versions_by_seen", contacts(readmodels.ContactFilter{})},
		{"who carried a rare tag", "contact_versions_by_filter", contacts(readmodels.ContactFilter{Tags: ids(tags[0])})},
		{"who had a rare status", "contact_versions_by_filter", contacts(readmodels.ContactFilter{LeadStatus: "customer"})},
		{"whose owner somebody was", "contact_versions_by_filter", contacts(readmodels.ContactFilter{Owner: &crowdOwner})},
		{"who was created in an hour", "contact_versions_by_creation", contacts(readmodels.ContactFilter{Where: filter.Time{Of: filter.Created, From: &filter.Bound{At: began}, Before: &filter.Bound{At: soon}}})},
		{"a contact of then", "contact_versions_pkey", func(db readmodels.DB) error {
			_, err := readmodels.ContactVersions{DB: db, Opener: w.seals}.Get(t.Context(), w.org.UUID, then, someone)
			if errors.Is(err, readmodels.ErrNotFound) {
				return nil
			}
			return err
		}},
		{"the moment of a time", "moments_by_time", func(db readmodels.DB) error {
			_, err := readmodels.Moments{DB: db}.At(t.Context(), w.org.UUID, last.Add(-10*time.Minute))
			return err
		}},
		{"the moment of a position", "moments_pkey", func(db readmodels.DB) error {
			_, err := readmodels.Moments{DB: db}.Of(t.Context(), w.org.UUID, event.Position(15_000))
			return err
		}},
	} {
		var plan string
		if err := test.ask(explainer{w.reader, &plan}); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		for _, table := range []string{"events", "event_tags", "contact_versions", "moments"} {
			if strings.Contains(plan, "Seq Scan on "+table) {
				t.Errorf("%s: %s is read in full:\n%s", test.name, table, plan)
			}
		}
		if !strings.Contains(plan, test.index) {
			t.Errorf("%s wants %s:\n%s", test.name, test.index, plan)
		}
	}
}
