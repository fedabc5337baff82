package postgres_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	embeddedpostgres "tagtrail/adapters/embedded/postgres"
	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/projections"
)

// house is a published group with a room of ana's organisation and one of bob's.
type house struct {
	bench
	analysts   *postgres.Analysts
	group      projections.Group
	rooms      *projections.Table
	generation projections.Generation
}

func roomsGroup(version int, rooms *projections.Table) projections.Group {
	return projections.Group{Name: "test", Projections: []projections.Projection{
		projections.Define("rooms", version, rooms,
			projections.NewView("loud_rooms", `select org, room, upper(room) as loud from {schema}.rooms`),
			projections.On(func(w *projections.Writer, e event.Recorded[did]) { e.Data.does(w) })),
	}}
}

func newHouse(t *testing.T) house {
	t.Helper()
	h := house{bench: newBench(t)}
	h.analysts = postgres.NewAnalysts(h.pool)
	h.rooms = projections.NewTable("rooms", projections.Key("org", "room"), `org uuid, room text`)
	h.group = roomsGroup(1, h.rooms)
	h.generation = h.lead(t, h.group)
	h.put(t, h.group, h.generation, h.rooms, "hers", "his")
	h.publish(t, h.group)
	return h
}

// put lets ana's organisation have one room and bob's the other.
func (h house) put(t *testing.T, g projections.Group, generation projections.Generation, rooms *projections.Table, hers, his string) {
	t.Helper()
	changes := changesOf(t, g, func(w *projections.Writer) {
		w.Put(rooms, projections.Cols{"org": ana, "room": hers})
		w.Put(rooms, projections.Cols{"org": bob, "room": his})
	})
	if err := h.sink.Commit(t.Context(), generation, changes, 0, 9); err != nil {
		t.Fatal(err)
	}
}

func (h house) publish(t *testing.T, g projections.Group) {
	t.Helper()
	if err := h.sink.Publish(t.Context(), g); err != nil {
		t.Fatal(err)
	}
}

// analyst makes the role of an organisation and a connection of it. Roles outlive the database of the test, so it is
// taken away again.
func (h house) analyst(t *testing.T, org uuid.UUID) (*pgx.Conn, string) {
	t.Helper()
	role, _, err := h.analysts.Create(t.Context(), org)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if _, err := h.analysts.Drop(ctx, org); err != nil && !errors.Is(err, postgres.ErrNoAnalysts) {
			t.Errorf("drop the role of the test: %v", err)
		}
	})
	return connect(t, as(t, h.url, role, "")), role
}

func as(t *testing.T, database, role, password string) string {
	t.Helper()
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(role, password)
	return address.String()
}

// Promise 10, for people with SQL.
func TestAnalystsSeeTheRowsOfTheirOrganisationAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hers, _ := h.analyst(t, ana)
	his, _ := h.analyst(t, bob)
	const ask = `select loud from loud_rooms`
	if got := column[string](t, hers, ask); !slices.Equal(got, []string{"HERS"}) {
		t.Errorf("ana's analyst sees %q", got)
	}
	if got := column[string](t, his, ask); !slices.Equal(got, []string{"HIS"}) {
		t.Errorf("bob's analyst sees %q", got)
	}
	// A role that is known for no organisation sees none, even with every right on the views.
	if got := column[string](t, connect(t, h.url), `select loud from tagtrail_reporting.loud_rooms`); len(got) != 0 {
		t.Errorf("who reads for nobody sees %q", got)
	}
}

