package readmodels

import (
	"context"
	"errors"
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
// A row carries the numbers of its tags, and those that have values bring these along. What tags are called is the same
// on every page: a row only says by which revision of the catalogue it was read.
func selectPage(found string, order ContactOrder) string {
	return `
		select ` + person + `,
			c.tags,
			case when c.tags && array(select t.number from tags t where t.org = $1 and t.kind = 'valued') then ` + valuesCarried + ` end,
			(select coalesce(max(t.revision), -1) from tags t where t.org = $1)
		from (` + found + `) c
		order by ` + order.by()
}

// valuesCarried answers the values of the tags that a contact c carries.
const valuesCarried = `array(
	select row(a.number, coalesce(a.value, ''), coalesce(a.value_number, 0)) from contact_tags a
	where a.org = c.org and a.contact = c.contact and a.ended_at is null and (a.value is not null or a.value_number is not null))`

// askPage answers the contacts of a statement that selectPage made.
func askPage(ctx context.Context, db DB, catalogues *Catalogues, org uuid.UUID, plan planning, sql string, args ...any) ([]ListedContact, error) {
	var revision int64 // the same on each row
	listed, err := ask(ctx, db, org, plan, func(row pgx.CollectableRow) (c ListedContact, err error) {
		err = row.Scan(append(c.Person.columns(), &c.carried.numbers, &c.carried.values, &revision)...)
		c.Person.complete()
		return c, err
	}, sql, args...)
	if err != nil || len(listed) == 0 {
		return nil, err
	}
	tags, err := catalogues.at(ctx, db, org, revision)
	if err != nil {
		return nil, err
	}
	dress(listed, tags)
	return listed, nil
}

// carried is what a row says of the tags of a contact.
type carried struct {
	numbers []int32
	values  []valueRecord
}

type valueRecord struct {
	number int32
	value  string // that was typed
	fixed  int32  // of the tag's list; 0 is none
}

// ScanNull implements pgtype.CompositeIndexScanner.
func (*valueRecord) ScanNull() error { return errors.New("the value of a tag is NULL") }

// ScanIndex implements pgtype.CompositeIndexScanner.
func (r *valueRecord) ScanIndex(i int) any { return []any{&r.number, &r.value, &r.fixed}[i] }

// called answers what the value is called, by the names of those of lists.
func (r *valueRecord) called(names map[fixed]string) string {
	if r.fixed != 0 {
		return names[fixed{r.number, r.fixed}]
	}
	return r.value
}

// dress turns the numbers that contacts carry into chips.
func dress(contacts []ListedContact, tags *catalogue) {
	for i := range contacts {
		c := &contacts[i]
		c.ActiveTags, c.DeletedTags = tags.chips(c.carried)
		c.carried = carried{}
	}
}
