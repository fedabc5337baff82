package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/postgres"
	"tagtrail/readmodels"
)

// pageSize is how many contacts a page of the bench has.
const pageSize = 50

// reader asks what people ask of lists, through one connection.
type reader struct {
	*crowd
	r        *rand.Rand
	contacts readmodels.Contacts
	conn     *pgx.Conn
	bare     *pgx.Conn // of a yardstick that asks without a wall between organisations
	schema   string
}

// lists measures the contact list: goals 10 and 11, and counts.
func lists(ctx context.Context, t *table, h *house) error {
	at, err := h.reader(ctx)
	if err != nil {
		return err
	}
	defer at.close(ctx)
	lookup := sample{"key lookup", oneByOne(t.turn, at.lookup)}
	if err := t.addTimes(ctx, times{
		"page of 50, anywhere in the list", "10: ≤ 3.5", "10: ≤ 3",
		sample{"Page", oneByOne(t.turn, at.page)}, lookup,
	}); err != nil {
		return err
	}
	if err := t.addTimes(ctx, times{
		"the first page", "", "", sample{"Page", oneByOne(t.turn, at.first)}, lookup,
	}); err != nil {
		return err
	}
	whole := sample{"count(*) of the table", oneByOne(t.turn, at.countAll)}
	for _, f := range at.filters() {
		if err := t.addTimes(ctx, times{
			"page of " + f.name, "", "11: ≤ 0.25, ≤ 15 ms",
			sample{"Page", oneByOne(t.turn, at.filtered(f.choose))}, whole,
		}); err != nil {
			return err
		}
	}
	return t.addTimes(ctx, times{
		"count of any filter, to 10,000", "", "",
		sample{"Count", oneByOne(t.turn, at.counted)}, lookup,
	})
}

func (h *house) reader(ctx context.Context) (*reader, error) {
	at := &reader{crowd: h.crowd, r: rand.New(rand.NewPCG(1, 1)), schema: postgres.Schema(console())} //nolint:gosec // the same questions each time
	var err error
	if at.conn, err = alone(ctx, h.reads); err != nil {
		return nil, err
	}
	at.contacts = readmodels.Contacts{DB: at.conn, Catalogues: readmodels.NewCatalogues()}
	at.bare, err = alone(ctx, h.pool)
	return at, err
}

// alone answers a connection as the pool makes them, which nobody else uses.
func alone(ctx context.Context, pool *postgres.Pool) (*pgx.Conn, error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	return conn.Hijack(), nil
}

func (at *reader) close(ctx context.Context) {
	_ = at.conn.Close(ctx)
	_ = at.bare.Close(ctx)
}

// lookup reads one row by its key, and nothing around it: no transaction, no wall, no catalogue.
func (at *reader) lookup(ctx context.Context) error {
	rows, err := at.bare.Query(ctx, `select * from `+at.schema+`.contacts where org = $1 and contact = $2`, at.org, at.anyone())
	if err != nil {
		return err
	}
	found := 0
	for rows.Next() {
		found++
	}
	if found != 1 && rows.Err() == nil {
		return fmt.Errorf("%d rows have the key", found)
	}
	return rows.Err()
}

func (at *reader) anyone() uuid.UUID { return at.crowd.contacts[at.r.IntN(len(at.crowd.contacts))] }

func (at *reader) countAll(ctx context.Context) error {
	var n int
	return at.bare.QueryRow(ctx, `select count(*) from `+at.schema+`.contacts`).Scan(&n)
}

// page reads fifty contacts from a random place of the list on.
func (at *reader) page(ctx context.Context) error {
	p := at.all[at.r.IntN(len(at.crowd.contacts))]
	_, _, err := at.contacts.Page(ctx, at.org, readmodels.ContactFilter{}, &readmodels.ContactKey{LastSeenAt: p.seenAt, Contact: p.id}, pageSize)
	return err
}

func (at *reader) first(ctx context.Context) error {
	_, _, err := at.contacts.Page(ctx, at.org, readmodels.ContactFilter{}, nil, pageSize)
	return err
}

func (at *reader) filtered(choose func() readmodels.ContactFilter) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		_, _, err := at.contacts.Page(ctx, at.org, choose(), nil, pageSize)
		return err
	}
}

func (at *reader) counted(ctx context.Context) error {
	filters := at.filters()
	_, err := at.contacts.Count(ctx, at.org, filters[at.r.IntN(len(filters))].choose(), 10_000)
	return err
}

type filters struct {
	name   string
	choose func() readmodels.ContactFilter
}

// filters are what people choose, from what half of all contacts match down to what nobody does.
func (at *reader) filters() []filters {
	tags := func(n int) (ids []uuid.UUID) {
		for range n {
			ids = append(ids, at.garments[at.r.IntN(len(at.garments))].id.UUID)
		}
		return ids
	}
	named := func(names ...string) (ids []uuid.UUID) {
		for _, name := range names {
			ids = append(ids, at.garment(name).id.UUID)
		}
		return ids
	}
	status := func() string { return string(funnel(at.r)) }
	return []filters{
		{"any tag", func() readmodels.ContactFilter { return readmodels.ContactFilter{Tags: tags(1)} }},
		{"any two tags", func() readmodels.ContactFilter { return readmodels.ContactFilter{Tags: tags(2)} }},
		{"any tag without another, of a status", func() readmodels.ContactFilter {
			return readmodels.ContactFilter{Tags: tags(1), ExcludeTags: tags(1), LeadStatus: status()}
		}},
		{"any status without two tags", func() readmodels.ContactFilter {
			return readmodels.ContactFilter{ExcludeTags: tags(2), LeadStatus: status()}
		}},
		{"two frequent tags that nobody has together", func() readmodels.ContactFilter {
			return readmodels.ContactFilter{Tags: named("new", "regular")}
		}},
	}
}
