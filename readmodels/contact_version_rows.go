package readmodels

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// personThen answers the columns of a version c with its names n, as those of person. Who left a number is shown the newest
// that it still held; which that is tells only who opens them.
const personThen = `
	c.contact,
	coalesce(n.name, ''),
	coalesce(n.profile_name, ''),
	'', '', '',
	array[n.phone, n.wa_id, n.country],
	coalesce(n.email, ''),
	c.lead_status,
	c.lead_status_since,
	c.owner,
	c.origin,
	c.source,
	c.created_at,
	c.created_by_kind,
	c.created_by,
	c.first_seen_at,
	c.last_seen_at,
	c.last_active_at,
	c.channels,
	c.archived,
	c.legal_hold,
	c.merged_into,
	c.erased,
	c.revision,
	case when c.numbers_left > 0 then array(
		select row(i.linked, coalesce(i.value, ''), coalesce(i.wa_id, ''), coalesce(i.country, '')) from identity_versions i
		where i.org = c.org and i.contact = c.contact and i.kind = 'number' and i.from_position <= $2 and i.to_position > $2
		order by i.revision) end`

const namesThen = `
	join lateral (
		select * from contact_name_versions n where n.org = c.org and n.contact = c.contact and n.from_position <= $2
		order by n.from_position desc limit 1) n on true`

// tagThen finds the version of then of a tag whose key is named, that of the tag which it was of then, and that of the one
// which it is of now.
func tagThen(tag string) string {
	then := func(as, key string) string {
		return fmt.Sprintf(`
		join lateral (select * from tag_versions t where t.org = $1 and t.tag = %s and t.from_position <= $2 order by t.from_position desc limit 1) %s on true`, key, as)
	}
	now := func(as, key string) string {
		return fmt.Sprintf(`
		join lateral (select * from tag_versions t where t.org = $1 and t.tag = %s order by t.from_position desc limit 1) %s on true`, key, as)
	}
	return then("own", tag) + then("t", "coalesce(own.merged_into, own.tag)") + now("latest", tag) + now("today", "coalesce(latest.merged_into, latest.tag)")
}

// valueThen is the value of an assignment a: a name of the list, or what is sealed.
const valueThen = `
	case when a.value_number is null then a.value else (
		select v.name from tag_values v where v.org = a.org and v.tag = a.tag and v.number = a.value_number) end`

// selectVersion dresses the version of one contact that stood.
var selectVersion = `
	select ` + personThen + `, array(
		select row(a.assignment, t.tag, t.name, t.color, a.number, coalesce(` + valueThen + `, ''), a.source, a.assigned_at,
			a.assigned_by_kind, a.assigned_by, coalesce(k.name, ''), coalesce(a.ended_at, t.deleted_at),
			coalesce(a.ended_reason, case when t.deleted_at is not null then 'tag_deleted' end, ''), t.number, own.merged_at,
			today.name, today.color, today.deleted_at is not null)
		from assignment_versions a ` + tagThen("a.tag") + `
		left join actors k on k.org = a.org and k.actor = a.assigned_by
		where a.org = c.org and a.contact = c.contact and a.from_position <= $2 and a.to_position > $2)
	from (
		select * from contact_versions c where c.org = $1 and c.contact = $3 and c.from_position <= $2
		order by c.from_position desc limit 1) c ` + namesThen + `
	where c.to_position > $2`

// selectVersions answers the statement for the first versions that match, dressed as a list shows them.
func selectVersions(where *conditions, limit int) string {
	return `
		with page as materialized (
			select c.* from contact_versions c
			where ` + where.sql() + `
			order by c.seen_order, c.contact
			limit ` + strconv.Itoa(limit) + `)
		select ` + personThen + `,
			c.tags,
			case when c.tags && array(select t.number from tag_versions t where t.org = $1 and t.kind = 'valued' and t.from_position <= $2) then array(
				select row(a.number, ` + valueThen + `) from assignment_versions a
				where a.org = c.org and a.contact = c.contact and a.from_position <= $2 and a.to_position > $2
					and a.ended_at is null and (a.value is not null or a.value_number is not null)) end,
			case when row_number() over () = 1 then array(
				select row(own.number, t.tag, t.name, t.color, t.deleted_at, today.name, today.color, today.deleted_at is not null)
				from (select distinct v.tag from tag_versions v where v.org = $1 and v.number = any (array(select unnest(p.tags) from page p))) carried
				` + tagThen("carried.tag") + `
				order by t.sort_name, t.number, own.number <> t.number, own.number) end
		from page c ` + namesThen + `
		order by c.seen_order, c.contact`
}

