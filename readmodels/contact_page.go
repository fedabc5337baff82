package readmodels

import (
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Chip is a tag as a list shows it on a contact, called as it is called now.
type Chip struct {
	Tag       AssignedTag
	Value     string     // of a valued tag
	DeletedAt *time.Time // of the tag; nil while it is active
}

// selectPage answers the statement that dresses the rows of a page as a list shows them.
//
// A row carries the numbers of its tags, so the catalogue is asked once for all
// that a page shows, and so are those assignments that have values; what they
// answer stands on the first row. It is one statement, so that contacts and tags
// are of one moment.
func selectPage(found string, order ContactOrder) string {
	return `
		with page as materialized (` + found + `),
			worn as materialized (
				select t.number, s.number as survivor, s.tag, s.name, s.sort_name, s.color, s.kind, s.deleted_at
				from tags t join tags s on s.org = t.org and s.tag = coalesce(t.merged_into, t.tag)
				where t.org = $1 and t.number = any (array(select unnest(p.tags) from page p)))
		select ` + person + `,
			c.tags,
			case when row_number() over () = 1 then array(
				select row(w.number, w.tag, w.name, w.color, w.deleted_at) from worn w
				order by w.sort_name, w.survivor, w.number <> w.survivor, w.number) end,
			case when row_number() over () = 1 then array(
				select row(a.number, coalesce(a.value, (
					select v.name from tag_values v where v.org = a.org and v.tag = a.tag and v.number = a.value_number), ''), a.contact)
				from contact_tags a
				where a.org = $1 and a.ended_at is null and (a.value is not null or a.value_number is not null)
					and a.contact = any (array(
						select p.contact from page p where p.tags && array(select w.number from worn w where w.kind = 'valued')))) end
		from page c
		order by ` + order.by("c")
}

func scanListed(row pgx.CollectableRow) (c ListedContact, err error) {
	err = row.Scan(append(c.Person.columns(), &c.carried.numbers, &c.carried.catalogue, &c.carried.values)...)
	c.Person.complete()
	return c, err
}

// carried is what a row of a page says of its tags, and the first row of all tags of the page.
type carried struct {
	numbers   []int32
	catalogue []tagRecord // in its order; of those that are one tag by now the one that counts first
	values    []valueRecord
}

type tagRecord struct{ Chip }

// ScanNull implements pgtype.CompositeIndexScanner.
func (*tagRecord) ScanNull() error { return errors.New("a tag is NULL") }

// ScanIndex implements pgtype.CompositeIndexScanner.
func (r *tagRecord) ScanIndex(i int) any {
	return []any{&r.Tag.Number, &r.Tag.ID, &r.Tag.Name, &r.Tag.Color, &r.DeletedAt}[i]
}

type valueRecord struct {
	number  int32
	value   string
	contact uuid.UUID // that carries it; zero is that of the row
}

// ScanNull implements pgtype.CompositeIndexScanner.
func (*valueRecord) ScanNull() error { return errors.New("the value of a tag is NULL") }

// ScanIndex implements pgtype.CompositeIndexScanner.
func (r *valueRecord) ScanIndex(i int) any { return []any{&r.number, &r.value, &r.contact}[i] }

// dress turns the numbers that the contacts of a page carry into chips, in the order of the catalogue.
func dress(contacts []ListedContact) {
	type worn struct {
		contact uuid.UUID
		number  int32
	}
	var catalogue []tagRecord
	values := map[worn]string{}
	for i := range contacts {
		c := &contacts[i]
		if c.carried.catalogue != nil {
			catalogue = c.carried.catalogue
		}
		for _, v := range c.carried.values {
			if v.contact == uuid.Nil {
				v.contact = c.ID
			}
			values[worn{v.contact, v.number}] = v.value
		}
	}
	for i := range contacts {
		c := &contacts[i]
		var last uuid.UUID
		for _, t := range catalogue {
			if _, carries := slices.BinarySearch(c.carried.numbers, t.Tag.Number); !carries || t.Tag.ID == last {
				continue
			}
			last = t.Tag.ID
			chip := t.Chip
			chip.Value = values[worn{c.ID, t.Tag.Number}]
			if chip.DeletedAt == nil {
				c.ActiveTags = append(c.ActiveTags, chip)
			} else {
				c.DeletedTags = append(c.DeletedTags, chip)
			}
		}
		c.carried = carried{}
	}
}
