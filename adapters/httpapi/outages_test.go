package httpapi_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tagtrail/adapters/httpapi"
	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// broken are tables that answer nothing but an error.
type broken struct {
	pgx.BatchResults
	err error
}

func (b *broken) SendBatch(context.Context, *pgx.Batch) pgx.BatchResults { return b }
func (b *broken) Exec() (pgconn.CommandTag, error)                       { return pgconn.CommandTag{}, b.err }
func (b *broken) Close() error                                           { return nil }

// Tables that are out of reach are 503, and a question that is wrong is 500; neither says or logs more than it may.
func TestTablesThatDoNotAnswerAreOutOfReach(t *testing.T) {
	t.Parallel()
	tables := &broken{}
	w := newWorld(t, func(c *httpapi.Config) { c.Reads = tables })
	for _, row := range []struct {
		name   string
		err    error
		status int
		code   string
	}{
		{"a connection that broke", io.ErrUnexpectedEOF, 503, "tables.unavailable"},
		{"a network that broke", &net.OpError{Op: "read", Err: errors.New("reset")}, 503, "tables.unavailable"},
		{"a server that stops", &pgconn.PgError{Code: "57P01"}, 503, "tables.unavailable"},
		{"too many connections", &pgconn.PgError{Code: "53300"}, 503, "tables.unavailable"},
		{"tables that were not built yet", &pgconn.PgError{Code: "42P01"}, 503, "tables.unavailable"},
		{"a value of the wrong type", &pgconn.PgError{Code: "22P02", Message: "xyzzy of Ana"}, 500, "request.failed"},
	} {
		tables.err = row.err
		answer := w.get("/v1/tags")
		answer.fails(row.status, row.code)
		if (answer.header.Get("Retry-After") != "") != (row.status == 503) {
			t.Errorf("%s: Retry-After is %q", row.name, answer.header.Get("Retry-After"))
		}
		if strings.Contains(string(answer.body)+w.logs.String(), "xyzzy") {
			t.Errorf("%s: what the database says was passed on", row.name)
		}
	}
	// The write itself is durable: what cannot be shown is 202.
	w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"VIP"}`}).must(202)
}

// endless are tables that answer when nobody waits any longer.
type endless struct{}

func (endless) SendBatch(ctx context.Context, _ *pgx.Batch) pgx.BatchResults {
	<-ctx.Done()
	return &broken{err: ctx.Err()}
}

// Whoever asks for more than can be done in time is told so, instead of finding the connection cut.
func TestARequestThatTakesTooLongIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *httpapi.Config) {
		c.Reads, c.Limit = endless{}, 20*time.Millisecond
		c.WhatsApp = func(problem func(http.ResponseWriter, *http.Request, error)) func(http.ResponseWriter, *http.Request, uuid.UUID) {
			return func(w http.ResponseWriter, r *http.Request, _ uuid.UUID) {
				<-r.Context().Done()
				problem(w, r, r.Context().Err())
			}
		}
	})
	for _, c := range []call{
		{method: "GET", path: "/v1/tags"},
		{method: "POST", path: "/webhooks/whatsapp/" + uuid.NewString(), body: "{}", token: "-"},
	} {
		if answer := w.do(c); answer.fails(503, "request.not-finished").Instance == "" || answer.header.Get("Retry-After") == "" {
			t.Errorf("%s answered %v", c.path, answer.header)
		}
	}
	w.Store.Before(func(ctx context.Context, _ commandstest.Attempt) error { <-ctx.Done(); return ctx.Err() })
	w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"VIP"}`}).fails(503, "log.unavailable")
}

// No log line holds what people are called, or how they are reached.
func TestTheLogHoldsIdsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"name":"Xyzzy","phone":"+16505550177","email":"xyzzy@example.com"}`
	w.do(call{method: "POST", path: "/v1/contacts", body: body}).must(201)
	w.do(call{method: "POST", path: "/v1/contacts", body: body}).must(409)
	w.get("/v1/contacts?q=Xyzzy").must(200)
	w.get("/v1/contacts?q=" + "%2B16505550177").must(200)
	log := strings.ToLower(w.logs.String())
	for _, personal := range []string{"xyzzy", "6505550177", "q="} {
		if strings.Contains(log, personal) {
			t.Errorf("the log has %s", personal)
		}
	}
	for _, wanted := range []string{`"operation":"create-contact"`, `"status":409`, `"organization":"` + w.Organization.String() + `"`, `"request_id":`} {
		if !strings.Contains(log, wanted) {
			t.Errorf("the log lacks %s", wanted)
		}
	}
}

// A date begins in the organisation's zone.
func TestDatesBeginInTheOrganisationsZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	east := organization.ID{UUID: uuid.New()}
	key, err := commands.MintKey(east)
	if err != nil {
		t.Fatal(err)
	}
	ctx := commands.WithOrigin(t.Context(), commands.Origin{Organization: east, Actor: event.Actor{Kind: "system"}, Source: event.System})
	if _, err := w.Service.CreateOrganization(ctx, commands.CreateOrganization{Organization: east, Name: "East", Zone: "Pacific/Kiritimati", Key: key, KeyName: "first"}); err != nil {
		t.Fatal(err)
	}
	// Recorded on 30 May at noon UTC, which is 31 May there.
	w.do(call{method: "POST", path: "/v1/contacts", token: key.Token, body: `{"name":"Ana","phone":"+16505550101"}`}).must(201)
	for query, want := range map[string]int{
		"created_from=2026-05-31": 1, "created_to=2026-05-31": 0, "created_from=2026-06-01": 0, "created_to=2026-06-01": 1,
		"created_from=2026-05-30T13:00:00Z": 0, "created_to=2026-05-30T13:00:00Z": 1,
	} {
		page := decoded[httpapi.List[httpapi.ListedContact]](w.do(call{method: "GET", path: "/v1/contacts?" + query, token: key.Token}).must(200))
		if len(page.Items) != want {
			t.Errorf("%s finds %d", query, len(page.Items))
		}
	}
}