// What an analyst may try. None of it shows a row of another organisation, or changes one.
func TestAnalystsCannotGetAroundTheWall(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	conn, _ := h.analyst(t, ana)
	_, other := h.analyst(t, bob)
	owner := connect(t, h.url).Config().User
	schema := h.generation.Schema
	for name, tries := range map[string]string{
		"a table":                           `select * from ` + schema + `.rooms`,
		"a view of the generation":          `select * from ` + schema + `.loud_rooms`,
		"the views of the API":              `select * from ` + postgres.ReadSchema(h.group) + `.loud_rooms`,
		"the roles of analysts":             `select * from tagtrail.reporting_roles`,
		"the installation's secret":         `select * from tagtrail.settings`,
		"keys":                              `select * from vault.keys`,
		"another analyst's role":            `set role ` + other,
		"the owner's role":                  `set role ` + owner,
		"the reader's role":                 `set role ` + postgres.ReaderRole,
		"another session":                   `set session authorization ` + other,
		"being the superuser":               `alter role current_user superuser`,
		"another's password":                `alter role ` + other + ` password 'x'`,
		"the hashes of passwords":           `select rolpassword from pg_authid`,
		"statistics of a table":             `select * from pg_statistic`,
		"writing through a view":            `update loud_rooms set room = 'mine'`,
		"a view with another wall":          `create or replace view loud_rooms as select 1`,
		"no barrier":                        `alter view loud_rooms set (security_barrier = false)`,
		"an object beside the views":        `create table tagtrail_reporting.mine (a int)`,
		"a file of the server":              `select pg_read_file('PG_VERSION')`,
		"a program on the server":           `copy (select 1) to program 'true'`,
		"the queries of others":             `do $$ begin if exists (select from pg_stat_activity where usename <> session_user and query not in ('', '<insufficient privilege>')) then raise exception 'seen'; end if; if 1 = 1 then raise insufficient_privilege; end if; end $$`,
		"ending the sessions of others":     `select pg_terminate_backend(pid) from pg_stat_activity where usename = '` + owner + `' and pid <> pg_backend_pid()`,
		"a role between the organisations":  `create role mine in role ` + other,
		"a function with the owner's right": `create function tagtrail_reporting.f() returns int language sql security definer as 'select 1'`,
	} {
		_, err := conn.Exec(t.Context(), `set default_transaction_read_only = off`)
		if err == nil {
			_, err = conn.Exec(t.Context(), tries, pgx.QueryExecModeSimpleProtocol)
		}
		if refusal, ok := errors.AsType[*pgconn.PgError](err); !ok || refusal.Code != "42501" && refusal.Code != "55000" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, tries := range []string{
		`set role none`, `set tagtrail.organization = '` + bob.String() + `'`, `select set_config('tagtrail.organization', '` + bob.String() + `', false)`,
		`select set_config('role', 'none', false)`, `set row_security = off`, `set search_path = ` + schema + `, tagtrail_reporting, public`,
	} {
		if _, err := conn.Exec(t.Context(), tries, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Errorf("%s: %v", tries, err)
		}
		if got := column[string](t, conn, `select room from tagtrail_reporting.loud_rooms`); !slices.Equal(got, []string{"hers"}) {
			t.Errorf("after %s an analyst sees %q", tries, got)
		}
	}
}

// A function of the analyst's own, as cheap as can be, is asked about a row only behind the wall.
func TestALeakyFunctionIsToldOfNoOtherOrganisation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, role := h.analyst(t, ana)
	config, err := pgx.ParseConfig(as(t, h.url, role, ""))
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { told = append(told, n.Message) }
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		// What is temporary goes a moment after its connection, and the role cannot go before.
		execute(t, conn, `discard temp`)
		_ = conn.Close(t.Context())
	}()
	// Without indexes the wall is one condition among others, and only the barrier puts it first.
	execute(t, conn, `set default_transaction_read_only = off; set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off`)
	execute(t, conn, `create function pg_temp.tell(s text) returns boolean language plpgsql cost 0.0000001 as $$ begin raise notice '%', s; return true; end $$`)
	execute(t, conn, `create operator pg_temp.=== (leftarg = text, rightarg = text, function = texteq)`)
	for _, ask := range []string{
		`select * from loud_rooms where pg_temp.tell(room)`,
		`select * from loud_rooms where pg_temp.tell(loud) and room = 'his'`,
		`select * from (select * from loud_rooms where pg_temp.tell(room) offset 0) x where room = 'his'`,
		`select * from loud_rooms a join loud_rooms b on pg_temp.tell(a.room) and pg_temp.tell(b.room)`,
		`select * from loud_rooms where 1 / (length(room) - 3) = 1 and pg_temp.tell(room)`,
		`select * from loud_rooms where (room || 'x')::text operator(pg_temp.===) 'hisx' and pg_temp.tell(room)`,
	} {
		if _, err := conn.Exec(t.Context(), ask); err != nil {
			t.Errorf("%s: %v", ask, err) // the other's row was looked at
		}
	}
	if len(told) == 0 {
		t.Error("the function was never asked")
	}
	for _, text := range told {
		if strings.EqualFold(text, "his") {
			t.Errorf("the function was told of %q", text)
		}
	}
}

