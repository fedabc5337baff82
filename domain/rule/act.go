package rule

import (
	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// ActEvent is any event of what a rule did because of one event. These have streams of their own, so that a rule is read
// without all that it ever did.
//
//sumtype:decl
type ActEvent interface {
	event.Event
	ofAct()
}

// Acted says what came of it that a rule acted on those who entered or left together.
type Acted struct {
	Rule      ID        `json:"rule"`
	Version   int       `json:"version"`
	On        Trigger   `json:"on"`
	Changed   int       `json:"changed,omitzero"`
	Unchanged int       `json:"unchanged,omitzero"` // it was so already
	Refused   []Refusal `json:"refused,omitzero"`
}

// EventName is the stored name.
func (Acted) EventName() string { return "rule.acted" }

// Refusal is a contact on which a rule could not do all that it says, and the first reason why.
type Refusal struct {
	Contact contact.ID `json:"contact"`
	Code    string     `json:"code"`
}

// ActStream answers the stream of what a rule did because of one event.
func ActStream(act uuid.UUID) string { return "ruleact-" + act.String() }

func (Acted) ofAct() {}

// Act is what a rule did because of one event.
type Act struct{ recorded bool }

// NewAct answers one before it is recorded.
func NewAct() *Act { return &Act{} }

// Apply takes over what happened.
func (a *Act) Apply(r event.Recorded[ActEvent]) {
	switch r.Data.(type) {
	case Acted:
		a.recorded = true
	}
}

// Record decides what is recorded of it, once.
func (a *Act) Record(what Acted) ([]ActEvent, error) {
	if a.recorded {
		return nil, nil
	}
	return []ActEvent{what}, nil
}
