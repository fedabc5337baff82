package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/postgres"
	"tagtrail/projections"
)

// today is when the crowd was last heard of.
var today = time.Date(2026, 5, 30, 12, 0, 0, 0, time.UTC)

// crowd is contacts that are only in the tables, as their events would have left them: the rows of the bench's
// organisation, then those of many small ones.
type crowd struct {
	org      uuid.UUID
	contacts []uuid.UUID // of org
	all      []person
	garments []*garment
}

type person struct {
	org, id   uuid.UUID
	name      string
	phone     string
	createdAt time.Time
	seenAt    *time.Time
	owner     *uuid.UUID
	status    string
	channel   uuid.UUID
	worn      []*garment
}

// garment answers the tag of a name.
func (c *crowd) garment(name string) *garment {
	return c.garments[slices.IndexFunc(c.garments, func(g *garment) bool { return g.name == name })]
}

// neighbours is how many other organisations there are, each with a two hundredth of the contacts.
const neighbours = 19

func newCrowd(org uuid.UUID, size int, garments []*garment) *crowd {
	r := rand.New(rand.NewPCG(2026, 5)) //nolint:gosec // the same crowd each time
	c := &crowd{org: org, garments: garments}
	c.settle(r, org, size)
	for range neighbours {
		c.settle(r, draw(r), size/200)
	}
	for i := range size {
		c.contacts = append(c.contacts, c.all[i].id)
	}
	return c
}

func (c *crowd) settle(r *rand.Rand, org uuid.UUID, size int) {
	owners, channels := make([]uuid.UUID, 20), make([]uuid.UUID, 3)
	for i := range owners {
		owners[i] = draw(r)
	}
	for i := range channels {
		channels[i] = draw(r)
	}
	for i := range size {
		p := person{
			org: org, id: draw(r), name: fullName(r), phone: "+1650" + strconv.Itoa(2_000_000+i),
			createdAt: today.Add(-time.Duration(r.Int64N(int64(2 * 365 * 24 * time.Hour)))).Truncate(time.Microsecond),
			status:    string(funnel(r)), channel: channels[r.IntN(len(channels))], worn: dress(r, c.garments),
		}
		if r.IntN(5) > 0 { // the others never wrote; most who did wrote lately
			seen := p.createdAt.Add(time.Duration(float64(today.Sub(p.createdAt)) * (1 - r.Float64()*r.Float64()))).Truncate(time.Microsecond)
			p.seenAt = &seen
		}
		if r.IntN(10) < 3 {
			p.owner = &owners[r.IntN(len(owners))]
		}
		c.all = append(c.all, p)
	}
}

// fullName answers a name out of syllables, so that parts of names are as rare as those of people are.
func fullName(r *rand.Rand) string {
	const syllables = "anbertocadolenaromiguelsafinojuritakelimohanupewasitoxyzuvobraclydene"
	word := func() string {
		var w []byte
		for range 2 + r.IntN(2) {
			at := r.IntN(len(syllables) - 3)
			w = append(w, syllables[at:at+3]...)
		}
		w[0] -= 'a' - 'A'
		return string(w)
	}
	return word() + " " + word()
}

// move puts the crowd into the tables that lists are read from, and makes their indexes after.
func (c *crowd) move(ctx context.Context, pool *postgres.Pool, g projections.Group) error {
	rows := map[string]func(yield func([]any) error) error{
		"contacts": c.contactRows, "contact_tags": c.tagRows, "tags": c.neighbourTags, "contact_search": c.nameRows,
	}
	schema := postgres.Schema(g)
	for _, t := range g.Tables() {
		produce, filled := rows[t.Name()]
		if !filled {
			continue
		}
		if err := bare(ctx, pool, schema, t.Name()); err != nil {
			return err
		}
		if err := copyInto(ctx, pool, pgx.Identifier{schema, t.Name()}, columnsOf[t.Name()], produce); err != nil {
			return fmt.Errorf("fill %s: %w", t.Name(), err)
		}
		if err := furnish(ctx, pool, schema, t); err != nil {
			return err
		}
	}
	_, err := pool.Exec(ctx, `insert into `+schema+`.tag_usage (org, number, contacts)
		select c.org, n, count(*) from `+schema+`.contacts c, unnest(c.tags) n group by 1, 2
		on conflict (org, number) do update set contacts = excluded.contacts`)
	return err
}

var columnsOf = map[string][]string{
	"contacts": {
		"org", "contact", "name", "phone", "wa_id", "country", "lead_status", "lead_status_since", "owner", "tags", "channels", "origin",
		"source", "created_at", "created_by_kind", "first_seen_at", "last_seen_at", "last_message_at", "revision",
	},
	"contact_tags":   {"org", "contact", "assignment", "tag", "number", "value_number", "value", "source", "assigned_at", "assigned_by_kind"},
	"contact_search": {"org", "contact", "part", "name"},
	"tags":           {"org", "tag", "number", "name", "color", "kind", "policy", "created_at", "created_by_kind", "revision"},
}

func (c *crowd) contactRows(yield func([]any) error) error {
	for _, p := range c.all {
		numbers := make([]int32, len(p.worn))
		for i, g := range p.worn {
			numbers[i] = int32(g.number)
		}
		err := yield([]any{
			p.org, p.id, p.name, p.phone, p.phone[1:], "US", p.status, p.createdAt, p.owner, numbers, []uuid.UUID{p.channel}, "message",
			"whatsapp", p.createdAt, "channel", p.seenAt, p.seenAt, p.seenAt, int64(2 + len(p.worn)),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *crowd) nameRows(yield func([]any) error) error {
	for _, p := range c.all {
		if err := yield([]any{p.org, p.id, int64(-1), p.name}); err != nil { // -1 is the part with a contact's names
			return err
		}
	}
	return nil
}

func (c *crowd) tagRows(yield func([]any) error) error {
	r := rand.New(rand.NewPCG(2026, 6)) //nolint:gosec // the same each time
	for _, p := range c.all {
		for _, g := range p.worn {
			var number *int32
			var text *string
			if n := len(g.values); n > 0 {
				chosen := int32(1 + r.IntN(n)) //nolint:gosec // a handful
				number = &chosen
			} else if g.kind == "valued" {
				city := fullName(r)
				text = &city
			}
			if err := yield([]any{p.org, p.id, draw(r), g.id.UUID, int32(g.number), number, text, "manual_agent", p.createdAt, "agent"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// neighbourTags are the catalogues of the other organisations; that of the bench's own came out of its log.
func (c *crowd) neighbourTags(yield func([]any) error) error {
	last := c.org
	for _, p := range c.all {
		if p.org == last {
			continue
		}
		last = p.org
		for _, g := range c.garments {
			if err := yield([]any{p.org, g.id.UUID, int32(g.number), g.name, "default", string(g.kind), "", today, "owner", int64(g.number)}); err != nil {
				return err
			}
		}
	}
	return nil
}