// What a server shows to every role is the same for analysts: the names of others are in it, and no value of a row.
func TestTheCatalogueOfTheServerNamesRolesAndNoOrganisation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	conn, _ := h.analyst(t, ana)
	_, other := h.analyst(t, bob)
	if got := column[int64](t, conn, `select count(*) from pg_roles where rolname = '`+other+`'`); got[0] != 1 {
		t.Error("this server hides roles from each other, and the documentation says otherwise")
	}
	if strings.Contains(other, strings.ReplaceAll(bob.String(), "-", "")[:8]) {
		t.Errorf("the role %s tells its organisation", other)
	}
	if got := column[int64](t, conn, `select count(*) from pg_stats where schemaname = '`+h.generation.Schema+`'`); got[0] != 0 {
		t.Errorf("an analyst sees %d statistics of tables", got[0])
	}
}

func TestAnAnalystBeginsWithLimits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	conn, role := h.analyst(t, ana)
	for setting, want := range map[string]string{
		"statement_timeout": "5min", "default_transaction_read_only": "on", "search_path": "tagtrail_reporting", "timezone": "UTC", "enable_nestloop": "off",
	} {
		if got := column[string](t, conn, `select current_setting('`+setting+`')`)[0]; got != want {
			t.Errorf("%s is %s", setting, got)
		}
	}
	for range 4 {
		connect(t, as(t, h.url, role, ""))
	}
	if _, err := pgx.Connect(t.Context(), as(t, h.url, role, "")); err == nil || !strings.Contains(err.Error(), "53300") {
		t.Errorf("a sixth session: %v", err)
	}
	if _, err := conn.Exec(t.Context(), `create temporary table mine (a int)`); err == nil || !strings.Contains(err.Error(), "25006") {
		t.Errorf("a write by mistake: %v", err)
	}
}

func TestARoleIsMadeOnceAndGoesWithItsSessions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	conn, role := h.analyst(t, ana)
	if _, _, err := h.analysts.Create(t.Context(), ana); !errors.Is(err, postgres.ErrAnalystsThere) {
		t.Errorf("a second role: %v", err)
	}
	listed, err := h.analysts.List(t.Context())
	if err != nil || len(listed) != 1 || listed[0].Role != role || listed[0].Organization != ana || listed[0].Sessions != 1 {
		t.Errorf("listed %+v, %v", listed, err)
	}
	execute(t, connect(t, h.url), `alter role "`+role+`" reset enable_nestloop`) // as a role has it that is older than the setting
	if same, _, err := h.analysts.Rotate(t.Context(), ana); err != nil || same != role {
		t.Errorf("rotated %s, %v", same, err)
	}
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("a session of the old password goes on")
	}
	conn = connect(t, as(t, h.url, role, ""))
	if got := column[string](t, conn, `select current_setting('enable_nestloop')`)[0]; got != "off" {
		t.Errorf("a session of the new password begins with enable_nestloop %s", got)
	}
	if gone, err := h.analysts.Drop(t.Context(), ana); err != nil || gone != role {
		t.Errorf("dropped %s, %v", gone, err)
	}
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("a session of a dropped role goes on")
	}
	if left := column[int64](t, connect(t, h.url), `select count(*) from pg_roles where rolname = '`+role+`'`); left[0] != 0 {
		t.Error("the role is still there")
	}
	for name, ask := range map[string]func(context.Context, uuid.UUID) error{
		"drop":   func(ctx context.Context, org uuid.UUID) error { _, err := h.analysts.Drop(ctx, org); return err },
		"rotate": func(ctx context.Context, org uuid.UUID) error { _, _, err := h.analysts.Rotate(ctx, org); return err },
	} {
		if err := ask(t.Context(), ana); !errors.Is(err, postgres.ErrNoAnalysts) {
			t.Errorf("%s of what is not there: %v", name, err)
		}
	}
}

