package httpapi_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/embedded/postgres/postgrestest"
	"tagtrail/adapters/files"
	"tagtrail/adapters/httpapi"
	"tagtrail/adapters/postgres"
	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// world is the API over a log in memory and real tables, which follow the log when somebody waits for them.
type world struct {
	*commandstest.World
	t      *testing.T
	server *httptest.Server
	judge  *judge
	logs   *lines
	token  string // of the first owner
	*tables
	past  *tables
	seals *projectionstest.Seals // of what the tables of the past hold

	database         string
	reads, readsPast *pgxpool.Pool
}

// tables are those of a group, which follow the log when somebody waits for them.
type tables struct {
	t     *testing.T
	group projections.Group
	sink  *postgres.Sink
	lead  projections.Generation
	log   func() []event.Recorded[event.Event]

	mu     sync.Mutex
	frozen bool
}

// newTables makes the tables, and answers them with a pool that reads them.
func newTables(t *testing.T, database string, writer *pgxpool.Pool, group projections.Group, log func() []event.Recorded[event.Event]) (*tables, *pgxpool.Pool) {
	t.Helper()
	s := &tables{t: t, group: group, sink: postgres.NewSink(writer), log: log}
	if err := s.sink.Prepare(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	var led bool
	var err error
	if s.lead, led, err = s.sink.Lead(t.Context(), group); err != nil || !led {
		t.Fatalf("led: %v, %v", led, err)
	}
	t.Cleanup(func() { s.sink.Release(context.WithoutCancel(t.Context()), s.lead) })
	reader, err := postgres.OpenReader(t.Context(), database, postgres.ReadSchema(group))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reader.Close)
	return s, reader
}

// logID names the log of these tests.
var logID = uuid.MustParse("0197a1b2-0000-7000-8000-00000000f00d")

func newWorld(t *testing.T, change ...func(*httpapi.Config)) *world {
	t.Helper()
	database := postgrestest.Database(t)
	if err := postgres.Migrate(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, World: commandstest.New(t), logs: &lines{}, seals: projectionstest.NewSeals(), database: database}
	writer, err := postgres.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(writer.Close)
	w.tables, w.reads = newTables(t, database, writer, projections.All()[0], w.Store.All)
	w.past, w.readsPast = newTables(t, database, writer, projections.All()[1], func() []event.Recorded[event.Event] { return w.seals.Seal(w.Store.All()) })

	config := httpapi.Config{
		Commands: w.Service, Reads: w.reads, Positions: w,
		Past: httpapi.Past{Reads: w.readsPast, Positions: w.past, Opener: w.seals},
		Head: func(context.Context) (event.Position, error) { return event.Position(len(w.Store.All())), nil },
		LogID: func(context.Context) (uuid.UUID, error) {
			return logID, nil
		},
		NewFile: func(out io.Writer, format string, guarded bool) httpapi.RowWriter {
			return files.NewWriter(out, files.Format(format), guarded)
		},
		CursorKey: []byte("0123456789abcdef0123456789abcdef"),
		Version:   "v1.2.3",
		Log:       slog.New(slog.NewJSONHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Patience:  50 * time.Millisecond,
	}
	for _, c := range change {
		c(&config)
	}
	w.server = httptest.NewServer(httpapi.New(config))
	t.Cleanup(w.server.Close)
	w.judge = newJudge(t, w.server)
	w.token = w.key(organization.Owner)
	return w
}

// Position answers how far the tables are.
func (s *tables) Position(context.Context) (event.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lead.Position, nil
}

// Wait lets the tables follow the log, unless they are frozen.
func (s *tables) Wait(ctx context.Context, position event.Position) error {
	s.mu.Lock()
	frozen := s.frozen
	if !frozen {
		s.follow()
	}
	reached := s.lead.Position >= position
	s.mu.Unlock()
	if reached {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (s *tables) follow() {
	pending := s.log()[s.lead.Position:]
	if len(pending) == 0 {
		return
	}
	changes, err := s.group.Project(pending)
	if err != nil {
		s.t.Error(err)
		return
	}
	upTo := pending[len(pending)-1].Position
	if err := s.sink.Commit(context.Background(), s.lead, changes, s.lead.Position, upTo); err != nil {
		s.t.Error(err)
		return
	}
	s.lead.Position = upTo
}

// freeze keeps the tables where they are.
func (s *tables) freeze(frozen bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = frozen
}

// key answers the token of a new key of the organisation.
func (w *world) key(kind organization.KeyKind) string {
	w.t.Helper()
	minted, _, err := w.Service.CreateKey(w.Ask(context.WithoutCancel(w.t.Context())), commands.CreateKey{Kind: kind, Name: string(kind)})
	if err != nil {
		w.t.Fatal(err)
	}
	return minted.Token
}

// lines is a log that tests look into.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// call is one request as a test writes it.
type call struct {
	method, path string
	body         string
	token        string // the owner's when empty, none when "-"
	header       http.Header
}

// reply is what came back.
type reply struct {
	t      *testing.T
	call   call
	status int
	header http.Header
	body   []byte
}

// do sends a request and has its answer judged by the API's own description.
func (w *world) do(c call) reply {
	w.t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(w.t.Context()), c.method, w.server.URL+c.path, strings.NewReader(c.body))
	if err != nil {
		w.t.Fatal(err)
	}
	switch c.token {
	case "":
		r.Header.Set("Authorization", "Bearer "+w.token)
	case "-":
	default:
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
		if c.method == http.MethodPatch {
			r.Header.Set("Content-Type", "application/merge-patch+json")
		}
	}
	maps.Copy(r.Header, c.header)
	answer, err := w.server.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	w.judge.judge(w.t, r, c.body, answer, body)
	return reply{t: w.t, call: c, status: answer.StatusCode, header: answer.Header, body: body}
}

func (w *world) get(path string) reply { w.t.Helper(); return w.do(call{method: "GET", path: path}) }

// must requires a status.
func (r reply) must(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s %s answered %d, not %d: %s", r.call.method, r.call.path, r.status, status, r.body)
	}
	return r
}

// fails requires a problem of a type.
func (r reply) fails(status int, code string) problem {
	r.t.Helper()
	r.must(status)
	p := decoded[problem](r)
	if p.Type != "/problems/"+code || p.Status != status {
		r.t.Fatalf("%s %s answered %d %s, not %s: %s", r.call.method, r.call.path, p.Status, p.Type, code, r.body)
	}
	return p
}

type problem struct {
	Type, Title, Detail, Instance string
	Status                        int
	Errors                        []struct{ Pointer, Parameter, Detail string }
	Details                       map[string]string
}

func decoded[T any](r reply) T {
	r.t.Helper()
	var v T
	if err := json.Unmarshal(r.body, &v, json.MatchCaseInsensitiveNames(true)); err != nil {
		r.t.Fatalf("%s %s: %v: %s", r.call.method, r.call.path, err, r.body)
	}
	return v
}

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// tag creates a tag and answers it.
func (w *world) tag(name string) httpapi.Tag {
	w.t.Helper()
	body, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		w.t.Fatal(err)
	}
	return decoded[httpapi.Tag](w.do(call{method: "POST", path: "/v1/tags", body: string(body)}).must(201))
}

// contact creates a contact and answers it.
func (w *world) contact(name, phone string) httpapi.Contact {
	w.t.Helper()
	body, err := json.Marshal(map[string]string{"name": name, "phone": phone})
	if err != nil {
		w.t.Fatal(err)
	}
	return decoded[httpapi.Contact](w.do(call{method: "POST", path: "/v1/contacts", body: string(body)}).must(201))
}
