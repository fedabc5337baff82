package logstore

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/google/uuid"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// decide answers one request and adds what it writes to the group. An error is a refusal and leaves nothing behind,
// except for errBroken, after which the writer stops.
func (w *writer) decide(r *request) (eventlog.Appended, error) {
	p := placeOf(r.stream)
	h, err := w.heads.load(w.db, p.owner)
	if err != nil {
		return eventlog.Appended{}, broken(err)
	}
	switch r.kind {
	case softDelete:
		return w.softDelete(r, h, p)
	case tombstone:
		return w.tombstone(r, h, p)
	default:
		return w.append(r, h, p)
	}
}

func (w *writer) append(r *request, h *head, p place) (eventlog.Appended, error) {
	earlier, repeated, err := w.check(r, h, p)
	if err != nil || repeated {
		return earlier, err
	}
	if len(r.events) == 0 {
		return eventlog.Appended{Revision: h.end(p)}, nil
	}
	recreated, recreates, err := w.recreation(r, h, p)
	if err != nil {
		return eventlog.Appended{}, err
	}
	at, err := w.write(r.stream, h, p, r.events)
	if err != nil {
		return eventlog.Appended{}, err
	}
	done := eventlog.Appended{Revision: h.end(p), Position: at}
	if recreates {
		_, err = w.write(eventlog.MetastreamOf(p.owner), h, place{p.owner, true}, recreated)
	}
	return done, err
}

// recreation is the metadata that lets a soft-deleted stream begin again: its newest metadata, which may come with
// this very append, truncated before the first new revision. It is made before anything is written, because reading
// commits the group and events and metadata must become durable together.
func (w *writer) recreation(r *request, h *head, p place) ([]eventlog.Proposed, bool, error) {
	if !h.metadata.SoftDeleted() {
		return nil, false, nil
	}
	var newest []byte
	if p.meta {
		newest = r.events[len(r.events)-1].Data
	} else {
		e, _, err := w.eventAt(eventlog.MetastreamOf(r.stream), h.metaLast)
		if err != nil {
			return nil, false, err
		}
		newest = []byte(e.Data)
	}
	changed, ok := eventlog.Recreate(newest, h.last+1)
	return metadataEvent(changed), ok, nil
}

// softDelete hides a stream by its metadata. The metadata of a metastream is fixed, so deleting one is recorded and hides nothing.
func (w *writer) softDelete(r *request, h *head, p place) (eventlog.Appended, error) {
	r.events = metadataEvent(eventlog.SoftDelete())
	if h.end(p) != eventlog.DeletedRevision && !h.exists(p) {
		return eventlog.Appended{}, &eventlog.WrongRevision{Expected: r.expected, Current: h.end(p)}
	}
	if _, _, err := w.check(r, h, p); err != nil {
		return eventlog.Appended{}, err
	}
	if p.meta {
		above, err := w.heads.load(w.db, r.stream)
		if err != nil {
			return eventlog.Appended{}, broken(err)
		}
		h = above
	}
	if h.metaLast == eventlog.DeletedRevision {
		return eventlog.Appended{}, eventlog.ErrStreamDeleted
	}
	at, err := w.write(eventlog.MetastreamOf(r.stream), h, place{r.stream, true}, r.events)
	return eventlog.Appended{Revision: h.metaLast, Position: at}, err
}

func (w *writer) tombstone(r *request, h *head, p place) (eventlog.Appended, error) {
	r.events = []eventlog.Proposed{{ID: eventlog.ID(uuid.New()), Type: eventlog.TombstoneType}}
	if _, _, err := w.check(r, h, p); err != nil {
		return eventlog.Appended{}, err
	}
	h.setEnd(p, eventlog.DeletedRevision-1)
	at, err := w.write(r.stream, h, p, r.events)
	return eventlog.Appended{Revision: eventlog.DeletedRevision, Position: at}, err
}

func metadataEvent(data []byte) []eventlog.Proposed {
	return []eventlog.Proposed{{ID: eventlog.ID(uuid.New()), Type: eventlog.MetadataType, JSON: true, Data: data}}
}

// check compares what was expected of a stream with what it is. It answers the earlier append when this one repeats it.
func (w *writer) check(r *request, h *head, p place) (earlier eventlog.Appended, repeated bool, err error) {
	current := h.end(p)
	wrong := &eventlog.WrongRevision{Expected: r.expected, Current: current}
	switch {
	case current == eventlog.DeletedRevision:
		return earlier, false, eventlog.ErrStreamDeleted
	case r.expected == eventlog.StreamExists && h.softDeleted(p):
		return earlier, false, eventlog.ErrStreamDeleted
	case r.expected == eventlog.StreamExists && !h.exists(p):
		return earlier, false, wrong
	case r.expected == eventlog.Any || r.expected == eventlog.StreamExists:
		return w.repeatsRecent(r, wrong)
	case int64(r.expected) < eventlog.NoRevision || int64(r.expected) > current:
		return earlier, false, wrong
	case int64(r.expected) < current:
		return w.repeatsAt(r, h.softDeleted(p), wrong)
	}
	return earlier, false, nil
}

// repeatsRecent looks for the ids among the latest ones. A first id that is known followed by one that is not is no repetition and no new append either.
func (w *writer) repeatsRecent(r *request, wrong error) (earlier eventlog.Appended, repeated bool, err error) {
	for i, e := range r.events {
		where, known := w.recent.find(e.ID, r.stream)
		if !known && i == 0 {
			return earlier, false, nil
		}
		if !known {
			return eventlog.Appended{}, false, wrong
		}
		earlier = eventlog.Appended{Revision: where.revision, Position: where.position}
	}
	return earlier, len(r.events) > 0, nil
}

// repeatsAt compares the ids with the events behind the expected revision, however long ago they were written.
func (w *writer) repeatsAt(r *request, softDeleted bool, wrong error) (earlier eventlog.Appended, repeated bool, err error) {
	for i, e := range r.events {
		revision := int64(r.expected) + 1 + int64(i)
		there, found, err := w.eventAt(r.stream, revision)
		switch {
		case err != nil:
			return eventlog.Appended{}, false, err
		case found && there.ID == e.ID:
			earlier = eventlog.Appended{Revision: revision, Position: there.Position}
		case i == 0 && r.expected == eventlog.NoStream && softDeleted:
			return eventlog.Appended{}, false, nil
		default:
			return eventlog.Appended{}, false, wrong
		}
	}
	if len(r.events) == 0 {
		return eventlog.Appended{}, false, wrong
	}
	return earlier, true, nil
}

// eventAt reads an event of a stream, also one that the group under way wrote: that is committed first.
func (w *writer) eventAt(stream string, revision int64) (eventlog.Event, bool, error) {
	w.commit()
	if err := w.halt.get(); err != nil {
		return eventlog.Event{}, false, err
	}
	value, closer, err := w.db.Get(indexKey(stream, revision))
	if errors.Is(err, pebble.ErrNotFound) {
		return eventlog.Event{}, false, nil
	}
	if err != nil {
		return eventlog.Event{}, false, broken(fmt.Errorf("look up an event of %q: %w", stream, err))
	}
	at, err := decodePosition(value)
	_ = closer.Close()
	if err != nil {
		return eventlog.Event{}, false, broken(err)
	}
	value, closer, err = w.db.Get(eventKey(at))
	if err != nil {
		return eventlog.Event{}, false, broken(fmt.Errorf("read the event at %d: %w", at, err))
	}
	defer func() { _ = closer.Close() }()
	e, err := decodeEvent(at, value)
	if err != nil {
		return eventlog.Event{}, false, broken(err)
	}
	return e, true, nil
}
