package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

// standingVersions are the versions that stand of the rows that a batch touches, by table.
type standingVersions map[*projections.TableChanges][]projections.Version

type batcher interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// readStanding reads, in one round trip, the versions that stand of all rows that the changes touch in tables with
// History. Nobody else writes them: whoever does so nevertheless has moved the checkpoint, and what is made of this
// reading is never committed.
func readStanding(ctx context.Context, db batcher, texts statementTexts, schema string, changes *projections.Changes) (standingVersions, error) {
	batch, found := &pgx.Batch{}, standingVersions{}
	for _, tc := range changes.Tables() {
		if !tc.Table.KeepsHistory() {
			continue
		}
		for _, st := range texts.standing(schema, tc) {
			batch.Queue(st.sql, st.args...).Query(func(rows pgx.Rows) error {
				versions, err := scanVersions(rows, tc.Table)
				found[tc] = append(found[tc], versions...)
				return err
			})
		}
	}
	if batch.Len() == 0 {
		return found, nil
	}
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return nil, explainSQL(err, "read what stands in "+schema)
	}
	return found, nil
}

// standing answers what reads the versions that stand: of rows by their keys, and of those whose keys begin as said.
func (texts statementTexts) standing(schema string, tc *projections.TableChanges) []statement {
	t := tc.Table
	table := quoted(schema) + "." + quoted(t.Name())
	keys, prefixes := tc.Touched()
	var all []statement
	switch {
	case len(keys) <= few:
		for _, key := range keys {
			all = append(all, statement{args: singles(nil, key), sql: texts.text("standing one "+table, func() string {
				return fmt.Sprintf("select %s from (select * from %s t where %s order by t.from_position desc limit 1) v where v.to_position = %d",
					readable(t), table, whereKey(t), projections.OpenEnd)
			})})
		}
	default:
		args := newArguments(t, t.Key(), len(keys))
		for _, key := range keys {
			for i, value := range key {
				args.add(i, value)
			}
		}
		all = append(all, statement{args: args.values(), sql: texts.text("standing "+table, func() string {
			return fmt.Sprintf(`select %s from unnest(%s) as k (%s) cross join lateral (
				select * from %s v where %s order by v.from_position desc limit 1) v where v.to_position = %d`,
				readable(t), args.placeholders(1), strings.Join(keyNames(t, ""), ", "), table, onKey(t, len(t.Key()), "v", "k"), projections.OpenEnd)
		})})
	}
	for _, prefix := range prefixes {
		var where []string
		var values []any
		for i, value := range prefix {
			c := t.Columns()[t.Key()[i]]
			values = append(values, argument(value))
			where = append(where, "v."+quoted(c.Name)+" = $"+strconv.Itoa(i+1)+"::"+travelsAs(c)+cast(c))
		}
		all = append(all, statement{args: values, sql: fmt.Sprintf(`select %s from %s v where %s and v.to_position = %d`,
			readable(t), table, strings.Join(where, " and "), projections.OpenEnd)})
	}
	return all
}

// versions answers what writes the versions that the changes come to. No index knows where a version ended, so that one
// that ends can be rewritten in its place.
func (texts statementTexts) versions(schema string, tc *projections.TableChanges, standing []projections.Version, loads *loading) []statement {
	t := tc.Table
	table := quoted(schema) + "." + quoted(t.Name())
	ended, begun := tc.Versions(standing)
	var all []statement
	switch {
	case len(ended) <= few:
		for _, v := range ended {
			all = append(all, texts.endOne(table, t, v))
		}
	default:
		args := newArguments(t, t.PrimaryKey(), len(ended))
		until := make([]int64, len(ended))
		for i, v := range ended {
			for j, place := range t.PrimaryKey() {
				args.add(j, v.Values[place])
			}
			until[i] = int64(v.To) //nolint:gosec // positions stay far below the half of 64 bits
		}
		text := texts.text("end "+table, func() string {
			names := primaryNames(t)
			return fmt.Sprintf("update %s as t set to_position = v.until from unnest($1::bigint[], %s) as v (until, %s) where %s",
				table, args.placeholders(2), strings.Join(names, ", "), onKey(t, len(names), "t", "v"))
		})
		all = append(all, statement{sql: text, args: append([]any{until}, args.values()...)})
	}
	switch {
	case len(begun) <= few:
		for _, v := range begun {
			all = append(all, texts.insertOne("begin one ", table, t, v.Values, nothingElse))
		}
	default:
		rows := make([][]any, len(begun))
		for i, v := range begun {
			rows[i] = v.Values
		}
		if !loads.take(t, rows) {
			all = append(all, texts.insertValues("begin "+table, table, t, rows, nothingElse))
		}
	}
	return all
}

