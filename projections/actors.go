package projections

import (
	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/rule"
)

// Actors answers: what is somebody called who did something?
func Actors() Projection {
	actors := NewTable("actors", Key("org", "actor"), `
		org   uuid,
		actor uuid,
		name  text`)

	return Define("actors", 1, actors,
		On(func(w *Writer, e event.Recorded[organization.KeyCreated]) {
			w.Put(actors, Cols{"org": e.Org(), "actor": e.Data.Key, "name": e.Data.Name})
		}),
		On(func(w *Writer, e event.Recorded[organization.MemberAdded]) {
			w.Put(actors, Cols{"org": e.Org(), "actor": e.Data.Member, "name": e.Data.Name})
		}),
		On(func(w *Writer, e event.Recorded[organization.MemberRenamed]) {
			w.Set(actors, At{e.Org(), e.Data.Member}, Cols{"name": e.Data.Name})
		}),
		On(func(w *Writer, e event.Recorded[organization.ChannelAdded]) {
			w.Put(actors, Cols{"org": e.Org(), "actor": e.Data.Channel, "name": e.Data.Name})
		}),
		On(func(w *Writer, e event.Recorded[rule.Defined]) {
			w.Put(actors, Cols{"org": e.Org(), "actor": rule.Of(e), "name": e.Data.Name})
		}),
		On(func(w *Writer, e event.Recorded[rule.Renamed]) {
			w.Set(actors, At{e.Org(), rule.Of(e)}, Cols{"name": e.Data.Name})
		}),
	)
}

// actorID answers the id of an actor's member, key, channel or rule; the system has none.
func actorID(a event.Actor) uuid.UUID {
	id, err := uuid.Parse(a.ID)
	if err != nil {
		return uuid.Nil
	}
	return id
}
