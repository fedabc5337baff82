package readmodels_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/embedded/postgres/postgrestest"
	"tagtrail/adapters/postgres"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
	"tagtrail/readmodels"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// noon is when the histories of these tests begin.
var noon = time.Date(2026, 5, 30, 12, 0, 0, 0, time.UTC)

// world is a history as it grows, and the tables that it leads to, read as the API reads them.
type world struct {
	t         *testing.T
	database  string
	group     projections.Group
	seals     *projectionstest.Seals
	writer    *pgxpool.Pool
	reader    *pgxpool.Pool
	kept      *readmodels.Catalogues
	sink      *postgres.Sink
	lead      projections.Generation
	position  event.Position
	revisions map[string]event.Revision
	pending   []event.Recorded[event.Event]
	org       organization.ID
	actor     event.Actor
	source    event.Source
	now       time.Time
}

// newWorld begins with an organisation of which nothing is known yet. Its reader pool has one connection, so that each
// question finds what the one before it left behind.
func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, projections.All()[0])
}

// newWorldOf is a world whose tables are those of a group.
func newWorldOf(t *testing.T, group projections.Group) *world {
	t.Helper()
	database := postgrestest.Database(t)
	if err := postgres.Migrate(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, database: database, group: group, seals: projectionstest.NewSeals(), revisions: map[string]event.Revision{}, now: noon,
		org: organization.ID{UUID: uuid.New()}, source: event.ManualAdmin, actor: event.Actor{Kind: "owner", ID: uuid.NewString()},
		kept: readmodels.NewCatalogues(),
	}
	var err error
	if w.writer, err = postgres.Open(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.writer.Close)
	w.sink = postgres.NewSink(w.writer)
	if err := w.sink.Prepare(t.Context(), w.group); err != nil {
		t.Fatal(err)
	}
	var led bool
	if w.lead, led, err = w.sink.Lead(t.Context(), w.group); err != nil || !led {
		t.Fatalf("led: %v, %v", led, err)
	}
	t.Cleanup(func() { w.sink.Release(context.WithoutCancel(t.Context()), w.lead) })
	if w.reader, err = postgres.OpenReader(t.Context(), database+"&pool_max_conns=1", postgres.ReadSchema(w.group)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.reader.Close)
	return w
}

// happened lets events happen on a stream, a minute after each other.
func (w *world) happened(stream string, events ...event.Event) {
	for _, e := range events {
		w.now = w.now.Add(time.Minute)
		w.position += 10
		revision, ok := w.revisions[stream]
		if ok {
			revision++
		}
		w.revisions[stream] = revision
		w.pending = append(w.pending, event.Recorded[event.Event]{
			ID: uuid.New(), Stream: stream, Revision: revision, Position: w.position, RecordedAt: w.now,
			Metadata: event.Metadata{Organization: w.org.UUID, Actor: w.actor, Source: w.source, OccurredAt: w.now}, Data: e,
		})
	}
}

// project brings what happened into the tables, and answers it.
func (w *world) project() []event.Recorded[event.Event] {
	w.t.Helper()
	happened := w.pending
	if w.group.Sealed {
		happened = w.seals.Seal(happened)
	}
	changes, err := w.group.Project(happened)
	if err != nil {
		w.t.Fatal(err)
	}
	w.pending = nil
	if err := w.sink.Commit(w.t.Context(), w.lead, changes, w.lead.Position, w.position); err != nil {
		w.t.Fatal(err)
	}
	w.lead.Position = w.position
	return happened
}

// tags lets tags enter the catalogue, numbered from where it is.
func (w *world) tags(names ...string) []tag.Created {
	var created []tag.Created
	for _, name := range names {
		last, ok := w.revisions[w.org.CatalogStream()]
		if !ok {
			last = -1
		}
		t := tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: tag.Number(last + 2), Name: name, Color: "red", Kind: tag.Label}
		w.happened(w.org.CatalogStream(), t)
		created = append(created, t)
	}
	return created
}

