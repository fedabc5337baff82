package projections

import (
	"tagtrail/domain/event"
	"tagtrail/domain/segment"
)

// SegmentMembers answers: who is in a dynamic segment since when, who was in it, and how many are?
//
// Members are as somebody recorded them who compared the segment's filter with
// them; a moment may have passed since the filter meant somebody else.
func SegmentMembers() Projection {
	members := NewTable("segment_members", Key("org", "segment", "contact"), `
		org        uuid,
		segment    uuid,
		contact    uuid,
		entered_at timestamptz not null,
		position   bigint not null`,
		Index(`create index segment_members_by_entry on {table} (org, segment, position desc, contact)`),
		Index(`create index segment_members_of_contact on {table} (org, contact)`),
	)
	turns := NewTable("segment_turns", Key("org", "segment", "contact", "position"), `
		org        uuid,
		segment    uuid,
		contact    uuid,
		position   bigint,
		entered    boolean not null,
		at         timestamptz not null,
		definition bigint not null,
		cause      text not null`,
		Index(`create index segment_turns_by_position on {table} (org, segment, position desc, contact)`),
	)
	sizes := NewTable("segment_sizes", Key("org", "segment"), `
		org      uuid,
		segment  uuid,
		members  bigint not null default 0,
		revision bigint not null default 0`)

	return Define("segment_members", 1, members, turns, sizes,
		On(func(w *Writer, e event.Recorded[segment.MembersEntered]) {
			of := segment.WithMembers(e)
			for _, id := range e.Data.Contacts {
				w.Put(members, Cols{"org": e.Org(), "segment": of, "contact": id, "entered_at": e.RecordedAt, "position": e.Position})
				w.Put(turns, Cols{
					"org": e.Org(), "segment": of, "contact": id, "position": e.Position,
					"entered": true, "at": e.RecordedAt, "definition": e.Data.Definition, "cause": e.Data.Cause,
				})
			}
			resize(w, sizes, At{e.Org(), of}, len(e.Data.Contacts), e.Revision)
		}),
		On(func(w *Writer, e event.Recorded[segment.MembersLeft]) {
			of := segment.WithMembers(e)
			for _, id := range e.Data.Contacts {
				w.Delete(members, At{e.Org(), of, id})
				w.Put(turns, Cols{
					"org": e.Org(), "segment": of, "contact": id, "position": e.Position,
					"entered": false, "at": e.RecordedAt, "definition": e.Data.Definition, "cause": e.Data.Cause,
				})
			}
			resize(w, sizes, At{e.Org(), of}, -len(e.Data.Contacts), e.Revision)
		}),
	)
}

// resize counts members, and remembers which event of theirs was last.
func resize(w *Writer, sizes *Table, at At, by int, revision event.Revision) {
	w.Add(sizes, at, Cols{"members": by})
	w.Set(sizes, at, Cols{"revision": revision})
}
