package rule

import (
	"slices"
	"strconv"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/personal"
	"tagtrail/domain/segment"
	"tagtrail/domain/tag"
	"tagtrail/domain/text"
)

// Kind is the kind of actor under which rules are recorded.
const Kind = "rule"

const (
	// MaxNameLength is how many characters a name has at most, as a person counts them.
	MaxNameLength = 100
	// MaxActions is how many things a rule does at most.
	MaxActions = 10
)

// Trigger says on whom a rule acts.
type Trigger string

// The triggers.
const (
	Enters Trigger = "enters" // those who come to be meant
	Leaves Trigger = "leaves" // those who are meant no longer
)

// Deed is a word for something that a rule does.
type Deed string

// The deeds. They are a few of those that can be done to many at once, under the same words.
const (
	AddTag        Deed = "add_tag"
	RemoveTag     Deed = "remove_tag"
	SetLeadStatus Deed = "set_lead_status"
	SetOwner      Deed = "set_owner"
)

// Draft is what is asked of a rule.
type Draft struct {
	Filter   []byte     // as it was written; nil where it watches a segment
	Segment  segment.ID // zero where it watches a condition of its own
	On       Trigger    // "" is enters
	Actions  []Action
	TakeBack bool
}

func draftOf(d Definition) Draft {
	draft := Draft{Segment: d.Segment, On: d.On, Actions: d.Actions, TakeBack: d.TakeBack}
	if !d.Filter.IsZero() {
		draft.Filter = []byte(d.Filter.Reveal())
	}
	return draft
}

// Definition answers what is asked in the form in which it is kept.
func (d Draft) Definition() (Definition, error) {
	kept := Definition{Segment: d.Segment, On: d.On, Actions: d.Actions, TakeBack: d.TakeBack}
	if (d.Filter == nil) == (d.Segment == segment.ID{}) {
		return kept, ErrWatches.At("/filter")
	}
	if d.Filter != nil {
		var err error
		if kept.Filter, err = segment.CleanFilter(d.Filter); err != nil {
			return kept, err
		}
	}
	switch d.On {
	case "":
		kept.On = Enters
	case Enters, Leaves:
	default:
		return kept, ErrTrigger.At("/on")
	}
	if len(d.Actions) == 0 || len(d.Actions) > MaxActions {
		return kept, ErrActions.At("/actions")
	}
	for i, a := range d.Actions {
		if !a.complete() {
			return kept, ErrAction.At("/actions/" + strconv.Itoa(i))
		}
	}
	adds := func(a Action) bool { return a.Do == AddTag }
	if d.TakeBack && (kept.On != Enters || !slices.ContainsFunc(d.Actions, adds)) {
		return kept, ErrTakeBack.At("/take_back")
	}
	return kept, nil
}

// complete says whether an action names what it needs, and nothing else.
func (a Action) complete() bool {
	named := a
	named.Do = ""
	switch a.Do {
	case AddTag:
		named.Tag, named.Value = tag.ID{}, personal.Text{}
		return a.Tag != tag.ID{} && named == Action{}
	case RemoveTag:
		named.Tag = tag.ID{}
		return a.Tag != tag.ID{} && named == Action{}
	case SetLeadStatus:
		named.LeadStatus = ""
		return slices.Contains(contact.LeadStatuses(), a.LeadStatus) && named == Action{}
	case SetOwner:
		named.Owner = uuid.Nil
		return named == Action{}
	}
	return false
}

func cleanName(s string) (personal.Text, error) {
	name, err := text.Line(s, MaxNameLength)
	if err != nil {
		return personal.Text{}, ErrName.At("/name")
	}
	return personal.New(name), nil
}
