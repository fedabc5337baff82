package httpapi

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/personal"
	"tagtrail/readmodels"
)

// Deed is when, by whom and why something was done.
type Deed struct {
	Position     string    `json:"position" doc:"Where it stands in the log, for Tagtrail-Min-Position and as_of."`
	RecordedAt   time.Time `json:"recorded_at" doc:"By the log's clock."`
	OccurredAt   time.Time `json:"occurred_at" doc:"By the source's clock."`
	Source       string    `json:"source" enum:"manual_admin,manual_agent,api,ai_tool,ai_auto_close,import,bulk,rule,whatsapp,merge,system"`
	SourceLabel  string    `json:"source_label" doc:"The source in short." example:"Manual"`
	Actor        Actor     `json:"actor"`
	Reason       *string   `json:"reason" doc:"Why, where somebody said so." example:"asked for the premium plan"`
	ReasonErased bool      `json:"reason_erased" doc:"There was a reason, and the person whom it was about was erased."`
	AI           *AI       `json:"ai,omitempty" doc:"Which model decided; left out where none did."`
	Operation    *string   `json:"operation" format:"uuid" doc:"The operation that it was part of."`
}

// AI is which model decided, and how sure it was.
type AI struct {
	Model      string  `json:"model"`
	Confidence float64 `json:"confidence" minimum:"0" maximum:"1"`
}

// InOrder says in which direction a history is listed.
type InOrder struct {
	Order string `query:"order" enum:"asc,desc" default:"desc" doc:"desc: the newest first. asc: in the order of the log."`
}

// tokens writes positions as [api.token] does, for many of them.
func (a *api) tokens(ctx context.Context) (func(position int64) string, error) {
	log, err := a.log(ctx)
	if err != nil {
		return nil, err
	}
	return func(position int64) string {
		return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(log[:8:8], uint64(position))) //nolint:gosec // never negative
	}, nil
}

// shownDeeds answers how deeds are shown.
func (a *api) shownDeeds(ctx context.Context) (func(readmodels.Deed) Deed, error) {
	token, err := a.tokens(ctx)
	if err != nil {
		return nil, err
	}
	return func(d readmodels.Deed) Deed {
		shown := Deed{
			Position: token(d.Position), RecordedAt: d.RecordedAt, OccurredAt: d.OccurredAt, Source: d.Source, SourceLabel: sourceLabel(d.Source),
			Actor: actorOf(d.Actor), Reason: revealed(d.Reason), ReasonErased: d.Reason.IsErased(), Operation: idOf(d.Operation),
		}
		if d.AI != nil {
			shown.AI = &AI{Model: d.AI.Model, Confidence: d.AI.Confidence}
		}
		return shown
	}, nil
}

// revealed answers a personal value as it is shown; null where nothing was said, or is there any more.
func revealed(t personal.Text) *string { return textOrNull(t.Reveal()) }

// concerned answers that a contact is not there, where an empty history would say that nothing happened.
func (a *api) concerned(ctx context.Context, contact uuid.UUID) error {
	there, err := a.events.Concerns(ctx, orgOf(ctx), contact)
	if err == nil && !there {
		err = commands.ErrNotFound
	}
	return err
}
