package projections

import (
	"github.com/google/uuid"

	"tagtrail/domain/event"
)

// Actors answers: what is somebody called who did something?
func Actors() Projection {
	return Define("actors", 1, NewView("actors", `
		select org, key as actor, name from {schema}.api_keys
		union all
		select org, channel as actor, name from {schema}.channels`))
}

// actorID answers the id of an actor's key or channel; the system has none.
func actorID(a event.Actor) uuid.UUID {
	id, err := uuid.Parse(a.ID)
	if err != nil {
		return uuid.Nil
	}
	return id
}
