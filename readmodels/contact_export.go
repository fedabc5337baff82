package readmodels

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// ExportedContact is a contact as a file has it. Its slices are written over by the next one.
type ExportedContact struct {
	ID         uuid.UUID // said only where there is no phone
	Name       string    // given by the team
	Phone      string
	Email      string
	LeadStatus string
	Labels     []string  // in the order of the catalogue
	Values     []string  // of the valued tags, in the order of their columns; "" is none
	Fields     []*string // what is held in the custom fields, in the order of their columns and in the form of the log; nil is nothing

	id      *uuid.UUID
	number  *string
	carried carried
	places  []int
}

// ExportColumns are the tags that a file has, as they are called now, and the custom fields that whoever asks wants in it.
type ExportColumns struct {
	Valued []string    // a column each
	Fields []uuid.UUID // a column each

	labels []string              // in their order; a tag that was merged is called as the one that stands for it
	label  map[int32]int         // places of labels by the numbers of tags
	valued map[int32]valueColumn // by the numbers of tags, merged ones included
	fixed  map[fixed]string
}

type valueColumn struct {
	at    int
	first bool // whether the tag stands for itself
}

// ExportColumns answers which active tags there are.
func (r Contacts) ExportColumns(ctx context.Context, org uuid.UUID) (ExportColumns, error) {
	columns := ExportColumns{label: map[int32]int{}, valued: map[int32]valueColumn{}, fixed: map[fixed]string{}}
	survivors := map[int32]int{}
	_, err := ask(ctx, r.DB, org, planReuse, func(row pgx.CollectableRow) (none struct{}, err error) {
		var number, survivor int32
		var name, kind string
		var values []TagValue
		err = row.Scan(&number, &survivor, &name, &kind, &encoded[[]TagValue]{&values})
		if kind != "valued" {
			if number == survivor {
				columns.labels = append(columns.labels, name)
			}
			columns.label[number] = len(columns.labels) - 1
			return none, err
		}
		at, known := survivors[survivor]
		if !known {
			at = len(columns.Valued)
			survivors[survivor] = at
			columns.Valued = append(columns.Valued, name)
		}
		columns.valued[number] = valueColumn{at, number == survivor}
		for _, v := range values {
			columns.fixed[fixed{number, v.Number}] = v.Name
		}
		return none, err
	}, `
		select t.number, s.number, s.name, s.kind,
			(select json_agg(json_build_object('number', v.number, 'name', v.name)) from tag_values v where v.org = t.org and v.tag = t.tag)
		from tags t join tags s on s.org = t.org and s.tag = coalesce(t.merged_into, t.tag)
		where t.org = $1 and s.deleted_at is null
		order by s.sort_name, s.number, t.number <> s.number, t.number`, org)
	if err != nil {
		return ExportColumns{}, fmt.Errorf("list the tags of a file of %s: %w", org, err)
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
	valued := where.parameter(slices.Collect(maps.Keys(columns.valued)))
	sql := `
		select case when c.phone is null or c.numbers_left > 0 then c.contact end, coalesce(c.name, ''),
			case when c.numbers_left = 0 then c.phone else (
				select i.value from held_identities i
				where i.org = c.org and i.contact = c.contact and i.kind = 'number'
				order by i.revision desc limit 1) end,
			coalesce(c.email, ''), c.lead_status, c.tags,
			case when c.tags && ` + valued + `::int[] then ` + valuesCarried + ` end, ` + where.fieldsHeld(columns.Fields) + `
		from contacts c
		where ` + where.sql() + `
		order by c.seen_order, c.contact`
	var c ExportedContact
	err = stream(ctx, r.DB, org, planAnew, func(row pgx.CollectableRow) error {
		if err := row.Scan(&c.id, &c.Name, &c.number, &c.Email, &c.LeadStatus, (*reusedNumbers)(&c.carried.numbers), &c.carried.values, &c.Fields); err != nil {
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

// fieldsHeld answers what a contact holds in each of the fields.
func (c *conditions) fieldsHeld(fields []uuid.UUID) string {
	if len(fields) == 0 {
		return "null::text[]"
	}
	return `array(
				select f.value from unnest(` + c.parameter(fields) + `::uuid[]) with ordinality a (field, nth)
				left join contact_fields f on f.org = c.org and f.contact = c.contact and f.field = a.field
				order by a.nth)`
}

// reusedNumbers are numbers that are read into the place of those before them.
type reusedNumbers []int32

// SetDimensions implements pgtype.ArraySetter.
func (n *reusedNumbers) SetDimensions(dimensions []pgtype.ArrayDimension) error {
	*n = (*n)[:0]
	for _, d := range dimensions {
		*n = slices.Grow(*n, int(d.Length))[:d.Length]
	}
	return nil
}

// ScanIndex implements pgtype.ArraySetter.
func (n *reusedNumbers) ScanIndex(i int) any { return &(*n)[i] }

// ScanIndexType implements pgtype.ArraySetter.
func (*reusedNumbers) ScanIndexType() any { return (*int32)(nil) }

// dress says by the numbers of tags what they are called.
func (c *ExportedContact) dress(columns ExportColumns) {
	c.ID, c.Phone = uuid.Nil, ""
	if c.number != nil {
		c.Phone = *c.number
	} else if c.id != nil {
		c.ID = *c.id
	}
	c.places, c.Labels, c.Values = c.places[:0], c.Labels[:0], c.Values[:0]
	for _, number := range c.carried.numbers {
		if place, known := columns.label[number]; known {
			c.places = append(c.places, place)
		}
	}
	slices.Sort(c.places)
	for _, place := range slices.Compact(c.places) {
		c.Labels = append(c.Labels, columns.labels[place])
	}
	for range columns.Valued {
		c.Values = append(c.Values, "")
	}
	for _, v := range c.carried.values {
		column, known := columns.valued[v.number]
		if known && (c.Values[column.at] == "" || column.first) {
			c.Values[column.at] = v.called(columns.fixed)
		}
	}
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
