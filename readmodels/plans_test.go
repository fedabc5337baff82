package readmodels_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/field"
	"tagtrail/domain/filter"
	"tagtrail/domain/organization"
	"tagtrail/readmodels"
)

// explainer lets questions be answered, and adds up their plans.
type explainer struct {
	pool *pgxpool.Pool
	plan *string
}

func (e explainer) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	explained := &pgx.Batch{}
	for i, q := range b.QueuedQueries {
		sql := q.SQL
		if i == len(b.QueuedQueries)-1 {
			sql = "explain " + sql
		}
		explained.Queue(sql, q.Arguments...)
	}
	results := e.pool.SendBatch(ctx, explained)
	for range len(b.QueuedQueries) - 1 {
		_, _ = results.Exec()
	}
	rows, _ := results.Query()
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		lines = []string{err.Error()}
	}
	*e.plan += strings.Join(lines, "\n") + "\n"
	_ = results.Close()
	return e.pool.SendBatch(ctx, b)
}

// crowd fills the tables with many contacts, most of them of one organisation, as autovacuum would leave them.
func (w *world) crowd() {
	w.t.Helper()
	schema := postgres.Schema(w.group)
	for _, sql := range []string{
		`insert into SCHEMA.contacts (org, contact, phone, lead_status, lead_status_since, owner, tags, channels, origin, source, created_at, created_by_kind, last_seen_at, revision,
			country, email, first_seen_at, last_message_at)
		select case when i % 10 = 0 then md5((i % 100)::text)::uuid else $1::uuid end, md5(i::text)::uuid, '+1650' || i,
			case when i % 1000 = 1 then 'customer' else 'cold' end, now(), case when i % 500 = 1 then $2::uuid end,
			case when i % 1000 = 1 then '{1,2}'::int[] when i % 3 = 0 then '{2,3}' when i % 1000 = 2 then '{}' else '{2}' end,
			array[case when i % 1000 = 1 then $3::uuid else md5('channel')::uuid end], 'message', case when i % 1000 = 1 then 'import' else 'whatsapp' end,
			now() - i * interval '1 hour', 'channel', case when i % 5 <> 0 then now() - i * interval '1 minute' end, 1,
			case when i % 1000 = 1 then 'PT' else 'US' end, case when i % 1000 = 1 then 'x@example.com' end,
			now() - i * interval '1 minute', now() - i * interval '1 minute'
		from generate_series(1, 20000) i`,
		`insert into SCHEMA.contact_search (org, contact, part, name)
		select org, contact, -1, 'Contact ' || md5(contact::text) from SCHEMA.contacts where $1 <> $2 and $2 <> $3 on conflict do nothing`,
		`insert into SCHEMA.contact_search (org, contact, part, phone)
		select org, contact, 0, phone from SCHEMA.contacts where $1 <> $2 and $2 <> $3 on conflict do nothing`,
		`insert into SCHEMA.contact_identities (org, contact, revision, linked, kind, value)
		select org, contact, 0, true, 'number', phone from SCHEMA.contacts where $1 <> $2 and $2 <> $3 on conflict do nothing`,
		`insert into SCHEMA.contact_tags (org, contact, assignment, tag, number, source, assigned_at, assigned_by_kind, value)
		select c.org, c.contact, gen_random_uuid(), t.tag, t.number, 'api', now(), 'api', case when t.number = 3 then md5(c.contact::text) end
		from SCHEMA.contacts c join SCHEMA.tags t on t.org = c.org and t.number = any (c.tags) where $1 <> $2 and $2 <> $3`,
		`insert into SCHEMA.contact_fields (org, contact, field, type, set_at, value)
		select c.org, c.contact, f.field, f.type, now(), case f.type
			when 'text' then 'Remark ' || md5(c.contact::text) when 'number' then (abs(hashtext(c.contact::text)) % 10000)::text
			when 'date' then (date '2020-01-01' + abs(hashtext(c.contact::text)) % 3000)::text else (abs(hashtext(c.contact::text)) % 500)::text end
		from SCHEMA.contacts c cross join SCHEMA.fields f where $1 <> $2 and $2 <> $3`,
		`insert into SCHEMA.contact_details (org, contact, detail, provenance, value, told_at)
		select org, contact, 'language', 'manual', case when lead_status = 'customer' then 'pt-BR' else 'es' end, now() from SCHEMA.contacts where $1 <> $2 and $2 <> $3`,
		`insert into SCHEMA.consents (org, contact, purpose, agrees, source, at, actor_kind)
		select org, contact, 'marketing', lead_status <> 'customer', 'api', now(), 'api' from SCHEMA.contacts where $1 <> $2 and $2 <> $3`,
		`insert into SCHEMA.conversations (org, contact, number, opened_at, closed_at)
		select org, contact, 1, now(), case when lead_status <> 'customer' then now() end from SCHEMA.contacts where $1 <> $2 and $2 <> $3`,
		`insert into SCHEMA.tag_usage (org, number, contacts)
		select c.org, n, count(*) from SCHEMA.contacts c, unnest(c.tags) n where $1 <> $2 and $2 <> $3 group by 1, 2`,
	} {
		if _, err := w.writer.Exec(w.t.Context(), strings.ReplaceAll(sql, "SCHEMA", schema), w.org.UUID, crowdOwner, crowdChannel); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := w.writer.Exec(w.t.Context(), `vacuum analyze`); err != nil {
		w.t.Fatal(err)
	}
}

var (
	crowdOwner   = uuid.MustParse("0193a000-0000-4000-8000-000000000001")
	crowdChannel = uuid.MustParse("0193a000-0000-4000-8000-000000000002")
)

// Each filter has its index, and nothing reads the whole table.
func TestEachFilterIsServedByItsIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tags := w.tags("rare", "everywhere", "third")
	w.project()
	w.crowd()
	lately := time.Now().Add(-20 * time.Hour)
	for _, test := range []struct {
		name   string
		filter readmodels.ContactFilter
		index  string
	}{
		{"nothing", readmodels.ContactFilter{}, "contacts_by_seen"},
		{"a rare tag", readmodels.ContactFilter{Tags: ids(tags[0])}, "contacts_by_tags"},
		{"a rare tag among others", readmodels.ContactFilter{Tags: ids(tags...)[:2]}, "contacts_by_tags"},
		{"a tag that most carry", readmodels.ContactFilter{Tags: ids(tags[1])}, "contacts_by_seen"},
		{"frequent tags that nobody has together", readmodels.ContactFilter{Tags: ids(tags[1], tags[2])}, "contacts_by_seen"},
		{"without a tag", readmodels.ContactFilter{ExcludeTags: ids(tags[2])}, "contacts_by_seen"},
		{"a rare status", readmodels.ContactFilter{LeadStatus: "customer"}, "contacts_by_lead_status"},
		{"an owner", readmodels.ContactFilter{Owner: &crowdOwner}, "contacts_by_owner"},
		{"created lately", readmodels.ContactFilter{CreatedFrom: &lately}, "contacts_by_creation"},
		{"a rare channel", readmodels.ContactFilter{Channel: &crowdChannel}, "contacts_by_tags"},
		{"part of a name", readmodels.ContactFilter{Q: "abcde"}, "contact_search_by_trigrams"},
		{"part of a phone", readmodels.ContactFilter{Q: "16501 2345"}, "contact_search_by_trigrams"},
		{"two letters", readmodels.ContactFilter{Q: "xy"}, "contact_search_by_trigrams"},
	} {
		for _, deep := range []bool{false, true} {
			var plan string
			var after *readmodels.ContactKey
			if deep {
				at := time.Now().Add(-time.Hour)
				after = &readmodels.ContactKey{LastSeenAt: &at}
			}
			_, _, err := readmodels.Contacts{DB: explainer{w.reader, &plan}}.Page(t.Context(), w.org.UUID, test.filter, after, 50)
			if err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			if !strings.Contains(plan, test.index) || strings.Contains(plan, "Seq Scan on contacts") || strings.Contains(plan, "Seq Scan on contact_") {
				t.Errorf("%s, deep %v, wants %s:\n%s", test.name, deep, test.index, plan)
			}
		}
	}
}

