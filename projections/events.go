package projections

import (
	"strings"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/tag"
)

// Events answers: what was recorded, by whom, and about what?
//
// Data and metadata are kept letter by letter as the log holds them, so that what
// is read here can be held against the log. An event may be about several tags:
// which, is a table of its own.
func Events() Projection {
	events := NewTable("events", Key("org", "position"), `
		org         uuid,
		position    bigint,
		id          uuid not null,
		stream      text not null,
		revision    bigint not null,
		type        text not null,
		version     int not null,
		recorded_at timestamptz not null,
		occurred_at timestamptz not null,
		actor_kind  text not null,
		actor       uuid,
		source      text not null,
		contact     uuid,
		operation   uuid,
		command     uuid,
		data        text not null,
		metadata    text not null`,
		Index(`create index events_of_contact on {table} (org, contact, position) where contact is not null`),
		Index(`create index events_by_actor on {table} (org, actor, position)`),
		Index(`create index events_by_type on {table} (org, type, position)`),
		Index(`create index events_of_operation on {table} (org, operation, position) where operation is not null`),
		Index(`create index events_of_nobody on {table} (org, stream, position) where contact is null`),
		Index(`create index events_by_time on {table} using brin (recorded_at)`),
	)
	tags := NewTable("event_tags", Key("org", "number", "position"), `
		org      uuid,
		number   int,
		position bigint`)

	about := func(w *Writer, org uuid.UUID, position event.Position, numbers ...tag.Number) {
		for _, number := range numbers {
			w.Put(tags, Cols{"org": org, "number": number, "position": position})
		}
	}

	return Define("events", 1, events, tags,
		OnEvery(func(w *Writer, e event.Recorded[event.Event]) {
			w.Put(events, Cols{
				"org": e.Org(), "position": e.Position, "id": e.ID, "stream": e.Stream, "revision": e.Revision,
				"type": e.Data.EventName(), "version": e.Metadata.Version, "recorded_at": e.RecordedAt, "occurred_at": e.Metadata.OccurredAt,
				"actor_kind": e.Metadata.Actor.Kind, "actor": actorID(e.Metadata.Actor), "source": e.Metadata.Source,
				"contact": contactOf(e), "operation": e.Metadata.OperationID, "command": e.Metadata.CommandID,
				"data": e.Raw.Data, "metadata": e.Raw.Metadata,
			})
		}),
		On(func(w *Writer, e event.Recorded[tag.Created]) { about(w, e.Org(), e.Position, e.Data.Number) }),
		On(func(w *Writer, e event.Recorded[tag.Renamed]) { about(w, e.Org(), e.Position, e.Data.Number) }),
		On(func(w *Writer, e event.Recorded[tag.Described]) { about(w, e.Org(), e.Position, e.Data.Number) }),
		On(func(w *Writer, e event.Recorded[tag.Recolored]) { about(w, e.Org(), e.Position, e.Data.Number) }),
		On(func(w *Writer, e event.Recorded[tag.ValueAdded]) { about(w, e.Org(), e.Position, e.Data.Number) }),
		On(func(w *Writer, e event.Recorded[tag.ValueRetired]) { about(w, e.Org(), e.Position, e.Data.Number) }),
		On(func(w *Writer, e event.Recorded[tag.Deleted]) { about(w, e.Org(), e.Position, e.Data.Number) }),
		On(func(w *Writer, e event.Recorded[tag.Restored]) { about(w, e.Org(), e.Position, e.Data.Number) }),
		On(func(w *Writer, e event.Recorded[contact.TagAssigned]) { about(w, e.Org(), e.Position, e.Data.Number) }),
		On(func(w *Writer, e event.Recorded[contact.TagRemoved]) { about(w, e.Org(), e.Position, e.Data.Number) }),
		On(func(w *Writer, e event.Recorded[contact.TagValueChanged]) {
			about(w, e.Org(), e.Position, e.Data.Number)
		}),
		On(func(w *Writer, e event.Recorded[contact.Erased]) {
			for _, open := range e.Data.Assignments {
				about(w, e.Org(), e.Position, open.Number)
			}
		}),
	)
}

// contactOf answers whom an event is about: the contact that a message names, else the one that a stream is named after.
func contactOf(e event.Recorded[event.Event]) uuid.UUID {
	if said, ok := e.Data.(message.Event); ok {
		return event.Subject(e.Stream, said)
	}
	if category, _, _ := strings.Cut(e.Stream, "-"); category == "contact" || category == "conversation" {
		return event.Subject(e.Stream, e.Data)
	}
	return uuid.Nil
}
