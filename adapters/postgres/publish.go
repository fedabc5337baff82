package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tagtrail/projections"
)

// ReportingSchema is where analysts find the views of the group for reporting, whichever generation is behind them.
const ReportingSchema = "tagtrail_reporting"

// analystWall is what every view of analysts ends with. Who began the session is no setting: neither SET ROLE nor
// set_config changes it.
const analystWall = ` where org = (select r.org from tagtrail.reporting_roles r where r.role = session_user::text)`

// A generation that another build leaves behind is taken for abandoned when it has not moved for this long.
const abandonedAfter = time.Minute

// Publish lets analysts read the generation of the group that this build serves, once it is as far as the one that they
// read now. When they do already, it changes nothing; it is meant to be asked again and again.
func (s *Sink) Publish(ctx context.Context, g projections.Group) error {
	done, err := published(ctx, s.pool, g)
	if err == nil && !done {
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return publish(ctx, tx, g) })
	}
	if err != nil {
		return explainSQL(err, "publish "+Schema(g))
	}
	return s.sweepPublished(ctx)
}

// published says whether there is nothing to do: analysts read this generation, or had better go on with another one.
func published(ctx context.Context, q querier, g projections.Group) (bool, error) {
	var mine, theirs *uint32
	var definition, place string
	var views int
	err := q.QueryRow(ctx, `
		select to_regclass($1)::oid, p.checkpoint, coalesce(p.definition, ''),
			(select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $2 and c.relkind = 'v'),
			coalesce((select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = p.checkpoint), '')
		from (select) one left join tagtrail.published p on p.schema = $2`,
		quoted(Schema(g))+".checkpoint", ReportingSchema).Scan(&mine, &theirs, &definition, &views, &place)
	switch {
	case err != nil:
		return false, err
	case mine == nil:
		return true, nil // it is not made yet
	case theirs == nil || place == "" || views < len(g.Views()):
		return false, nil
	case *mine == *theirs:
		return definition == publication(g), nil
	}
	return otherServes(ctx, q, Schema(g), place)
}

// otherServes says whether analysts had better go on with what they read: a live generation of another build that is
// further, or newer and moving.
func otherServes(ctx context.Context, q querier, mine, other string) (bool, error) {
	var live, newer, ahead, moving bool
	err := q.QueryRow(ctx, fmt.Sprintf(`
		select coalesce((select state in ($4, $5) from tagtrail.generations where schema = $2), false),
			coalesce((select created_at from tagtrail.generations where schema = $2)
				> (select created_at from tagtrail.generations where schema = $1), false),
			theirs.position > mine.position,
			theirs.position >= mine.position or theirs.moved_at > now() - make_interval(secs => $3)
		from %s.checkpoint mine, %s.checkpoint theirs`, quoted(mine), quoted(other)),
		mine, other, abandonedAfter.Seconds(), stateLive, stateBuilding).Scan(&live, &newer, &ahead, &moving)
	if hasCode(err, "42P01", "3F000") || errors.Is(err, pgx.ErrNoRows) {
		return false, nil // it went in this moment
	}
	return live && (ahead || newer && moving), err
}

// publish puts views over the generation's own in the place of those that analysts read, in the transaction of whoever
// makes it the one to read. Schemas are renamed, which waits for no query of an analyst and fails none.
func publish(ctx context.Context, tx pgx.Tx, g projections.Group) error {
	if err := lockPublication(ctx, tx); err != nil {
		return err
	}
	if done, err := published(ctx, tx, g); err != nil || done {
		return err // by somebody else
	}
	roles, err := analystRoles(ctx, tx)
	if err != nil {
		return err
	}
	fresh := ReportingSchema + "_new"
	statements := append([]string{"drop schema if exists " + fresh + " cascade", "create schema " + fresh}, analystViews(g, fresh)...)
	for _, role := range roles {
		statements = append(statements, grantsTo(role, fresh)...)
	}
	var before *uint32
	if err := tx.QueryRow(ctx, `select to_regnamespace($1)::oid`, ReportingSchema).Scan(&before); err != nil {
		return err
	}
	if before != nil {
		statements = append(statements, "alter schema "+ReportingSchema+" rename to "+oldPublished+strconv.FormatUint(uint64(*before), 10))
	}
	statements = append(statements, "alter schema "+fresh+" rename to "+ReportingSchema)
	if err := executeAll(ctx, tx, statements...); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		insert into tagtrail.published (schema, checkpoint, definition) values ($1, to_regclass($2)::oid, $3)
		on conflict (schema) do update set checkpoint = excluded.checkpoint, definition = excluded.definition, published_at = now()`,
		ReportingSchema, quoted(Schema(g))+".checkpoint", publication(g))
	return err
}

func lockPublication(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('tagtrail publication', 0))`)
	return err
}

// analystViews answers the statements that make the views of analysts in a schema. The security barrier keeps what
// analysts write from being asked about a row before the wall is.
func analystViews(g projections.Group, schema string) []string {
	var statements []string
	for _, v := range g.Views() {
		statements = append(statements, fmt.Sprintf("create view %s.%s with (security_barrier) as select * from %s.%s%s",
			schema, quoted(v.Name()), quoted(Schema(g)), quoted(v.Name()), analystWall))
	}
	return statements
}

// publication names the definition of the views, so that a build that defines them otherwise makes them anew.
func publication(g projections.Group) string {
	sum := sha256.Sum256([]byte(strings.Join(analystViews(g, ReportingSchema), "\n")))
	return hex.EncodeToString(sum[:6])
}

// oldPublished begins the name of a schema that analysts read before; queries that began there end there.
const oldPublished = ReportingSchema + "_old_"

// sweepPublished drops what analysts read before, as soon as no query of theirs is left in it.
func (s *Sink) sweepPublished(ctx context.Context) error {
	rows, _ := s.pool.Query(ctx, `select nspname from pg_namespace where starts_with(nspname, $1)`, oldPublished)
	left, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return explainSQL(err, "look for views that analysts read before")
	}
	for _, schema := range left {
		err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `set local lock_timeout = '50ms'`); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "drop schema if exists "+quoted(schema)+" cascade")
			return err
		})
		if err != nil && !hasCode(err, "55P03", "40P01", "3F000", "42P01") {
			return explainSQL(err, "drop "+schema)
		}
	}
	return nil
}