// version is what a row says of a contact of then, with what is sealed as it is.
type version struct {
	Contact
	numbers     []numberRecord // all that it was linked with and left, where it left one
	assignments []assignmentThen
}

func scanVersion(row pgx.CollectableRow) (v version, err error) {
	err = row.Scan(append(v.columns(), &v.numbers, &v.assignments)...)
	return v, err
}

// columns answers where the columns of personThen go, but for the numbers.
func (v *version) columns() []any { return v.Person.columns() }

func (v *version) open(ctx context.Context, opener Opener, org uuid.UUID) (Contact, error) {
	u := &unsealing{}
	u.person(&v.Person, v.numbers)
	for i := range v.assignments {
		u.add(&v.assignments[i].Value, nil)
		u.add(&v.assignments[i].AssignedBy.Name, nil)
	}
	if err := u.open(ctx, opener, org); err != nil {
		return Contact{}, err
	}
	v.Person.completeThen(v.numbers)
	all := make(assignments, len(v.assignments))
	for i, a := range v.assignments {
		all[i] = a.assignmentRecord
	}
	v.ActiveTags, v.HistoricalTags = all.split()
	return v.Contact, nil
}

// listedVersion is a row of a list of then.
type listedVersion struct {
	ListedContact
	numbers []numberRecord
	tags    []tagThenRecord // on the first row, of all
}

func scanListedVersion(row pgx.CollectableRow) (v listedVersion, err error) {
	err = row.Scan(append(v.Person.columns(), &v.numbers, &v.carried.numbers, &v.carried.values, &v.tags)...)
	return v, err
}

func openListed(ctx context.Context, opener Opener, org uuid.UUID, found []listedVersion) ([]ListedContact, error) {
	u := &unsealing{}
	for i := range found {
		u.person(&found[i].Person, found[i].numbers)
		for j := range found[i].carried.values {
			u.add(&found[i].carried.values[j].value, nil)
		}
	}
	if err := u.open(ctx, opener, org); err != nil {
		return nil, err
	}
	listed := make([]ListedContact, len(found))
	var tags []tagRecord
	for i := range found {
		for _, t := range found[i].tags {
			tags = append(tags, t.tagRecord)
		}
		found[i].Person.completeThen(found[i].numbers)
		listed[i] = found[i].ListedContact
	}
	dress(listed, newCatalogue(tags))
	return listed, nil
}

// completeThen says what follows from the columns once they are open.
func (p *Person) completeThen(numbers []numberRecord) {
	if numbers != nil {
		p.number = newestHeld(numbers)
	}
	if p.Erased {
		p.number = nil // the country of somebody who is forgotten is nobody's
	}
	p.complete()
}

// newestHeld answers phone, wa_id and country of the newest number that was linked and not left again.
func newestHeld(numbers []numberRecord) []*string {
	for i := len(numbers) - 1; i >= 0; i-- {
		n := &numbers[i]
		later := false
		for _, other := range numbers[i+1:] {
			later = later || other.value == n.value
		}
		if n.linked && !later {
			return []*string{&n.value, &n.waID, &n.country}
		}
	}
	return nil
}

// numberRecord is one link of a number, or its end.
type numberRecord struct {
	linked               bool
	value, waID, country string
}

// ScanNull implements pgtype.CompositeIndexScanner.
func (*numberRecord) ScanNull() error { return errors.New("an identity is NULL") }

// ScanIndex implements pgtype.CompositeIndexScanner.
func (r *numberRecord) ScanIndex(i int) any {
	return []any{&r.linked, &r.value, &r.waID, &r.country}[i]
}

// assignmentThen is an assignment whose tag is called as it was called then.
type assignmentThen struct{ assignmentRecord }

// ScanIndex implements pgtype.CompositeIndexScanner.
func (r *assignmentThen) ScanIndex(i int) any {
	const columns = 15 // of an assignment of now
	if i < columns {
		return r.assignmentRecord.ScanIndex(i)
	}
	return r.Tag.today(i - columns)
}

// tagThenRecord is a tag as it was called then.
type tagThenRecord struct{ tagRecord }

// ScanIndex implements pgtype.CompositeIndexScanner.
func (r *tagThenRecord) ScanIndex(i int) any {
	const columns = 5 // of a tag of now
	if i < columns {
		return r.tagRecord.ScanIndex(i)
	}
	return r.Tag.today(i - columns)
}

// today answers where what a tag is called today goes.
func (t *AssignedTag) today(i int) any {
	if t.Today == nil {
		t.Today = &TagToday{}
	}
	return []any{&t.Today.Name, &t.Today.Color, &t.Today.Deleted}[i]
}
