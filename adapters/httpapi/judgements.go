package httpapi

import (
	"context"

	"tagtrail/commands"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
)

// ErrNoAI refuses a judgement of a model from somebody who is none.
var ErrNoAI = fault.New(fault.Invalid, "request.not-ai", "only keys of kind ai_tool and ai_auto_close say which model decided")

// Judgement says which model decided, and how sure it was.
type Judgement struct {
	Model      string  `json:"model" maxLength:"100" pattern:"^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$" doc:"What the model is called, by its provider." example:"small-1.5"`
	Confidence float64 `json:"confidence,omitempty" minimum:"0" maximum:"1" doc:"How sure it was." example:"0.93"`
}

// judging is asking for a request that a model may have decided on.
func judging(ctx context.Context, reason string, by *Judgement) (context.Context, error) {
	asked, err := asking(ctx, reason)
	if err != nil || by == nil {
		return asked, err
	}
	if kind := requestOf(ctx).credential.Kind; kind != organization.AITool && kind != organization.AIAutoClose {
		return nil, ErrNoAI.At("/ai")
	}
	return commands.WithAI(asked, event.AI{Model: by.Model, Confidence: by.Confidence}), nil
}
