// Package event is the vocabulary of everything that happened: events, how
// they are recorded, who caused them, and the catalogue that reads them back.
package event

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/personal"
)

// Event is a fact in the past tense. Its name is what it is stored under, for ever.
type Event interface{ EventName() string }

// Subjected is an event whose personal values belong to somebody other than
// its stream: they are sealed under the subject's key. The subject of any other
// event is the id in its stream's name.
type Subjected interface{ Subject() uuid.UUID }

// Withholding is an event with values that no reader of events is ever shown, such
// as the secrets of a channel: it answers where they are, as JSON pointers.
type Withholding interface{ Withheld() []string }

// Revision numbers the events of one stream, from 0.
type Revision int64

// NoStream is the revision of a stream that has no event yet.
const NoStream Revision = -1

// Position orders all events of the log; 0 is before the first.
type Position uint64

// ErrWrongRevision answers an append whose stream is not at the revision that the decision was made on.
var ErrWrongRevision = errors.New("the stream is at another revision")

// Source says by which way a change came; it is derived from the credential and the path, never from a body.
type Source string

// The sources of a change.
const (
	ManualAdmin Source = "manual_admin"
	ManualAgent Source = "manual_agent"
	API         Source = "api"
	AITool      Source = "ai_tool"
	AIAutoClose Source = "ai_auto_close"
	Import      Source = "import"
	Bulk        Source = "bulk"
	Rule        Source = "rule"
	WhatsApp    Source = "whatsapp"
	Merge       Source = "merge"
	System      Source = "system"
)

// Actor is who did it: a credential, a channel, a rule, or the system itself.
type Actor struct {
	Kind string `json:"kind"` // the kind of the credential ("owner", "agent", "api" …), "channel", "rule", or "system"
	ID   string `json:"id"`   // UUID of the credential, channel or rule; "" for the system
}

// AI says which model decided, and how sure it was.
type AI struct {
	Model      string  `json:"model"`
	Confidence float64 `json:"confidence,omitzero"` // 0 … 1
}

// Metadata travels with every event, in clear but for the reason.
type Metadata struct {
	Version         int           `json:"v"`
	Organization    uuid.UUID     `json:"organization"`
	Actor           Actor         `json:"actor"`
	Source          Source        `json:"source"`
	OccurredAt      time.Time     `json:"occurred_at"` // the source's clock, UTC, microseconds
	CommandID       uuid.UUID     `json:"command_id,omitzero"`
	RequestHMAC     string        `json:"request_hmac,omitzero"`
	CorrelationID   string        `json:"$correlationId,omitzero"`
	CausationID     string        `json:"$causationId,omitzero"`
	Reason          personal.Text `json:"reason,omitzero"`
	OperationID     uuid.UUID     `json:"operation_id,omitzero"`
	AI              *AI           `json:"ai,omitzero"`
	CatalogRevision *Revision     `json:"catalog_revision,omitzero"` // the revision of the tag catalogue that the decision saw
	RuleVersion     int           `json:"rule_version,omitzero"`     // of the rule that did it, where the actor is one
}

// Envelope is an event on its way into the log.
type Envelope struct {
	ID       uuid.UUID
	Metadata Metadata // Version is filled in by the catalogue
	Event    Event
}

// Recorded is an event as the log holds it.
type Recorded[E Event] struct {
	ID         uuid.UUID
	Stream     string
	Revision   Revision
	Position   Position
	RecordedAt time.Time // the store's clock, UTC; it follows the order of positions but for clock steps
	Metadata   Metadata
	Data       E
	Raw        Raw // only where events are read without being opened
}

// Raw is the JSON of an event as the log holds it, sealed values as they are.
type Raw struct{ Data, Metadata string }

// Org answers the organisation that the event belongs to.
func (r Recorded[E]) Org() uuid.UUID { return r.Metadata.Organization }

// As answers the record with its event as the wanted type, and whether it is one.
func As[E Event](r Recorded[Event]) (Recorded[E], bool) {
	data, ok := r.Data.(E)
	return Recorded[E]{
		ID: r.ID, Stream: r.Stream, Revision: r.Revision, Position: r.Position,
		RecordedAt: r.RecordedAt, Metadata: r.Metadata, Data: data, Raw: r.Raw,
	}, ok
}

// Subject answers whose key seals the personal values of an event on a stream:
// the event's own answer, else the id in the stream's name, else nobody's.
func Subject(stream string, e Event) uuid.UUID {
	if s, ok := e.(Subjected); ok {
		return s.Subject()
	}
	_, id, _ := strings.Cut(stream, "-")
	subject, err := uuid.Parse(id)
	if err != nil {
		return uuid.Nil
	}
	return subject
}

// String writes a position in decimal.
func (p Position) String() string { return strconv.FormatUint(uint64(p), 10) }