// contact lets a contact be created with a name and a phone.
func (w *world) contact(name, phone string) contact.ID {
	id := contact.ID{UUID: uuid.New()}
	w.happened(id.Stream(), contact.Created{
		Origin: contact.OriginManual, LeadStatus: contact.Cold, Name: personal.New(name),
		Identity: contact.Identity{Kind: contact.Number, Value: personal.New(phone), WaID: personal.New(strings.TrimPrefix(phone, "+")), Country: "US"},
	})
	return id
}

// assign puts tags on a contact.
func (w *world) assign(id contact.ID, tags ...tag.Created) []contact.AssignmentID {
	var made []contact.AssignmentID
	for _, t := range tags {
		a := contact.AssignmentID{UUID: uuid.New()}
		w.happened(id.Stream(), contact.TagAssigned{Tag: t.Tag, Number: t.Number, Assignment: a})
		made = append(made, a)
	}
	return made
}

// wrote lets a contact write a message at a time.
func (w *world) wrote(id contact.ID, channel uuid.UUID, at time.Time, text string) message.ID {
	m := message.ID{UUID: uuid.New()}
	w.happened(m.Stream(), message.Received{Contact: id, Channel: channel, Kind: "text", Wamid: personal.New("wamid.1"), Text: personal.New(text), SentAt: at})
	return m
}

func (w *world) get(id contact.ID) readmodels.Contact {
	w.t.Helper()
	c, err := readmodels.Contacts{DB: w.reader}.Get(w.t.Context(), w.org.UUID, id.UUID)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// names answers how the contacts that match are shown, in the order of the list.
func (w *world) names(filter readmodels.ContactFilter) []string {
	w.t.Helper()
	items, _, err := readmodels.Contacts{DB: w.reader, Catalogues: w.kept}.Page(w.t.Context(), w.org.UUID, filter, nil, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, c := range items {
		names = append(names, c.DisplayName)
	}
	return names
}

func (w *world) tag(created tag.Created) readmodels.Tag {
	w.t.Helper()
	found, err := readmodels.Tags{DB: w.reader}.Get(w.t.Context(), w.org.UUID, created.Tag.UUID)
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// numbersHeld answers the numbers that a contact is recognised by, as the tables have them.
func (w *world) numbersHeld(id contact.ID) []string {
	w.t.Helper()
	rows, _ := w.writer.Query(w.t.Context(), `select value from `+postgres.Schema(w.group)+`.held_identities where contact = $1 and kind = 'number'`, id)
	held, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		w.t.Fatal(err)
	}
	return held
}

func ids(tags ...tag.Created) []uuid.UUID {
	var ids []uuid.UUID
	for _, t := range tags {
		ids = append(ids, t.Tag.UUID)
	}
	return ids
}

func deleted(t tag.Created) tag.Deleted   { return tag.Deleted{Tag: t.Tag, Number: t.Number} }
func restored(t tag.Created) tag.Restored { return tag.Restored{Tag: t.Tag, Number: t.Number} }

// reasons answers tags with the reason of their end.
func reasons(assignments []readmodels.Assignment) []string {
	var all []string
	for _, a := range assignments {
		all = append(all, a.Tag.Name+" "+a.EndedReason)
	}
	return all
}

// textsLike answers the tables with a row that has the text anywhere.
func (w *world) textsLike(pattern string) []string {
	w.t.Helper()
	var found []string
	for _, table := range w.group.Tables() {
		var n int
		err := w.writer.QueryRow(w.t.Context(), `select count(*) from `+postgres.Schema(w.group)+`.`+table.Name()+` r where r::text ilike $1`, pattern).Scan(&n)
		if err != nil {
			w.t.Fatal(err)
		}
		if n > 0 {
			found = append(found, table.Name())
		}
	}
	return found
}
