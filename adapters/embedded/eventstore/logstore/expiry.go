package logstore

import (
	"fmt"
	"sort"

	"github.com/cockroachdb/pebble/v2"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// skipExpired raises the lowest revision of the walk to the first that is not too old. It asks for a few events, not
// for each: time goes forwards along a stream. Where a clock was set back, events are hidden too early by no more than
// that; what is still too old behind the first that is not, the walk leaves out one by one.
func (w *streamWalk) skipExpired(index, events *pebble.Iterator) error {
	lowest := w.lowest
	if !w.query.Backwards {
		lowest = w.page.Next
	}
	var failed error
	young := func(revision int64) bool {
		if failed != nil || !index.SeekGE(indexKey(w.query.Stream, revision)) {
			return true
		}
		r, _, err := eventBehind(index, events)
		if err != nil {
			failed = fmt.Errorf("revision %d: %w", revisionOf(index.Key()), err)
			return true
		}
		return r.created() >= w.oldest
	}
	if !young(lowest) {
		older := lowest + 1
		lowest = older + int64(sort.Search(int(w.page.Last+1-older), func(n int) bool { return young(older + int64(n)) }))
	}
	if failed != nil {
		return failed
	}
	w.lowest = lowest
	index.SetBounds(indexKey(w.query.Stream, lowest), indexKey(w.query.Stream, w.page.Last+1))
	if !w.query.Backwards {
		w.page.Next = lowest
	}
	return index.Error()
}

// eventBehind finds the event that an index entry names.
func eventBehind(index, events *pebble.Iterator) (record, eventlog.Position, error) {
	at, err := decodePosition(index.Value())
	if err != nil {
		return record{}, 0, err
	}
	if !events.SeekGE(eventKey(at)) || positionOf(events.Key()) != at {
		if err := events.Error(); err != nil {
			return record{}, 0, err
		}
		return record{}, 0, fmt.Errorf("the event at %d is missing", at)
	}
	r, err := openRecord(events.Value())
	return r, at, err
}
