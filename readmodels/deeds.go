package readmodels

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/personal"
)

// Deed is when, by whom and why something was done.
type Deed struct {
	Position   int64
	RecordedAt time.Time // by the log's clock
	OccurredAt time.Time // by the source's clock
	Source     string
	Actor      Actor
	Reason     personal.Text
	AI         *AI
	Operation  *uuid.UUID
}

// AI is which model decided, and how sure it was.
type AI struct {
	Model      string
	Confidence float64
}

// deedRow is a deed as its columns come, all of them NULL where there is none.
type deedRow struct {
	position               *int64
	recordedAt, occurredAt *time.Time
	source, actorKind      *string
	actor, operation       *uuid.UUID
	name                   sealedName
	reason                 sealedJSON
	model                  *string
	confidence             *float64
}

// deedOf answers the columns of a deedRow of a table's alias.
func deedOf(alias string) string {
	return strings.ReplaceAll(`d.position, d.recorded_at, d.occurred_at, d.source, d.actor_kind, d.actor,
		(select k.name from actors k where k.org = d.org and k.actor = d.actor), d.reason::text, d.ai_model, d.ai_confidence, d.operation`, "d.", alias+".")
}

func (r *deedRow) columns() []any {
	return []any{
		&r.position, &r.recordedAt, &r.occurredAt, &r.source, &r.actorKind, &r.actor,
		&r.name, &r.reason, &r.model, &r.confidence, &r.operation,
	}
}

// texts answers what is to be opened.
func (r *deedRow) texts() []*personal.Text {
	return []*personal.Text{(*personal.Text)(&r.name), (*personal.Text)(&r.reason)}
}

// deed answers what was read; nil where there is none.
func (r *deedRow) deed() *Deed {
	if r.position == nil {
		return nil
	}
	d := &Deed{
		Position: *r.position, RecordedAt: *r.recordedAt, OccurredAt: *r.occurredAt, Source: *r.source,
		Actor:  Actor{Kind: *r.actorKind, ID: r.actor, Name: personal.Text(r.name).Reveal()},
		Reason: personal.Text(r.reason), Operation: r.operation,
	}
	if r.model != nil {
		d.AI = &AI{Model: *r.model}
		if r.confidence != nil {
			d.AI.Confidence = *r.confidence
		}
	}
	return d
}

// Order is in which direction a history is read.
type Order string

// The orders of histories: by the position in the log.
const (
	OldestFirst Order = "asc"
	NewestFirst Order = "desc"
)

// beyond answers the comparison that finds what comes after a place.
func (o Order) beyond() string {
	if o == OldestFirst {
		return ">"
	}
	return "<"
}

// sql answers the direction as SQL knows it.
func (o Order) sql() string {
	if o == OldestFirst {
		return "asc"
	}
	return "desc"
}
