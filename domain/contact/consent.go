package contact

import (
	"time"

	"tagtrail/domain/personal"
	"tagtrail/domain/text"
)

// Consent decides that the person agrees to a purpose, or does not. Saying the same again records nothing.
func (c *Contact) Consent(purpose Purpose, agrees bool, evidence string) ([]Event, error) {
	if err := c.standing(); err != nil {
		return nil, err
	}
	return c.consent(purpose, agrees, evidence)
}

// OptOut decides what the person told WhatsApp itself at a time. That is a fact, whatever became of the contact since;
// what was said later, and came before, holds.
func (c *Contact) OptOut(agrees bool, evidence string, at time.Time) ([]Event, error) {
	if !c.exists || c.erased || c.consented[Marketing].After(at) {
		return nil, nil
	}
	return c.consent(Marketing, agrees, evidence)
}

func (c *Contact) consent(purpose Purpose, agrees bool, evidence string) ([]Event, error) {
	if !isPurpose(purpose) {
		return nil, ErrPurpose.At("/purpose")
	}
	kept, err := text.Lines(evidence, maxEvidence)
	if err != nil {
		return nil, ErrEvidence.At("/evidence")
	}
	agreed, known := c.consents[purpose]
	switch {
	case known && agreed == agrees:
		return nil, nil
	case !known && len(c.consents) >= maxPurposes:
		return nil, ErrTooManyPurposes
	case agrees:
		return []Event{ConsentGiven{Purpose: purpose, Evidence: personal.New(kept)}}, nil
	}
	return []Event{ConsentWithdrawn{Purpose: purpose, Evidence: personal.New(kept)}}, nil
}

const (
	maxEvidence = 1000 // characters as a person counts them
	maxPurposes = 50
)

func isPurpose(p Purpose) bool {
	for i, r := range string(p) {
		if (r < 'a' || r > 'z') && (i == 0 || (r < '0' || r > '9') && r != '-') {
			return false
		}
	}
	return p != "" && len(p) <= 50
}
