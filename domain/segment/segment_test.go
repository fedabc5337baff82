package segment_test

import (
	"strings"
	"testing"

	"tagtrail/domain/domaintest"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/filter"
	"tagtrail/domain/personal"
	"tagtrail/domain/segment"
)

// S3-19, S3-32.
func TestSegmentsDecide(t *testing.T) {
	t.Parallel()
	hot, cold := `{"lead_status":["hot"]}`, `{"lead_status":["cold"]}`
	created := segment.Created{Name: personal.New("Hot leads"), Kind: segment.Dynamic, Filter: personal.New(hot)}
	name, same, blank := "Leads", "Hot leads", " "
	seen, older := event.Revision(0), event.Revision(7)
	edit := func(name *string, written string, ifMatch *event.Revision) func(*segment.Segment) ([]segment.Event, error) {
		return func(s *segment.Segment) ([]segment.Event, error) { return s.Edit(name, []byte(written), ifMatch) }
	}
	create := func(name string, kind segment.Kind, written string) func(*segment.Segment) ([]segment.Event, error) {
		return func(s *segment.Segment) ([]segment.Event, error) { return s.Create(name, kind, []byte(written)) }
	}
	for _, test := range []struct {
		name   string
		given  []segment.Event
		decide func(*segment.Segment) ([]segment.Event, error)
		then   []segment.Event
		fault  *fault.Fault
	}{
		{"one is created, its filter in one form", nil, create(" Hot leads", segment.Dynamic, `{ "lead_status" : ["hot"] }`), []segment.Event{created}, nil},
		{"without a name", nil, create(blank, segment.Saved, hot), nil, segment.ErrName},
		{"with a long name", nil, create(strings.Repeat("a", 101), segment.Saved, hot), nil, segment.ErrName},
		{"of no kind", nil, create("a", "static", hot), nil, segment.ErrKind},
		{"without a filter", nil, create("a", segment.Saved, `{}`), nil, filter.ErrForm},
		{"made of segments", nil, create("a", segment.Saved, `{"not":{"segment":["0197a1b2-0000-7000-8000-0000000000c1"]}}`), nil, filter.ErrSegment},
		{"it is renamed and redefined", []segment.Event{created}, func(s *segment.Segment) ([]segment.Event, error) { return s.Edit(&name, []byte(cold), &seen) },
			[]segment.Event{segment.Renamed{Name: personal.New(name)}, segment.Redefined{Filter: personal.New(cold)}}, nil},
		{"nothing changes", []segment.Event{created}, edit(&same, hot, nil), nil, nil},
		{"it changed in the meantime", []segment.Event{created}, edit(&name, hot, &older), nil, segment.ErrStale},
		{"an unknown one is edited", nil, edit(&name, hot, nil), nil, segment.ErrUnknown},
		{"a deleted one is edited", []segment.Event{created, segment.Deleted{}}, edit(&name, hot, nil), nil, segment.ErrDeleted},
		{"it is deleted", []segment.Event{created}, (*segment.Segment).Delete, []segment.Event{segment.Deleted{}}, nil},
		{"it is deleted again", []segment.Event{created, segment.Deleted{}}, (*segment.Segment).Delete, nil, nil},
		{"it is restored", []segment.Event{created, segment.Deleted{}}, (*segment.Segment).Restore, []segment.Event{segment.Restored{}}, nil},
		{"it is restored again", []segment.Event{created}, (*segment.Segment).Restore, nil, nil},
		{"an unknown one is deleted", nil, (*segment.Segment).Delete, nil, segment.ErrUnknown},
		{"an unknown one is restored", nil, (*segment.Segment).Restore, nil, segment.ErrUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			outcome := domaintest.When(domaintest.Given(test.given...), segment.New(), test.decide)
			if test.fault != nil {
				outcome.ThenFault(t, test.fault)
				return
			}
			outcome.Then(t, test.then...)
		})
	}
}
