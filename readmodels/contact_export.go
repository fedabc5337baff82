package readmodels

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ExportedContact is a contact as a file has it.
type ExportedContact struct {
	ID         uuid.UUID
	Name       string // given by the team
	Phone      string
	Email      string
	LeadStatus string
	Labels     []string // in the order of the catalogue
	Values     []string // of the valued tags, in the order of their columns; "" is none

	number  []*string
	numbers []int32
	held    []valueRecord
}

// ExportColumns are the tags that a file has, as they are called now.
type ExportColumns struct {
	Valued []string // a column each

	labels []exportedTag
	valued []int32        // numbers of all tags that take a value, merged ones included
	column map[int32]int  // of each of them
	first  map[int32]bool // whether it stands for itself
}

type exportedTag struct {
	Number   int32
	Name     string
	Kind     string
	Survivor int32
}

// ExportColumns answers which active tags there are.
func (r Contacts) ExportColumns(ctx context.Context, org uuid.UUID) (ExportColumns, error) {
	tags, err := ask(ctx, r.DB, org, planReuse, pgx.RowToStructByPos[exportedTag], `
		select t.number, s.name, s.kind, s.number
		from tags t join tags s on s.org = t.org and s.tag = coalesce(t.merged_into, t.tag)
		where t.org = $1 and s.deleted_at is null
		order by s.sort_name, s.number, t.number <> s.number, t.number`, org)
	if err != nil {
		return ExportColumns{}, fmt.Errorf("list the tags of a file of %s: %w", org, err)
	}
	columns := ExportColumns{column: map[int32]int{}, first: map[int32]bool{}}
	survivors := map[int32]int{}
	for _, t := range tags {
		if t.Kind != "valued" {
			columns.labels = append(columns.labels, t)
			continue
		}
		at, known := survivors[t.Survivor]
		if !known {
			at = len(columns.Valued)
			survivors[t.Survivor] = at
			columns.Valued = append(columns.Valued, t.Name)
		}
		columns.column[t.Number], columns.first[t.Number] = at, t.Number == t.Survivor
		columns.valued = append(columns.valued, t.Number)
	}
	return columns, nil
}

// ExportEach answers all contacts that match, one after the other, in the order of the list. They are of one moment, and
// no more of them is in memory than one at a time.
func (r Contacts) ExportEach(ctx context.Context, org uuid.UUID, filter ContactFilter, columns ExportColumns, each func(ExportedContact) error) error {
	where, err := r.matching(ctx, org, filter)
	if err != nil {
		return err
	}
	valued := where.parameter(columns.valued)
	sql := `
		select c.contact, coalesce(c.name, ''), ` + numberOf + `, coalesce(c.email, ''), c.lead_status, c.tags,
			case when c.tags && ` + valued + `::int[] then array(
				select row(a.number, coalesce(a.value, (
					select v.name from tag_values v where v.org = a.org and v.tag = a.tag and v.number = a.value_number), ''), a.contact)
				from contact_tags a
				where a.org = c.org and a.contact = c.contact and a.ended_at is null and (a.value is not null or a.value_number is not null)) end
		from contacts c
		where ` + where.sql() + `
		order by c.seen_order, c.contact`
	err = stream(ctx, r.DB, org, planAnew, func(row pgx.CollectableRow) error {
		var c ExportedContact
		if err := row.Scan(&c.ID, &c.Name, &c.number, &c.Email, &c.LeadStatus, &c.numbers, &c.held); err != nil {
			return err
		}
		c.dress(columns)
		return each(c)
	}, sql, where.args...)
	if err != nil {
		return fmt.Errorf("export the contacts of %s: %w", org, err)
	}
	return nil
}

// dress says by the numbers of tags what they are called.
func (c *ExportedContact) dress(columns ExportColumns) {
	if len(c.number) > 0 && c.number[0] != nil {
		c.Phone = *c.number[0]
	}
	for _, label := range columns.labels {
		_, carries := slices.BinarySearch(c.numbers, label.Number)
		if carries && !slices.Contains(c.Labels, label.Name) {
			c.Labels = append(c.Labels, label.Name)
		}
	}
	c.Values = make([]string, len(columns.Valued))
	for _, held := range c.held {
		at, known := columns.column[held.number]
		if known && (c.Values[at] == "" || columns.first[held.number]) {
			c.Values[at] = held.value
		}
	}
	c.number, c.numbers, c.held = nil, nil, nil
}

// stream is ask for answers that are looked at one by one while they come.
func stream(
	ctx context.Context, db DB, org uuid.UUID, plan planning, each func(pgx.CollectableRow) error, sql string, args ...any,
) error {
	results, rows, err := begin(ctx, db, org, plan, sql, args)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := each(rows); err != nil {
			rows.Close()
			return errors.Join(err, results.Close())
		}
	}
	if err := rows.Err(); err != nil {
		return errors.Join(fmt.Errorf("read the answer: %w", err), results.Close())
	}
	return results.Close()
}
