package main

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/personal"
)

// eventsEach is how many events a contact of the log has.
const eventsEach = 10

// live writes the log of contacts who were met twice, ten events each: whoever is met is written to, tagged and moved in
// the funnel there and then. It answers the contacts.
func (s *service) live(ctx context.Context, size int, garments []*garment) ([]contact.ID, error) {
	r := rand.New(rand.NewPCG(2026, 7)) //nolint:gosec // the same log each time
	lives := make([]*life, size)
	ids := make([]contact.ID, size)
	channel := draw(r)
	for i := range lives {
		ids[i] = contact.ID{UUID: draw(r)}
		lives[i] = &life{service: s, id: ids[i], channel: channel, r: rand.New(rand.NewPCG(uint64(i), 8)), revision: event.NoStream} //nolint:gosec // as above
		lives[i].worn = append(dress(lives[i].r, garments), garments[0], garments[1], garments[2])[:3]
	}
	for _, met := range []func(*life, context.Context) error{(*life).first, (*life).again} {
		if err := eachOf(ctx, lives, met); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// eachOf lets 64 writers share the work.
func eachOf(ctx context.Context, lives []*life, do func(*life, context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var working sync.WaitGroup
	for range 64 {
		working.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(lives)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				if err := do(lives[i], ctx); err != nil {
					cancel(err)
				}
			}
		})
	}
	working.Wait()
	return context.Cause(ctx)
}

// life is one contact's.
type life struct {
	*service
	id       contact.ID
	channel  uuid.UUID
	r        *rand.Rand
	worn     []*garment
	stays    []contact.AssignmentID
	revision event.Revision
}

func (l *life) first(ctx context.Context) error {
	number := "+1650" + strconv.Itoa(3_000_000+l.r.IntN(6_000_000))
	return l.happens(ctx,
		contact.Created{
			Origin: contact.OriginMessage, LeadStatus: contact.Cold,
			Identity: contact.Identity{Kind: contact.Number, Value: personal.New(number), WaID: personal.New(number[1:]), Country: "US", Channel: l.channel},
		},
		contact.ProfileNameChanged{Name: personal.New(fullName(l.r)), Channel: l.channel},
		l.puts(0), l.puts(1),
		contact.LeadStatusChanged{From: contact.Cold, To: contact.Warm, Kind: contact.Advance, Since: today},
	)
}

func (l *life) again(ctx context.Context) error {
	return l.happens(ctx,
		contact.TagRemoved{Tag: l.worn[0].id, Number: l.worn[0].number, Assignment: l.stays[0]},
		l.puts(2),
		contact.LeadStatusChanged{From: contact.Warm, To: contact.Hot, Kind: contact.Advance, Since: today},
	)
}

func (l *life) puts(nth int) contact.TagAssigned {
	stay := contact.AssignmentID{UUID: draw(l.r)}
	l.stays = append(l.stays, stay)
	g := l.worn[nth]
	assigned := contact.TagAssigned{Tag: g.id, Number: g.number, Assignment: stay}
	switch {
	case len(g.values) > 0:
		assigned.Value = &contact.TagValue{Number: 1}
	case g.kind == "valued":
		assigned.Value = &contact.TagValue{Text: personal.New("Lima")}
	}
	return assigned
}

// happens appends what happens to the contact, and a message of the same moment to its own stream.
func (l *life) happens(ctx context.Context, events ...contact.Event) error {
	metadata := event.Metadata{
		Organization: l.org.UUID, Actor: l.actor(), Source: event.WhatsApp, OccurredAt: time.Now(), CommandID: draw(l.r),
	}
	envelopes := make([]event.Envelope, len(events))
	for i, e := range events {
		envelopes[i] = event.Envelope{ID: draw(l.r), Metadata: metadata, Event: e}
	}
	if _, err := l.events.Append(ctx, l.id.Stream(), l.revision, envelopes); err != nil {
		return err
	}
	l.revision += event.Revision(len(events))
	received := message.Received{
		Contact: l.id, Channel: l.channel, Kind: "text", Wamid: personal.New("wamid." + draw(l.r).String()),
		Text: personal.New("Is the blue one still there?"), SentAt: time.Now(),
	}
	_, err := l.events.Append(ctx, message.ID{UUID: draw(l.r)}.Stream(), event.NoStream, []event.Envelope{{ID: draw(l.r), Metadata: metadata, Event: received}})
	return err
}
