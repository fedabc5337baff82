package app_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/postgres"
	"tagtrail/projections"
)

// Promise 5: tables that grew under parallel writes are, row for row, those that
// a new start builds from the log alone.
func TestLiveTablesEqualThoseBuiltAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, dir)
	live(t, s)
	before := s.tables(t)
	for _, g := range projections.All() {
		s.execute(t, "drop schema "+postgres.ReadSchema(g)+" cascade; drop schema "+postgres.Schema(g)+" cascade")
	}
	stop(t, s)

	again := serve(t, dir)
	after := again.tables(t)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("tables built anew differ (- live, + anew):\n%s", diff)
	}
	contacts, assignments, messages := before["console.contacts"], before["console.contact_tags"], before["console.messages"]
	if len(contacts) != 24 || len(assignments) == 0 || len(messages) == 0 || len(before["audit.events"]) == 0 {
		t.Errorf("there were %d contacts, %d assignments, %d messages, %d events", len(contacts), len(assignments), len(messages), len(before["audit.events"]))
	}
}

// live has eight hands do at once what a day brings, and waits until the tables show it.
func live(t *testing.T, s *service) {
	t.Helper()
	channel := s.channel(t)
	var tags []string
	for i := range 5 {
		tags = append(tags, s.must(t, "POST", "/v1/tags", map[string]string{"name": fmt.Sprintf("tag %d", i)}).text(t, "id"))
	}
	var hands sync.WaitGroup
	for hand := range 8 {
		hands.Go(func() {
			for i := range 3 {
				number := strconv.Itoa(16505550100 + hand*10 + i)
				a := s.deliver(t, channel, delivery(`"contacts":[{"profile":{"name":"Bea"},"wa_id":"`+number+`"}],`+
					`"messages":[{"from":"`+number+`","id":"wamid.`+number+`","timestamp":"1780131600","type":"text","text":{"body":"hi"}}]`))
				if a.status != 200 {
					t.Errorf("deliver: %d %s", a.status, a.body)
				}
				refused := s.do(t, "POST", "/v1/contacts", map[string]any{"name": "Ana", "phone": "+" + number})
				contact := refused.text(t, "details", "contact")
				for _, tag := range tags {
					s.must(t, "PUT", "/v1/contacts/"+contact+"/tags/"+tag, nil)
				}
				s.must(t, "DELETE", "/v1/contacts/"+contact+"/tags/"+tags[i], nil)
				s.must(t, "PUT", "/v1/contacts/"+contact+"/lead-status", map[string]string{"status": "hot"})
			}
		})
	}
	hands.Wait()
	s.must(t, "DELETE", "/v1/tags/"+tags[4], nil)
	last := s.must(t, "PATCH", "/v1/tags/"+tags[0], map[string]string{"name": "renamed"})
	s.must(t, "GET", "/v1/tags", nil, "Tagtrail-Min-Position", last.header.Get("Tagtrail-Position"), "Prefer", "wait=10")
}

// tables answers every row of the live generations, as text, in the order of the text, once every group is where the
// console's is.
func (s *service) tables(t *testing.T) map[string][]string {
	t.Helper()
	conn := s.connect(t)
	defer func() { _ = conn.Close(context.Background()) }()
	position := func(g projections.Group) (at int64) {
		if err := conn.QueryRow(t.Context(), "select position from "+postgres.Schema(g)+".checkpoint").Scan(&at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	found := map[string][]string{}
	console := position(projections.All()[0])
	for _, g := range projections.All() {
		for over := time.Now().Add(time.Minute); position(g) < console; pauseFor(t.Context(), 5*time.Millisecond) {
			if time.Now().After(over) {
				t.Fatalf("%s stays behind", g.Name)
			}
		}
		for _, table := range g.Tables() {
			rows, err := conn.Query(t.Context(), "select r::text from "+postgres.Schema(g)+"."+table.Name()+" r order by 1")
			if err != nil {
				t.Fatal(err)
			}
			found[g.Name+"."+table.Name()], err = pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return found
}

func (s *service) execute(t *testing.T, sql string) {
	t.Helper()
	conn := s.connect(t)
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// connect answers a connection of the superuser to the service's PostgreSQL.
func (s *service) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.running(t)["postgres"])
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
