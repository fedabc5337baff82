package projections

import (
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/event"
)

// moment is where in a stream and in the log something turned, and who turned it.
type moment struct {
	org      uuid.UUID
	revision event.Revision
	position event.Position
	at       time.Time // recorded: what orders periods is the log, not the clocks of those who tell
	by       event.Metadata
}

func momentOf[E event.Event](e event.Recorded[E]) moment {
	return moment{org: e.Org(), revision: e.Revision, position: e.Position, at: e.RecordedAt, by: e.Metadata}
}

// turned answers the columns of a turn that say when and by whom.
func (m moment) turned() Cols {
	return Cols{
		"org": m.org, "revision": m.revision, "position": m.position, "at": m.at,
		"source": m.by.Source, "actor": actorID(m.by.Actor), "operation": m.by.OperationID,
	}
}

// turnColumns are the columns that every turn of a contact has.
const turnColumns = `
		position  bigint not null,
		at        timestamptz not null,
		source    text not null,
		actor     uuid,
		operation uuid`
