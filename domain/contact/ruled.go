package contact

import (
	"slices"
	"time"

	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

const (
	// byRule is the kind of actor under which rules are recorded.
	byRule = "rule"
	// MaxRounds is how often one rule changes a contact within [RoundsWithin], where nobody but rules changes it in between.
	MaxRounds = 10
	// RoundsWithin is for how long a round counts.
	RoundsWithin = time.Hour
)

// round is one time that a rule changed the contact.
type round struct {
	rule  string
	cause string // the event because of which it did
	at    time.Time
}

// ruled remembers which rules changed the contact since anybody else did: rules that feed each other are seen by that.
func (c *Contact) ruled(r event.Recorded[Event]) {
	if r.Metadata.Actor.Kind != byRule {
		c.rounds = nil
		return
	}
	this := round{rule: r.Metadata.Actor.ID, cause: r.Metadata.CausationID, at: r.RecordedAt}
	if last := len(c.rounds) - 1; last >= 0 && c.rounds[last].rule == this.rule && c.rounds[last].cause == this.cause {
		return // one of several things that it does at once
	}
	c.rounds = append(slices.DeleteFunc(c.rounds, func(before round) bool {
		return this.at.Sub(before.at) > RoundsWithin
	}), this)
}

// YieldTo says whether a rule may change the contact because of something that was recorded at a time.
func (c *Contact) YieldTo(rule, cause string, at time.Time) error {
	rounds := 0
	for _, before := range c.rounds {
		if before.rule == rule && before.cause != cause && at.Sub(before.at) <= RoundsWithin {
			rounds++
		}
	}
	if rounds >= MaxRounds {
		return ErrRuleLoop
	}
	return nil
}

// TakeBack decides that the contact carries no longer what a rule put on it of some tags. What anybody else put on stays, and
// so does everything on a contact to which nothing can happen.
func (c *Contact) TakeBack(catalog Catalog, tags []tag.ID, rule string) ([]Event, error) {
	if c.standing() != nil {
		return nil, nil
	}
	var off []tag.ID
	for _, id := range tags {
		t, known := catalog.Find(id)
		if known && t.Active && c.assignments[id].rule == rule && rule != "" {
			off = append(off, id)
		}
	}
	return c.takeOff(off), nil
}

// ruleOf answers the rule that an event was recorded for; "" is none.
func ruleOf(m event.Metadata) string {
	if m.Actor.Kind != byRule {
		return ""
	}
	return m.Actor.ID
}