// endOne ends one version.
func (texts statementTexts) endOne(table string, t *projections.Table, v projections.Version) statement {
	args := make([]any, 0, len(t.PrimaryKey())+1)
	for _, place := range t.PrimaryKey() {
		args = append(args, argument(v.Values[place]))
	}
	return statement{args: append(args, int64(v.To)), sql: texts.text("end one "+table, func() string { //nolint:gosec // positions stay far below the half of 64 bits
		return fmt.Sprintf("update %s as t set to_position = $%d::bigint where %s", table, len(t.PrimaryKey())+1, whereParameters(t, t.PrimaryKey()))
	})}
}

func onKey(t *projections.Table, columns int, left, right string) string {
	var on []string
	for _, place := range t.PrimaryKey()[:columns] {
		name := quoted(t.Columns()[place].Name)
		on = append(on, left+"."+name+" = "+right+"."+name)
	}
	return strings.Join(on, " and ")
}

func primaryNames(t *projections.Table) []string {
	var names []string
	for _, place := range t.PrimaryKey() {
		names = append(names, quoted(t.Columns()[place].Name))
	}
	return names
}

// readable names the columns of a version v, as scanVersions reads them.
func readable(t *projections.Table) string {
	var columns []string
	for _, place := range writable(t) {
		c := t.Columns()[place]
		column := "v." + quoted(c.Name)
		switch c.Kind {
		case projections.Int:
			column += "::bigint"
		case projections.IntSet:
			column += "::bigint[]"
		default:
		}
		columns = append(columns, column)
	}
	return strings.Join(columns, ", ")
}

func scanVersions(rows pgx.Rows, t *projections.Table) ([]projections.Version, error) {
	places := writable(t)
	fields, targets := make([]field, len(places)), make([]any, len(places))
	for i, place := range places {
		fields[i] = newField(t.Columns()[place].Kind)
		targets[i] = fields[i].target()
	}
	var versions []projections.Version
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		values := make([]any, len(t.Columns()))
		for i, place := range places {
			values[place] = fields[i].value()
		}
		from := values[len(values)-2].(int64)
		versions = append(versions, projections.Version{Values: values, From: event.Position(from), To: projections.OpenEnd}) //nolint:gosec // never negative
	}
	return versions, rows.Err()
}

// field reads a column into the form that its values have in changes.
type field interface {
	target() any
	value() any
}

func newField(kind projections.Kind) field {
	switch kind {
	case projections.UUID:
		return &nullable[uuid.UUID]{}
	case projections.Int:
		return &nullable[int64]{}
	case projections.Bool:
		return &nullable[bool]{}
	case projections.Time:
		return &nullable[time.Time]{}
	case projections.Float:
		return &nullable[float64]{}
	case projections.IntSet:
		return &nullable[[]int64]{}
	case projections.UUIDSet:
		return &nullable[[]uuid.UUID]{}
	case projections.TextList:
		return &nullable[[]string]{}
	default:
		return &nullable[string]{}
	}
}

type nullable[T any] struct{ of *T }

func (n *nullable[T]) target() any { return &n.of }

func (n *nullable[T]) value() any {
	if n.of == nil {
		return nil
	}
	return *n.of
}
