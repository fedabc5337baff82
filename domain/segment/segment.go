// Package segment keeps filters under a name: searches that somebody saved, and
// groups of contacts that follow from what is known of them.
//
// A segment says whom it means, and holds nobody: who is in it is whom its
// filter finds at the moment of asking. Who entered a dynamic one and who left it,
// and when, is recorded beside it, as it is noticed. Names are not unique, since
// every segment has a stream of its own.
package segment

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/filter"
	"tagtrail/domain/personal"
	"tagtrail/domain/text"
)

// ID names a segment for ever.
type ID struct{ uuid.UUID }

// Stream answers the stream of the segment.
func (id ID) Stream() string { return "segment-" + id.String() }

// Of answers whose stream the event is on.
func Of[E Event](r event.Recorded[E]) ID {
	return idIn(r.Stream, "segment-")
}

func idIn(stream, prefix string) ID {
	id, _ := uuid.Parse(strings.TrimPrefix(stream, prefix))
	return ID{id}
}

// Kind says what a segment is for.
type Kind string

// The kinds of segments.
const (
	Saved   Kind = "saved"   // a search that somebody comes back to
	Dynamic Kind = "dynamic" // a group that is worked with
)

// The faults of segments.
var (
	ErrUnknown = fault.New(fault.NotFound, "segment.unknown", "there is no such segment")
	ErrDeleted = fault.New(fault.Conflict, "segment.deleted", "the segment is deleted")
	ErrName    = fault.New(fault.Invalid, "segment.invalid-name", "a name is one line of 1 to 100 characters")
	ErrKind    = fault.New(fault.Invalid, "segment.invalid-kind", "a segment is saved or dynamic")
	ErrStale   = fault.New(fault.Stale, "segment.stale", "the segment changed in the meantime")
)

// Faults lists every fault of segments.
func Faults() []*fault.Fault {
	return []*fault.Fault{ErrUnknown, ErrDeleted, ErrName, ErrKind, ErrStale, ErrMembersMoved}
}

// MaxNameLength is how many characters a name has at most, as a person counts them.
const MaxNameLength = 100

// Segment is the state of one segment.
type Segment struct {
	name, filter personal.Text
	revision     event.Revision
	kind         Kind
	known        bool
	deleted      bool
}

// New answers a segment before its first event.
func New() *Segment { return &Segment{revision: event.NoStream} }

// Apply takes over what happened.
func (s *Segment) Apply(r event.Recorded[Event]) {
	s.revision = r.Revision
	switch e := r.Data.(type) {
	case Created:
		s.known, s.name, s.kind, s.filter = true, e.Name, e.Kind, e.Filter
	case Renamed:
		s.name = e.Name
	case Redefined:
		s.filter = e.Filter
	case Deleted:
		s.deleted = true
	case Restored:
		s.deleted = false
	}
}

// HasMembers says whether it is recorded who enters the segment and who leaves it.
func (s *Segment) HasMembers() bool { return s.known && !s.deleted && s.kind == Dynamic }

// Create decides that a filter is kept under a name.
func (*Segment) Create(name string, kind Kind, written []byte) ([]Event, error) {
	kept, err := cleanName(name)
	if err != nil {
		return nil, err
	}
	if kind != Saved && kind != Dynamic {
		return nil, ErrKind.At("/kind")
	}
	meant, err := CleanFilter(written)
	if err != nil {
		return nil, err
	}
	return []Event{Created{Name: kept, Kind: kind, Filter: meant}}, nil
}

// Edit decides on another name and another filter; nil leaves a thing as it is.
func (s *Segment) Edit(name *string, written []byte, ifMatch *event.Revision) ([]Event, error) {
	switch {
	case !s.known:
		return nil, ErrUnknown
	case ifMatch != nil && *ifMatch != s.revision:
		return nil, ErrStale
	case s.deleted:
		return nil, ErrDeleted
	}
	var events []Event
	if name != nil {
		kept, err := cleanName(*name)
		if err != nil {
			return nil, err
		}
		if kept != s.name {
			events = append(events, Renamed{Name: kept})
		}
	}
	if written != nil {
		meant, err := CleanFilter(written)
		if err != nil {
			return nil, err
		}
		if meant != s.filter {
			events = append(events, Redefined{Filter: meant})
		}
	}
	return events, nil
}

// Delete decides that the segment means nobody any more.
func (s *Segment) Delete() ([]Event, error) {
	switch {
	case !s.known:
		return nil, ErrUnknown
	case s.deleted:
		return nil, nil
	}
	return []Event{Deleted{}}, nil
}

// Restore decides that the segment is there again.
func (s *Segment) Restore() ([]Event, error) {
	switch {
	case !s.known:
		return nil, ErrUnknown
	case !s.deleted:
		return nil, nil
	}
	return []Event{Restored{}}, nil
}

func cleanName(s string) (personal.Text, error) {
	name, err := text.Line(s, MaxNameLength)
	if err != nil {
		return personal.Text{}, ErrName.At("/name")
	}
	return personal.New(name), nil
}

// CleanFilter answers a filter in its canonical form. It names no segment, so that none leads back to itself.
func CleanFilter(written []byte) (personal.Text, error) {
	parsed, err := filter.Parse(written)
	if err != nil {
		f := fault.Of(err)
		return personal.Text{}, f.At("/filter" + f.Pointer)
	}
	nested := false
	filter.Each(parsed, func(part filter.Filter) {
		if ids, ok := part.(filter.IDs); ok && ids.Of == filter.Segment {
			nested = true
		}
	})
	if nested {
		return personal.Text{}, filter.ErrSegment.At("/filter")
	}
	form := jsontext.Value(written).Clone()
	if err := form.Canonicalize(); err != nil {
		return personal.Text{}, filter.ErrForm.At("/filter")
	}
	return personal.New(string(form)), nil
}
