package logstore

import "tagtrail/adapters/embedded/eventstore/eventlog"

// landed is where an event came to lie.
type landed struct {
	stream   string
	revision int64
	position eventlog.Position
}

// recent remembers where the latest ids were written: what recognises a repeated append that expects no revision.
// It is bounded, and filled again from the end of the log when the store is opened.
type recent struct {
	ring []entry
	next int
	at   map[eventlog.ID]landed
}

type entry struct {
	id       eventlog.ID
	position eventlog.Position
}

func newRecent(size int) *recent {
	return &recent{ring: make([]entry, 0, size), at: make(map[eventlog.ID]landed)}
}

func (r *recent) add(id eventlog.ID, where landed) {
	e := entry{id, where.position}
	if len(r.ring) < cap(r.ring) {
		r.ring = append(r.ring, e)
	} else {
		r.forget(r.ring[r.next])
		r.ring[r.next] = e
		r.next = (r.next + 1) % len(r.ring)
	}
	r.at[id] = where
}

// forget drops an id unless it was written again since: ids need not be unique.
func (r *recent) forget(e entry) {
	if r.at[e.id].position == e.position {
		delete(r.at, e.id)
	}
}

func (r *recent) find(id eventlog.ID, stream string) (landed, bool) {
	where, ok := r.at[id]
	return where, ok && where.stream == stream
}
