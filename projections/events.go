package projections

import (
	"slices"
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

	return Define("events", 1, events, tags,
		OnEvery(func(w *Writer, e event.Recorded[event.Event]) {
			w.Put(events, Cols{
				"org": e.Org(), "position": e.Position, "id": e.ID, "stream": e.Stream, "revision": e.Revision,
				"type": e.Data.EventName(), "version": e.Metadata.Version, "recorded_at": e.RecordedAt, "occurred_at": e.Metadata.OccurredAt,
				"actor_kind": e.Metadata.Actor.Kind, "actor": actorID(e.Metadata.Actor), "source": e.Metadata.Source,
				"contact": contactOf(e), "operation": e.Metadata.OperationID, "command": e.Metadata.CommandID,
				"data": e.Raw.Data, "metadata": e.Raw.Metadata,
			})
			for _, number := range numbersIn(e.Data) {
				w.Put(tags, Cols{"org": e.Org(), "number": number, "position": e.Position})
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

// numbersIn answers which tags an event is about.
func numbersIn(e event.Event) []tag.Number {
	switch e := e.(type) {
	case tag.Created:
		return []tag.Number{e.Number}
	case tag.Renamed:
		return []tag.Number{e.Number}
	case tag.Described:
		return []tag.Number{e.Number}
	case tag.Recolored:
		return []tag.Number{e.Number}
	case tag.ValueAdded:
		return []tag.Number{e.Number}
	case tag.ValueRetired:
		return []tag.Number{e.Number}
	case tag.Deleted:
		return []tag.Number{e.Number}
	case tag.Restored:
		return []tag.Number{e.Number}
	case tag.Merged:
		return []tag.Number{e.Number, e.IntoNumber}
	case tag.Unmerged:
		return []tag.Number{e.Number, e.FromNumber}
	case contact.TagAssigned:
		return []tag.Number{e.Number}
	case contact.TagRemoved:
		return []tag.Number{e.Number}
	case contact.TagValueChanged:
		return []tag.Number{e.Number}
	case contact.Archived:
		return numbersOf(e.Assignments)
	case contact.Restored:
		return numbersOf(e.Assignments)
	case contact.Merged:
		return numbersOf(slices.Concat(e.Ended, e.Taken))
	case contact.Separated:
		return numbersOf(slices.Concat(e.Reopened, e.Returned))
	case contact.Absorbed:
		return numbersOf(openOf(e.Taken))
	case contact.Released:
		return numbersOf(openOf(e.Returned))
	case contact.Erased:
		return numbersOf(e.Assignments)
	default:
		return nil
	}
}

func numbersOf(assignments []contact.OpenAssignment) []tag.Number {
	numbers := make([]tag.Number, len(assignments))
	for i, open := range assignments {
		numbers[i] = open.Number
	}
	return numbers
}

func openOf(moved []contact.MovedAssignment) []contact.OpenAssignment {
	open := make([]contact.OpenAssignment, len(moved))
	for i, m := range moved {
		open[i] = contact.OpenAssignment{Assignment: m.Assignment, Number: m.Number}
	}
	return open
}
