package readmodels

import (
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Chip is a tag as a list shows it on a contact, called as it is called now.
type Chip struct {
	Tag       AssignedTag
	Value     string     // of a valued tag
	DeletedAt *time.Time // of the tag; nil while it is active
}

// selectPage answers the statement for the first rows that match, dressed as a list shows them.
//
// A row carries the numbers of its tags, so a page asks the catalogue once for
// all that it shows, and puts what it answers on the first row. Only who carries
// a tag with values is looked up among the assignments, which hold them. It is
// one statement, so that contacts and tags are of one moment.
func selectPage(where *conditions, limit int) string {
	return `
		with page as materialized (
			select c.* from contacts c
			where ` + where.sql() + `
			order by c.seen_order, c.contact
			limit ` + where.parameter(limit) + `)
		select ` + person + `,
			c.tags,
			case when c.tags && array(select t.number from tags t where t.org = $1 and t.kind = 'valued') then array(
				select row(a.number, a.value) from assignments a
				where a.org = c.org and a.contact = c.contact and a.removed_at is null and a.value is not null) end,
			case when row_number() over () = 1 then array(
				select row(t.number, t.tag, t.name, t.color, t.deleted_at) from tags t
				where t.org = $1 and t.number = any (array(select unnest(p.tags) from page p))
				order by t.sort_name, t.number) end
		from page c
		order by c.seen_order, c.contact`
}

func scanListed(row pgx.CollectableRow) (c ListedContact, err error) {
	err = row.Scan(append(c.Person.columns(), &c.carried.numbers, &c.carried.values, &c.carried.catalogue)...)
	c.Person.complete()
	return c, err
}

// carried is what a row of a page says of its tags.
type carried struct {
	numbers   []int32
	values    []valueRecord
	catalogue []tagRecord // of the whole page, in the order of the catalogue; on one row only
}

type valueRecord struct {
	number int32
	value  string
}

// ScanNull implements pgtype.CompositeIndexScanner.
func (*valueRecord) ScanNull() error { return errors.New("the value of a tag is NULL") }

// ScanIndex implements pgtype.CompositeIndexScanner.
func (r *valueRecord) ScanIndex(i int) any { return []any{&r.number, &r.value}[i] }

type tagRecord struct{ Chip }

// ScanNull implements pgtype.CompositeIndexScanner.
func (*tagRecord) ScanNull() error { return errors.New("a tag is NULL") }

// ScanIndex implements pgtype.CompositeIndexScanner.
func (r *tagRecord) ScanIndex(i int) any {
	return []any{&r.Tag.Number, &r.Tag.ID, &r.Tag.Name, &r.Tag.Color, &r.DeletedAt}[i]
}

// dress turns the numbers that contacts carry into chips, in the order of the catalogue.
func dress(contacts []ListedContact) {
	var catalogue []tagRecord
	for i := range contacts {
		if c := contacts[i].carried.catalogue; c != nil {
			catalogue = c
		}
	}
	places := make(map[int32]int, len(catalogue))
	for place, t := range catalogue {
		places[t.Tag.Number] = place
	}
	for i := range contacts {
		contacts[i].dress(catalogue, places)
	}
}

func (c *ListedContact) dress(catalogue []tagRecord, places map[int32]int) {
	worn := make([]int, 0, len(c.carried.numbers))
	for _, number := range c.carried.numbers {
		if place, known := places[number]; known {
			worn = append(worn, place)
		}
	}
	slices.Sort(worn)
	for _, place := range worn {
		chip := catalogue[place].Chip
		for _, v := range c.carried.values {
			if v.number == chip.Tag.Number {
				chip.Value = v.value
			}
		}
		if chip.DeletedAt == nil {
			c.ActiveTags = append(c.ActiveTags, chip)
		} else {
			c.DeletedTags = append(c.DeletedTags, chip)
		}
	}
	c.carried = carried{}
}