// Each leaf of a filter has its index, by itself and under the order of another.
func TestEachLeafIsServedByAnIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tags := w.tags("rare", "everywhere", "third")
	held := map[field.Type]string{}
	for _, of := range []field.Type{field.Text, field.Number, field.Date, field.Choice} {
		id := uuid.New()
		held[of] = `{"field":{"field":"` + id.String() + `",`
		w.happened(w.org.Stream(), organization.FieldDefined{Field: field.ID{UUID: id}, Name: string(of), Type: of, Options: []field.Option{{Number: 7, Name: "seven"}}})
	}
	w.project()
	w.crowd()
	for _, test := range []struct{ name, filter, index string }{
		{"a text of a field", held[field.Text] + `"is":["abc"]}}`, "contact_fields_by_value"},
		{"part of a text of a field", held[field.Text] + `"contains":"abcde"}}`, "contact_fields_by_trigrams"},
		{"a number of a field", held[field.Number] + `"at_least":"9999"}}`, "contact_fields_by_number"},
		{"a date of a field", held[field.Date] + `"below":"2020-01-03"}}`, "contact_fields_by_date"},
		{"an option of a field", held[field.Choice] + `"is":["seven"]}}`, "contact_fields_by_option"},
		{"a language", `{"language":["pt"]}`, "contact_details_by_language"},
		{"who said no", `{"consent":{"purpose":"marketing","is":"withdrawn"}}`, "consents_by_purpose"},
		{"an open conversation", `{"conversation":["open"]}`, "conversations_open"},
		{"more tags than may be", `{"over_limit":true}`, "contacts_with_many_tags"},
		{"a country", `{"country":["PT"]}`, "contacts_by_country"},
		{"a source", `{"source":["import"]}`, "contacts_by_source"},
		{"an address", `{"has_email":true}`, "contacts_with_email"},
		{"no tags", `{"no_tags":true}`, "contacts_without_tags"},
		{"archived", `{"archived":true}`, "contacts_archived"},
		{"under a legal hold", `{"legal_hold":true}`, "contacts_under_legal_hold"},
		{"first seen lately", `{"first_seen":{"within_days":1}}`, "contacts_by_"},
		{"first seen long ago", `{"first_seen":{"before":"2020-01-01"}}`, "contacts_by_first_seen"},
		{"seen long ago", `{"last_seen":{"before":"2020-01-01"}}`, "contacts_by_seen"},
		{"active long ago", `{"last_active":{"before":"2020-01-01"}}`, "contacts_by_activity"},
		{"one of two statuses", `{"lead_status":["customer","hot"]}`, "contacts_by_lead_status"},
		{"one of two tags", `{"any":[{"tags_any":["` + tags[0].Tag.String() + `"]},{"lead_status":["customer"]}]}`, "contacts_by_tags"},
		{"a value", `{"tag_value":{"tag":"` + tags[2].Tag.String() + `","is":["abc"]}}`, "contact_tags_by_value"},
		{"part of a value", `{"tag_value":{"tag":"` + tags[2].Tag.String() + `","contains":"abcde"}}`, "contact_tags_by_trigrams"},
		{"whom a text is not of", `{"not":{"text":"abcde"}}`, "contact_search_by_trigrams"},
	} {
		parsed, err := filter.Parse([]byte(test.filter))
		if err != nil {
			t.Fatal(err)
		}
		for _, order := range readmodels.ContactOrders() {
			var plan string
			asked := readmodels.ContactFilter{Where: parsed, Clock: filter.Clock{Now: time.Now()}}
			if _, _, err := (readmodels.Contacts{DB: explainer{w.reader, &plan}}).PageIn(t.Context(), w.org.UUID, asked, order, nil, 50); err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			if (order == readmodels.ByLastSeen && !strings.Contains(plan, test.index)) || strings.Contains(plan, "Seq Scan on con") {
				t.Errorf("%s by %s wants %s:\n%s", test.name, order, test.index, plan)
			}
		}
	}
	for order, index := range map[readmodels.ContactOrder]string{
		readmodels.ByLastActive: "contacts_by_activity", readmodels.ByCreation: "contacts_by_creation", readmodels.ByName: "contacts_by_name", readmodels.ByLeadStatus: "contacts_by_lead_status",
	} {
		var plan string
		key := readmodels.ContactKey{Name: "m", LeadStatus: "warm", CreatedAt: time.Now().Add(-time.Hour)}
		if _, _, err := (readmodels.Contacts{DB: explainer{w.reader, &plan}}).PageIn(t.Context(), w.org.UUID, readmodels.ContactFilter{}, order, &key, 50); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan, index) || strings.Contains(plan, "Seq Scan on contacts") {
			t.Errorf("the order by %s wants %s:\n%s", order, index, plan)
		}
	}
}

