package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/projections"
)

const lastSeen = "last-seen changes"

// seeing measures what a message does to the row of who wrote it: goal 17.
func seeing(ctx context.Context, t *table, h *house) (err error) {
	if !t.wanted(lastSeen) {
		return nil
	}
	if err := h.stop(); err != nil {
		return err
	}
	h.stop = func() error { return nil }
	s, err := newSeen(ctx, h)
	if err != nil {
		return err
	}
	t.note("last-seen changes: batches of " + strconv.Itoa(talk) + " messages from anybody; the narrow table has the key, the time and the order by it")
	measured := t.add(ctx, row{lastSeen, "17: ≥ 0.5", "/s", false, s.side("projected", t.turn, s.project), s.side("narrow table", t.turn, s.update)})
	s.sink.Release(ctx, s.generation)
	_ = s.narrow.Close(context.WithoutCancel(ctx))
	if ctx.Err() == nil {
		h.stop, err = h.project(ctx, console())
	}
	return errors.Join(measured, err)
}

// talk is how many messages come at once.
const talk = 500

// seen writes down when contacts were last seen.
type seen struct {
	crowd      *crowd
	sink       *postgres.Sink
	generation projections.Generation
	contacts   projections.Group // the projection of contacts alone, into the same tables
	narrow     *pgx.Conn
	r          *rand.Rand
	now        time.Time
}

func newSeen(ctx context.Context, h *house) (*seen, error) {
	s := &seen{
		crowd: h.crowd, sink: postgres.NewSink(h.pool), now: today.AddDate(0, 1, 0),
		contacts: projections.Group{Name: console().Name, Projections: []projections.Projection{projections.Contacts()}},
		r:        rand.New(rand.NewPCG(17, 17)), //nolint:gosec // the same messages each time
	}
	var led bool
	var err error
	if s.generation, led, err = s.sink.Lead(ctx, console()); err != nil || !led {
		return nil, errors.Join(err, errors.New("somebody else leads the console's tables"))
	}
	for _, statement := range []string{
		"create table public.seen (org uuid, contact uuid, last_seen_at timestamptz, primary key (org, contact))",
		"insert into public.seen select org, contact, last_seen_at from " + pgx.Identifier{s.generation.Schema, "contacts"}.Sanitize(),
		"create index seen_by_time on public.seen (org, last_seen_at, contact)",
		"analyze public.seen",
	} {
		if _, err := h.pool.Exec(ctx, statement); err != nil {
			return nil, fmt.Errorf("make a narrow table: %w", err)
		}
	}
	if s.narrow, err = pgx.ConnectConfig(ctx, h.pool.Config().ConnConfig); err != nil {
		return nil, err
	}
	_, err = s.narrow.Exec(ctx, `select set_config('synchronous_commit', 'off', false), set_config('plan_cache_mode', 'force_generic_plan', false),
		set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false)`)
	return s, err
}

func (s *seen) side(name string, turn time.Duration, write func(ctx context.Context, who []uuid.UUID, at []time.Time) error) side {
	return side{name, func(ctx context.Context) (float64, error) {
		return paced(ctx, func(ctx context.Context) (written int, err error) {
			for began := time.Now(); err == nil && (written == 0 || time.Since(began) < turn); written += talk {
				err = write(ctx, s.somebody(), s.times())
			}
			return written, err
		})
	}}
}

// somebody answers who writes, most of them once.
func (s *seen) somebody() []uuid.UUID {
	who := make([]uuid.UUID, talk)
	for i := range who {
		who[i] = s.crowd.contacts[s.r.IntN(len(s.crowd.contacts))]
	}
	return who
}

func (s *seen) times() []time.Time {
	at := make([]time.Time, talk)
	for i := range at {
		s.now = s.now.Add(time.Millisecond)
		at[i] = s.now
	}
	return at
}

// project does what the messages do to the contacts, and leaves the checkpoint where it is.
func (s *seen) project(ctx context.Context, who []uuid.UUID, at []time.Time) error {
	events := make([]event.Recorded[event.Event], len(who))
	for i := range events {
		events[i].Metadata.Organization = s.crowd.org
		events[i].Data = message.Received{Contact: contact.ID{UUID: who[i]}, SentAt: at[i]}
	}
	changes, err := s.contacts.Project(events)
	if err != nil {
		return err
	}
	return s.sink.Commit(ctx, s.generation, changes, s.generation.Position, s.generation.Position)
}

func (s *seen) update(ctx context.Context, who []uuid.UUID, at []time.Time) error {
	ids := make([][16]byte, len(who)) // which pgx sends as they are
	for i, id := range who {
		ids[i] = id
	}
	_, err := s.narrow.Exec(ctx, `
		update public.seen as t set last_seen_at = greatest(t.last_seen_at, v.at)
		from (select u.contact, max(u.at) as at from unnest($2::uuid[], $3::timestamptz[]) as u (contact, at) group by u.contact) v
		where t.org = $1 and t.contact = v.contact`, s.crowd.org, ids, at)
	return err
}