// A user who is no superuser keeps the roles of analysts, too.
func TestAnalystsNeedNoSuperuser(t *testing.T) {
	t.Parallel()
	database := bareDatabase(t)
	admin := connect(t, database)
	owner := userOf(t, admin, database, "createrole")
	execute(t, admin, `grant create on database `+admin.Config().Database+` to `+owner.name)
	migrate(t, owner.url)
	pool, err := postgres.Open(t.Context(), owner.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	h := house{bench: bench{url: owner.url, pool: pool, sink: postgres.NewSink(pool)}, analysts: postgres.NewAnalysts(pool)}
	h.rooms = projections.NewTable("rooms", projections.Key("org", "room"), `org uuid, room text`)
	h.group = roomsGroup(1, h.rooms)
	conn, _ := h.analyst(t, ana) // before there is anything to see
	generation := h.lead(t, h.group)
	h.put(t, h.group, generation, h.rooms, "hers", "his")
	h.publish(t, h.group)
	if got := column[string](t, conn, `select loud from loud_rooms`); !slices.Equal(got, []string{"HERS"}) {
		t.Errorf("ana's analyst sees %q", got)
	}
	if _, _, err := h.analysts.Rotate(t.Context(), ana); err != nil {
		t.Error(err)
	}
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("a session of the old password goes on")
	}
}

// The server checks the password that only the analyst has, and its log never sees it.
func TestTheServerChecksThePasswordOfAnalysts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path := dir; path != os.TempDir() && path != "/"; path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	rules := filepath.Join(dir, "rules")
	if err := os.WriteFile(rules, []byte("local all tagtrail trust\nlocal all all scram-sha-256\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cluster, err := embeddedpostgres.Start(t.Context(), embeddedpostgres.Options{
		Dir: filepath.Join(dir, "postgres"), Ephemeral: true, Settings: map[string]string{"hba_file": rules},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Stop(context.Background()) })
	migrate(t, cluster.URL())
	pool, err := postgres.Open(t.Context(), cluster.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	analysts := postgres.NewAnalysts(pool)
	role, password, err := analysts.Create(t.Context(), ana)
	if err != nil {
		t.Fatal(err)
	}
	opens := func(password string) error {
		conn, err := pgx.Connect(t.Context(), as(t, cluster.URL(), role, password))
		if err != nil {
			return err
		}
		return conn.Close(t.Context())
	}
	if err := opens(password); err != nil {
		t.Errorf("with the password: %v", err)
	}
	if err := opens(password + "x"); err == nil || !strings.Contains(err.Error(), "28P01") {
		t.Errorf("with another password: %v", err)
	}
	_, rotated, err := analysts.Rotate(t.Context(), ana)
	if err != nil {
		t.Fatal(err)
	}
	if err := opens(password); err == nil {
		t.Error("the old password opens still")
	}
	if err := opens(rotated); err != nil {
		t.Errorf("with the new password: %v", err)
	}
}