// planned keeps how the last question wants to be planned.
type planned struct {
	pool *pgxpool.Pool
	how  *any
}

func (p planned) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	*p.how = b.QueuedQueries[0].Arguments[1]
	return p.pool.SendBatch(ctx, b)
}

// Which index serves a filter best depends on how rare its values are, which a plan that is made once cannot know. Where the
// order of the list, the catalogue or how many have a text say which way is best, planning again would cost more than the page.
func TestAFilterIsPlannedForItsValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lately := time.Now().Add(-time.Hour)
	for _, test := range []struct {
		filter readmodels.ContactFilter
		want   string
	}{
		{readmodels.ContactFilter{LeadStatus: "hot"}, "force_generic_plan"},
		{readmodels.ContactFilter{Q: "ana", LeadStatus: "hot"}, "force_generic_plan"},
		{readmodels.ContactFilter{Q: "ana", CreatedFrom: &lately}, "force_custom_plan"},
	} {
		filter, want := test.filter, test.want
		var how any
		if _, _, err := (readmodels.Contacts{DB: planned{w.reader, &how}}).Page(t.Context(), w.org.UUID, filter, nil, 10); err != nil {
			t.Fatal(err)
		}
		if how != want {
			t.Errorf("%+v is planned as %v, want %s", filter, how, want)
		}
	}
}

func TestALookupReadsNoTableInFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tags("rare", "everywhere")
	ana := w.contact("Ana", "+16505550101")
	w.project()
	w.crowd()
	var plan string
	if _, err := (readmodels.Contacts{DB: explainer{w.reader, &plan}}).Get(t.Context(), w.org.UUID, ana.UUID); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"contacts", "contact_tags", "contact_identities"} {
		if strings.Contains(plan, fmt.Sprint("Seq Scan on ", table)) {
			t.Errorf("%s is read in full:\n%s", table, plan)
		}
	}
	if !strings.Contains(plan, "contacts_pkey") {
		t.Errorf("the key is not used:\n%s", plan)
	}
}

// every lets questions be answered, and keeps what the plans add up to after each.
type every struct {
	explainer
	all []string
}

func (e *every) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	results := e.explainer.SendBatch(ctx, b)
	e.all = append(e.all, *e.plan)
	return results
}
