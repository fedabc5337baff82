package postgres

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/domain/fault"
)

// What can be wrong with the role of an organisation's analysts.
var (
	ErrAnalystsThere = fault.New(fault.Conflict, "reporting.role-exists", "the organisation's analysts have a role already, and its password is not here: tagtrail reporting rotate makes another")
	ErrNoAnalysts    = fault.New(fault.NotFound, "reporting.no-role", "the organisation's analysts have no role")
)

// analystConnections is how many sessions the analysts of one organisation have at a time.
const analystConnections = 5

// analystSettings are where a session of an analyst begins. Whoever is in the session can set them otherwise: they keep
// mistakes small, and are no wall.
var analystSettings = [][2]string{
	{"search_path", ReportingSchema},
	{"default_transaction_read_only", "on"},
	{"statement_timeout", "'5min'"},
	{"idle_in_transaction_session_timeout", "'10min'"},
	{"timezone", "'UTC'"},
	// Analysts ask for whole tables. How many periods there are is not known before they are made, and a plan that takes
	// them for a few goes through all of them again for each tag or day.
	{"enable_nestloop", "off"},
}

// Analysts are the roles by which people read the views for reporting: one for each organisation.
//
// The name of a role says nothing of its organisation, because every role of a server can see the names of all others.
// The server is given what it needs to check a password, and never the password, which might end up in its log.
type Analysts struct{ pool *pgxpool.Pool }

// NewAnalysts makes what keeps the roles, over the pool of whoever writes.
func NewAnalysts(pool *pgxpool.Pool) *Analysts { return &Analysts{pool} }

// Analyst is the role of one organisation's analysts.
type Analyst struct {
	Organization uuid.UUID
	Role         string
	CreatedAt    time.Time
	RotatedAt    time.Time // when the password was made
	Sessions     int       // that are open now
}

// List answers every role, the oldest first.
func (a *Analysts) List(ctx context.Context) ([]Analyst, error) {
	rows, _ := a.pool.Query(ctx, `
		select r.org, r.role, r.created_at, r.rotated_at, (select count(*) from pg_stat_activity s where s.usename = r.role)
		from tagtrail.reporting_roles r order by r.created_at, r.role`)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Analyst])
	return found, explainSQL(err, "list the roles of analysts")
}

// Of answers the role of an organisation's analysts.
func (a *Analysts) Of(ctx context.Context, org uuid.UUID) (Analyst, error) {
	found, err := a.List(ctx)
	if err != nil {
		return Analyst{}, err
	}
	for _, analyst := range found {
		if analyst.Organization == org {
			return analyst, nil
		}
	}
	return Analyst{}, ErrNoAnalysts
}

// Create makes the role of an organisation's analysts and answers it with its password, which nobody can ask for again.
func (a *Analysts) Create(ctx context.Context, org uuid.UUID) (role, password string, err error) {
	role, password = "tagtrail_reporting_"+strings.ToLower(rand.Text()[:16]), rand.Text()
	verifier, err := scramVerifier(password)
	if err != nil {
		return "", "", err
	}
	err = a.change(ctx, "create the role of analysts of "+org.String(), func(tx pgx.Tx) error {
		added, err := tx.Exec(ctx, `insert into tagtrail.reporting_roles (role, org) values ($1, $2) on conflict (org) do nothing`, role, org)
		if err != nil {
			return err
		}
		if added.RowsAffected() == 0 {
			return ErrAnalystsThere
		}
		statements := []string{fmt.Sprintf(
			"create role %s login nosuperuser nocreatedb nocreaterole noinherit connection limit %d password '%s'", quoted(role), analystConnections, verifier)}
		statements = append(statements, settingsOf(role)...)
		var there bool
		if err := tx.QueryRow(ctx, `select to_regnamespace($1) is not null`, ReportingSchema).Scan(&there); err != nil {
			return err
		}
		if there {
			statements = append(statements, grantsTo(role, ReportingSchema)...)
		}
		return executeAll(ctx, tx, statements...)
	})
	return role, password, err
}

