package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"tagtrail/projections/runner"
)

// namedRows bounds the differing rows that a comparison names.
const namedRows = 100

// Compare sets the live generation and the one beside it against each other, in one snapshot in which both are at the
// same position: first a hash of each table, then, where the hashes differ, row by row.
func (s *Site) Compare(ctx context.Context, beside string) (*runner.Comparison, error) {
	c := &runner.Comparison{}
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, s.conn, options, func(tx pgx.Tx) error {
		comparing := comparing{tx: tx, live: Schema(s.group), beside: beside, found: c}
		return comparing.all(ctx)
	})
	return c, explainUnlessNamed(err, "compare "+Schema(s.group)+" with "+beside)
}

// comparing is one comparison on its way.
type comparing struct {
	tx           pgx.Tx
	live, beside string
	found        *runner.Comparison
}

func (c comparing) all(ctx context.Context) error {
	live, err := standingOf(ctx, c.tx, c.live)
	if err != nil {
		return err
	}
	beside, err := standingOf(ctx, c.tx, c.beside)
	if err != nil {
		return err
	}
	if live.Position != beside.Position || live.Feeds != c.beside {
		return fmt.Errorf("%s is at %d and %s at %d: %w", c.live, live.Position, c.beside, beside.Position, runner.ErrNotFed)
	}
	c.found.Position = live.Position
	tables, err := tablesIn(ctx, c.tx, c.live)
	if err != nil {
		return err
	}
	others, err := tablesIn(ctx, c.tx, c.beside)
	if err != nil {
		return err
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(tables, others)))) {
		if !slices.Contains(tables, name) || !slices.Contains(others, name) {
			how := runner.Missing
			if !slices.Contains(tables, name) {
				how = runner.Extra
			}
			c.found.Differing++
			c.found.Differences = append(c.found.Differences, runner.Difference{Table: name, How: how})
			continue
		}
		if err := c.table(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (c comparing) table(ctx context.Context, name string) error {
	columns, key, err := c.columns(ctx, name)
	if err != nil {
		return err
	}
	rows, hash, err := c.hash(ctx, c.live, name, columns, key)
	if err != nil {
		return err
	}
	_, other, err := c.hash(ctx, c.beside, name, columns, key)
	if err != nil {
		return err
	}
	c.found.Tables = append(c.found.Tables, runner.ComparedTable{Table: name, Rows: rows, Hash: hash, Beside: other})
	if hash == other {
		return nil
	}
	return c.rows(ctx, name, columns, key)
}

// columns answers the columns of a table, and those of its primary key in its order.
func (c comparing) columns(ctx context.Context, name string) (columns, key []string, err error) {
	err = c.tx.QueryRow(ctx, `
		select (select array_agg(a.attname::text order by a.attnum) from pg_attribute a where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped),
			(select array_agg(a.attname::text order by k.place) from pg_index i
				cross join unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
				join pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum
				where i.indrelid = t.oid and i.indisprimary)
		from pg_class t join pg_namespace n on n.oid = t.relnamespace where n.nspname = $1 and t.relname = $2`,
		c.live, name).Scan(&columns, &key)
	return columns, key, err
}

// hash reads a whole table in the order of its key, each row as PostgreSQL writes it.
func (c comparing) hash(ctx context.Context, schema, name string, columns, key []string) (int64, string, error) {
	sum := sha256.New()
	sql := fmt.Sprintf("copy (select %s from %s.%s order by %s) to stdout",
		quotedList(columns), quoted(schema), quoted(name), quotedList(key))
	tag, err := c.tx.Conn().PgConn().CopyTo(ctx, sum, sql)
	if err != nil {
		return 0, "", err
	}
	return tag.RowsAffected(), hex.EncodeToString(sum.Sum(nil)), nil
}

// rows names the rows that differ. What is in them is compared by the server and leaves it never.
func (c comparing) rows(ctx context.Context, name string, columns, key []string) error {
	var same, differ, keys []string
	for _, k := range key {
		same = append(same, fmt.Sprintf(`"$l".%s = "$b".%[1]s`, quoted(k)))
		keys = append(keys, fmt.Sprintf(`coalesce("$l".%s, "$b".%[1]s)::text`, quoted(k)))
	}
	for _, column := range columns {
		differ = append(differ, fmt.Sprintf(`case when "$l".%s::text is distinct from "$b".%[1]s::text then '%[2]s' end`, quoted(column), column))
	}
	sql := fmt.Sprintf(`
		select array[%[1]s], "$l".%[2]s is null, "$b".%[2]s is null, array_remove(array[%[3]s], null), count(*) over ()
		from %[4]s.%[6]s as "$l" full join %[5]s.%[6]s as "$b" on %[7]s
		where "$l".%[2]s is null or "$b".%[2]s is null or "$l"::text is distinct from "$b"::text
		order by 1 limit %[8]d`,
		strings.Join(keys, ", "), quoted(key[0]), strings.Join(differ, ", "), quoted(c.live), quoted(c.beside), quoted(name),
		strings.Join(same, " and "), namedRows)
	found, err := c.tx.Query(ctx, sql)
	if err != nil {
		return err
	}
	var all int64
	differences, err := pgx.CollectRows(found, func(row pgx.CollectableRow) (runner.Difference, error) {
		d := runner.Difference{Table: name, How: runner.Changed, Key: map[string]string{}}
		var values []string
		var extra, missing bool
		if err := row.Scan(&values, &extra, &missing, &d.Columns, &all); err != nil {
			return d, err
		}
		for i, value := range values {
			d.Key[key[i]] = value
		}
		if extra || missing {
			d.How, d.Columns = runner.Missing, nil
		}
		if extra {
			d.How = runner.Extra
		}
		return d, nil
	})
	if err != nil {
		return err
	}
	c.found.Differing += max(all, 1) // hashes that differ are a difference, whatever the server makes of the rows
	room := max(namedRows-len(c.found.Differences), 0)
	c.found.Differences = append(c.found.Differences, differences[:min(room, len(differences))]...)
	return nil
}

func quotedList(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = quoted(name)
	}
	return strings.Join(all, ", ")
}
