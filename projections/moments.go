package projections

import (
	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/message"
)

// Moments answers: at which position was an organisation's log at a time?
//
// A version is one event, with the latest time at which anything was recorded up
// to it: clocks step, and of two positions the later must never be the earlier
// time. It also knows the latest time at which anybody wrote, so that a list of
// those seen last can begin there.
func Moments() Projection {
	moments := NewTable("moments", Key("org"), `
		org         uuid,
		events      bigint not null default 0,
		recorded_at timestamptz,
		seen_at     timestamptz`,
		History(),
		Index(`create index moments_by_time on {table} (org, recorded_at, from_position)`),
	)

	return Define("moments", 1, moments,
		OnEvery(func(w *Writer, e event.Recorded[event.Event]) {
			if e.Org() == uuid.Nil {
				return
			}
			w.Add(moments, At{e.Org()}, Cols{"events": 1})
			w.Raise(moments, At{e.Org()}, Cols{"recorded_at": e.RecordedAt})
			if m, ok := e.Data.(message.Received); ok {
				w.Raise(moments, At{e.Org()}, Cols{"seen_at": m.SentAt})
			}
		}),
	)
}