// Rotate gives the role another password and the settings of today, and ends the sessions that began with the old ones.
func (a *Analysts) Rotate(ctx context.Context, org uuid.UUID) (role, password string, err error) {
	analyst, err := a.Of(ctx, org)
	if err != nil {
		return "", "", err
	}
	password = rand.Text()
	verifier, err := scramVerifier(password)
	if err != nil {
		return "", "", err
	}
	err = a.change(ctx, "give "+analyst.Role+" another password", func(tx pgx.Tx) error {
		statements := append(settingsOf(analyst.Role), fmt.Sprintf("alter role %s login password '%s'", quoted(analyst.Role), verifier))
		if err := executeAll(ctx, tx, statements...); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update tagtrail.reporting_roles set rotated_at = now() where role = $1`, analyst.Role)
		return err
	})
	if err == nil {
		err = a.endSessions(ctx, analyst.Role)
	}
	return analyst.Role, password, err
}

// Drop takes the role away. When it is interrupted, it can be asked again.
func (a *Analysts) Drop(ctx context.Context, org uuid.UUID) (role string, err error) {
	analyst, err := a.Of(ctx, org)
	if err != nil {
		return "", err
	}
	doing := "drop the role " + analyst.Role
	err = a.change(ctx, doing, func(tx pgx.Tx) error { return executeAll(ctx, tx, "alter role "+quoted(analyst.Role)+" nologin") })
	if err == nil {
		err = a.endSessions(ctx, analyst.Role)
	}
	if err != nil {
		return "", err
	}
	return analyst.Role, a.change(ctx, doing, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `select nspname from pg_namespace where nspname = $1 or starts_with(nspname, $2)`, ReportingSchema, oldPublished)
		schemas, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		var statements []string
		for _, schema := range schemas {
			statements = append(statements,
				"revoke all on all tables in schema "+quoted(schema)+" from "+quoted(analyst.Role),
				"revoke all on schema "+quoted(schema)+" from "+quoted(analyst.Role))
		}
		if err := executeAll(ctx, tx, append(statements, "drop role "+quoted(analyst.Role))...); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `delete from tagtrail.reporting_roles where role = $1`, analyst.Role)
		return err
	})
}

// change runs one transaction beside which no views are published, so that every role is granted every view.
func (a *Analysts) change(ctx context.Context, doing string, f func(pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		if err := lockPublication(ctx, tx); err != nil {
			return err
		}
		return f(tx)
	})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrAnalystsThere):
		return err
	case isOutage(err):
		return explainSQL(err, doing)
	default:
		return explain(err, doing)
	}
}

// endSessions ends what a role has open. A server whose user may not end them by right of its own is asked for the
// membership that lets it.
func (a *Analysts) endSessions(ctx context.Context, role string) error {
	const end = `select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = $1`
	_, err := a.pool.Exec(ctx, end, role)
	if hasCode(err, "42501") {
		if _, err = a.pool.Exec(ctx, "grant "+quoted(role)+" to current_user"); err == nil {
			_, err = a.pool.Exec(ctx, end, role)
		}
	}
	if err != nil && !isOutage(err) {
		return explain(err, "end the sessions of "+role)
	}
	return explainSQL(err, "end the sessions of "+role)
}

// analystRoles answers the roles that are still there: a backup may bring back the table without them.
func analystRoles(ctx context.Context, tx pgx.Tx) ([]string, error) {
	rows, _ := tx.Query(ctx, `select r.role from tagtrail.reporting_roles r where exists (select from pg_roles where rolname = r.role) order by r.role`)
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func settingsOf(role string) []string {
	statements := make([]string, 0, len(analystSettings))
	for _, setting := range analystSettings {
		statements = append(statements, "alter role "+quoted(role)+" set "+setting[0]+" = "+setting[1])
	}
	return statements
}

func grantsTo(role, schema string) []string {
	return []string{
		"grant usage on schema " + schema + " to " + quoted(role),
		"grant select on all tables in schema " + schema + " to " + quoted(role),
	}
}

func executeAll(ctx context.Context, tx pgx.Tx, statements ...string) error {
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// scramVerifier answers what a server keeps to check a password by SCRAM-SHA-256 (RFC 5803).
func scramVerifier(password string) (string, error) {
	const iterations = 4096
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("derive a key from a password: %w", err)
	}
	keyed := func(text string) []byte {
		mac := hmac.New(sha256.New, salted)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	stored := sha256.Sum256(keyed("Client Key"))
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, encode(salt), encode(stored[:]), encode(keyed("Server Key"))), nil
}
