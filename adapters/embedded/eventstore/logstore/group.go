package logstore

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// How much one group of requests may hold. A group is one Pebble batch, so what waits while a disk syncs shares the next sync.
const (
	maxGroupRequests = 1024
	maxGroupBytes    = 4 << 20
)

// group is what becomes durable together, and the answers that wait for it. Refusals wait too: they were decided
// by events that may not be durable yet.
type group struct {
	batch   *pebble.Batch // nil when nothing was written
	last    eventlog.Position
	answers []answer
	bells   []*bell // of those who wait for what was written
}

type answer struct {
	done     func(eventlog.Appended, error)
	appended eventlog.Appended
	err      error
}

func (g *group) full() bool {
	return len(g.answers) >= maxGroupRequests || g.batch != nil && g.batch.Len() >= maxGroupBytes
}

// refused is the group with nothing written and the same answer for all.
func (g group) refused(err error) group {
	for i := range g.answers {
		g.answers[i].appended, g.answers[i].err = eventlog.Appended{}, err
	}
	return group{answers: g.answers}
}

// trail is what the group under way adds to streams. It goes into the batch at the end and sorted, each kind of key by
// itself: Pebble's memory takes a key right behind the last one for half of what it takes one anywhere else.
type trail struct {
	events []step
	heads  []moved
}

// step is one more event of a stream.
type step struct {
	stream   string
	revision int64
	position eventlog.Position
}

// moved is a head that the group moved, once or more often.
type moved struct {
	owner string
	head  *head
}

func (t *trail) add(s step) { t.events = append(t.events, s) }

func (t *trail) move(h *head, owner string) {
	if !h.moved {
		h.moved = true
		t.heads = append(t.heads, moved{owner, h})
	}
}

// into writes the trail to a batch.
func (t *trail) into(batch *pebble.Batch) error {
	slices.SortFunc(t.events, func(a, b step) int {
		return cmp.Or(cmp.Compare(len(a.stream), len(b.stream)), cmp.Compare(a.stream, b.stream), cmp.Compare(a.revision, b.revision))
	})
	for _, s := range t.events {
		index := batch.SetDeferred(indexKeySize(s.stream), 8)
		appendIndexKey(index.Key[:0], s.stream, s.revision)
		binary.BigEndian.PutUint64(index.Value, uint64(s.position))
		if err := index.Finish(); err != nil {
			return err
		}
	}
	slices.SortFunc(t.heads, func(a, b moved) int { return cmp.Compare(a.owner, b.owner) })
	var key, value []byte
	for _, m := range t.heads {
		key, value = appendHeadKey(key[:0], m.owner), m.head.encode(value[:0])
		if err := batch.Set(key, value, nil); err != nil {
			return err
		}
	}
	return nil
}

// begin forgets the last group and lets go of its names.
func (t *trail) begin() {
	for _, m := range t.heads {
		m.head.moved = false
	}
	clear(t.events)
	clear(t.heads)
	t.events, t.heads = t.events[:0], t.heads[:0]
}
