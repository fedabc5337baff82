package rule

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
	"tagtrail/domain/segment"
)

// ID names a rule for ever.
type ID struct{ uuid.UUID }

// Stream answers the stream of the rule.
func (id ID) Stream() string { return "rule-" + id.String() }

// Group answers under which id it is recorded who is meant by the rule's own condition.
func (id ID) Group() segment.ID { return segment.ID(id) }

// Of answers whose stream the event is on.
func Of[E Event](r event.Recorded[E]) ID {
	id, _ := uuid.Parse(strings.TrimPrefix(r.Stream, "rule-"))
	return ID{id}
}

// The faults of rules.
var (
	ErrUnknown  = fault.New(fault.NotFound, "rule.unknown", "there is no such rule")
	ErrDeleted  = fault.New(fault.Conflict, "rule.deleted", "the rule is deleted")
	ErrStale    = fault.New(fault.Stale, "rule.stale", "the rule changed in the meantime")
	ErrName     = fault.New(fault.Invalid, "rule.invalid-name", "a name is one line of 1 to 100 characters")
	ErrWatches  = fault.New(fault.Invalid, "rule.watches-one", "a rule watches either a condition of its own or one segment")
	ErrSegment  = fault.New(fault.Invalid, "rule.invalid-segment", "a rule watches a dynamic segment that is there")
	ErrTrigger  = fault.New(fault.Invalid, "rule.invalid-trigger", "a rule acts on those who enter or on those who leave")
	ErrActions  = fault.New(fault.Invalid, "rule.invalid-actions", "a rule does 1 to 10 things")
	ErrAction   = fault.New(fault.Invalid, "rule.invalid-action", "an action adds or removes a tag, sets the lead status or sets the owner, and names what it needs for that and nothing else")
	ErrTakeBack = fault.New(fault.Invalid, "rule.nothing-to-take-back", "only tags that are put on those who enter can be taken back")
	ErrPeriod   = fault.New(fault.Invalid, "rule.invalid-period", "a rule is tested on a period that ends behind its beginning, and is of at most 366 days")
)

// Faults lists every fault of rules.
func Faults() []*fault.Fault {
	return []*fault.Fault{ErrUnknown, ErrDeleted, ErrStale, ErrName, ErrWatches, ErrSegment, ErrTrigger, ErrActions, ErrAction, ErrTakeBack, ErrPeriod}
}

// Rule is the state of one rule.
type Rule struct {
	name     personal.Text
	versions []Version
	enabled  bool
	since    event.Position // when it was enabled or disabled last
	revision event.Revision
	deleted  bool
}

// Version is a definition, and where it began.
type Version struct {
	Definition
	Number   int
	Position event.Position
	Revision event.Revision // of the rule's own stream
}

// New answers a rule before its first event.
func New() *Rule { return &Rule{revision: event.NoStream} }

// Apply takes over what happened.
func (r *Rule) Apply(e event.Recorded[Event]) {
	r.revision = e.Revision
	switch what := e.Data.(type) {
	case Defined:
		r.name = what.Name
		r.versions = append(r.versions, Version{what.Definition, what.Version, e.Position, e.Revision})
	case Renamed:
		r.name = what.Name
	case Redefined:
		r.versions = append(r.versions, Version{what.Definition, what.Version, e.Position, e.Revision})
	case Enabled:
		r.enabled, r.since = true, e.Position
	case Disabled:
		r.enabled, r.since = false, e.Position
	case Deleted:
		r.deleted = true
	}
}

// Current answers the version that stands.
func (r *Rule) Current() (Version, error) {
	switch {
	case len(r.versions) == 0:
		return Version{}, ErrUnknown
	case r.deleted:
		return Version{}, ErrDeleted
	}
	return r.versions[len(r.versions)-1], nil
}

// ActingAt answers the version by which the rule acts on what was recorded at a position; none where it does not act now, or
// did not yet.
func (r *Rule) ActingAt(at event.Position) (Version, bool) {
	if !r.enabled || r.deleted || r.since > at {
		return Version{}, false
	}
	for _, v := range slices.Backward(r.versions) {
		if v.Position < at {
			return v, true
		}
	}
	return Version{}, false
}

// Define decides that there is a rule.
func (*Rule) Define(name string, d Draft, enabled bool) ([]Event, error) {
	kept, err := cleanName(name)
	if err != nil {
		return nil, err
	}
	definition, err := d.Definition()
	if err != nil {
		return nil, err
	}
	events := []Event{Defined{Name: kept, Version: 1, Definition: definition}}
	if enabled {
		events = append(events, Enabled{})
	}
	return events, nil
}

// Changes is what is asked of a rule; nil leaves a thing as it is.
type Changes struct {
	Name    *string
	Draft   func(Draft) Draft // what it says otherwise, of what it says now
	Enabled *bool
}

// Edit decides on another name, another version, and whether the rule acts.
func (r *Rule) Edit(changes Changes, ifMatch *event.Revision) ([]Event, error) {
	current, err := r.Current()
	switch {
	case err != nil:
		return nil, err
	case ifMatch != nil && *ifMatch != r.revision:
		return nil, ErrStale
	}
	var events []Event
	if changes.Name != nil {
		kept, err := cleanName(*changes.Name)
		if err != nil {
			return nil, err
		}
		if kept != r.name {
			events = append(events, Renamed{Name: kept})
		}
	}
	if changes.Draft != nil {
		definition, err := changes.Draft(draftOf(current.Definition)).Definition()
		if err != nil {
			return nil, err
		}
		if !definition.Same(current.Definition) {
			events = append(events, Redefined{Version: current.Number + 1, Definition: definition})
		}
	}
	switch {
	case changes.Enabled == nil || *changes.Enabled == r.enabled:
	case *changes.Enabled:
		events = append(events, Enabled{})
	default:
		events = append(events, Disabled{})
	}
	return events, nil
}

// Delete decides that the rule is no more.
func (r *Rule) Delete() ([]Event, error) {
	switch {
	case len(r.versions) == 0:
		return nil, ErrUnknown
	case r.deleted:
		return nil, nil
	}
	return []Event{Deleted{}}, nil
}
