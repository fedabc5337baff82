package rule_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/domaintest"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/filter"
	"tagtrail/domain/personal"
	"tagtrail/domain/rule"
	"tagtrail/domain/segment"
	"tagtrail/domain/tag"
)

type decision = func(*rule.Rule) ([]rule.Event, error)

var (
	vip   = tag.ID{UUID: uuid.MustParse("0197a1b2-0000-7000-8000-0000000000a1")}
	city  = tag.ID{UUID: uuid.MustParse("0197a1b2-0000-7000-8000-0000000000a2")}
	leads = segment.ID{UUID: uuid.MustParse("0197a1b2-0000-7000-8000-0000000000b1")}
	marta = uuid.MustParse("0197a1b2-0000-7000-8000-0000000000c1")
	tags  = []rule.Action{{Do: rule.AddTag, Tag: vip}}
	hot   = []byte(`{ "lead_status": ["hot"] }`)
	same  = personal.New(`{"lead_status":["hot"]}`)
)

// S3-18, C31: a smart tag is a rule with a condition of its own, in versions.
func TestRulesDecide(t *testing.T) {
	t.Parallel()
	first := rule.Definition{Filter: same, On: rule.Enters, Actions: tags}
	second := rule.Definition{Filter: same, On: rule.Enters, Actions: tags, TakeBack: true}
	defined := rule.Defined{Name: personal.New("Hot"), Version: 1, Definition: first}
	name, blank, yes, no := "Hot leads", " ", true, false
	seen, older := event.Revision(0), event.Revision(7)
	define := func(name string, d rule.Draft, enabled bool) decision {
		return func(r *rule.Rule) ([]rule.Event, error) { return r.Define(name, d, enabled) }
	}
	edit := func(c rule.Changes, ifMatch *event.Revision) decision {
		return func(r *rule.Rule) ([]rule.Event, error) { return r.Edit(c, ifMatch) }
	}
	back := func(d rule.Draft) rule.Draft { d.TakeBack = true; return d }
	stay := func(d rule.Draft) rule.Draft { return d }
	given := func(events ...rule.Event) []rule.Event { return append([]rule.Event{defined}, events...) }
	for _, test := range []struct {
		name   string
		given  []rule.Event
		decide decision
		then   []rule.Event
		fault  *fault.Fault
	}{
		{"one is defined", nil, define(" Hot", rule.Draft{Filter: hot, Actions: tags}, false), []rule.Event{defined}, nil},
		{"one is defined and acts at once", nil, define("Hot", rule.Draft{Filter: hot, Actions: tags}, true), []rule.Event{defined, rule.Enabled{}}, nil},
		{"without a name", nil, define(blank, rule.Draft{Filter: hot, Actions: tags}, true), nil, rule.ErrName},
		{"with a long name", nil, define(strings.Repeat("a", 101), rule.Draft{Filter: hot, Actions: tags}, true), nil, rule.ErrName},
		{
			"it is renamed, redefined and enabled", given(), edit(rule.Changes{Name: &name, Draft: back, Enabled: &yes}, &seen),
			[]rule.Event{rule.Renamed{Name: personal.New(name)}, rule.Redefined{Version: 2, Definition: second}, rule.Enabled{}}, nil,
		},
		{
			"a later version is the next", given(rule.Redefined{Version: 2, Definition: second}),
			edit(rule.Changes{Draft: func(d rule.Draft) rule.Draft { d.TakeBack = false; return d }}, nil),
			[]rule.Event{rule.Redefined{Version: 3, Definition: first}}, nil,
		},
		{"it says the same", given(rule.Enabled{}), edit(rule.Changes{Draft: stay, Enabled: &yes}, nil), nil, nil},
		{"it is disabled", given(rule.Enabled{}), edit(rule.Changes{Enabled: &no}, nil), []rule.Event{rule.Disabled{}}, nil},
		{"it changed in the meantime", given(), edit(rule.Changes{Enabled: &yes}, &older), nil, rule.ErrStale},
		{"it gets no name", given(), edit(rule.Changes{Name: &blank}, nil), nil, rule.ErrName},
		{"an unknown one is edited", nil, edit(rule.Changes{Enabled: &yes}, nil), nil, rule.ErrUnknown},
		{"a deleted one is edited", given(rule.Deleted{}), edit(rule.Changes{Enabled: &yes}, nil), nil, rule.ErrDeleted},
		{"it is deleted", given(), (*rule.Rule).Delete, []rule.Event{rule.Deleted{}}, nil},
		{"it is deleted again", given(rule.Deleted{}), (*rule.Rule).Delete, nil, nil},
		{"an unknown one is deleted", nil, (*rule.Rule).Delete, nil, rule.ErrUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			outcome := domaintest.When(domaintest.Given(test.given...), rule.New(), test.decide)
			if test.fault != nil {
				outcome.ThenFault(t, test.fault)
				return
			}
			outcome.Then(t, test.then...)
		})
	}
}

// S3-25: who enters a segment or leaves it is tagged, moved in the funnel, or given an owner.
func TestADefinitionSaysWhomItWatchesAndWhatItDoes(t *testing.T) {
	t.Parallel()
	many := make([]rule.Action, rule.MaxActions+1)
	for name, test := range map[string]struct {
		draft rule.Draft
		want  *fault.Fault
		at    string
	}{
		"a segment": {rule.Draft{Segment: leads, On: rule.Leaves, Actions: []rule.Action{
			{Do: rule.RemoveTag, Tag: vip}, {Do: rule.AddTag, Tag: city, Value: personal.New("Lima")}, {Do: rule.SetLeadStatus, LeadStatus: contact.Warm}, {Do: rule.SetOwner, Owner: marta}, {Do: rule.SetOwner},
		}}, nil, ""},
		"nobody":                       {rule.Draft{Actions: tags}, rule.ErrWatches, "/filter"},
		"both":                         {rule.Draft{Filter: hot, Segment: leads, Actions: tags}, rule.ErrWatches, "/filter"},
		"what is no filter":            {rule.Draft{Filter: []byte(`{}`), Actions: tags}, filter.ErrForm, "/filter"},
		"a condition on segments":      {rule.Draft{Filter: []byte(`{"segment":["0197a1b2-0000-7000-8000-0000000000c1"]}`), Actions: tags}, filter.ErrSegment, "/filter"},
		"those who stay":               {rule.Draft{Filter: hot, On: "stays", Actions: tags}, rule.ErrTrigger, "/on"},
		"does nothing":                 {rule.Draft{Filter: hot}, rule.ErrActions, "/actions"},
		"does too much":                {rule.Draft{Filter: hot, Actions: many}, rule.ErrActions, "/actions"},
		"erases":                       {rule.Draft{Filter: hot, Actions: []rule.Action{{Do: "erase"}}}, rule.ErrAction, "/actions/0"},
		"adds no tag":                  {rule.Draft{Filter: hot, Actions: []rule.Action{{Do: rule.AddTag}}}, rule.ErrAction, "/actions/0"},
		"adds a tag and says an owner": {rule.Draft{Filter: hot, Actions: []rule.Action{{Do: rule.AddTag, Tag: vip, Owner: marta}}}, rule.ErrAction, "/actions/0"},
		"removes a value":              {rule.Draft{Filter: hot, Actions: []rule.Action{tags[0], {Do: rule.RemoveTag, Tag: vip, Value: personal.New("a")}}}, rule.ErrAction, "/actions/1"},
		"sets an unknown status":       {rule.Draft{Filter: hot, Actions: []rule.Action{{Do: rule.SetLeadStatus, LeadStatus: "lukewarm"}}}, rule.ErrAction, "/actions/0"},
		"takes back from who enters":   {rule.Draft{Filter: hot, On: rule.Leaves, Actions: tags, TakeBack: true}, rule.ErrTakeBack, "/take_back"},
		"takes back no tag":            {rule.Draft{Filter: hot, Actions: []rule.Action{{Do: rule.SetOwner}}, TakeBack: true}, rule.ErrTakeBack, "/take_back"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := test.draft.Definition()
			if test.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if f := fault.Of(err); f == nil || !f.Is(test.want) || f.Pointer != test.at {
				t.Errorf("refused with %v, not %s at %s", err, test.want.Code, test.at)
			}
		})
	}
}

func TestARuleActsByTheVersionOfThen(t *testing.T) {
	t.Parallel()
	r := rule.New()
	for i, e := range []rule.Event{
		rule.Defined{Version: 1, Definition: rule.Definition{Filter: same, On: rule.Enters, Actions: tags}}, rule.Enabled{},
		rule.Redefined{Version: 2, Definition: rule.Definition{Segment: leads, On: rule.Enters, Actions: tags}},
		rule.Disabled{}, rule.Enabled{}, rule.Deleted{},
	} {
		r.Apply(event.Recorded[rule.Event]{Position: event.Position(10 * (i + 1)), Revision: event.Revision(i), Data: e})
		var got []int
		for _, at := range []event.Position{5, 15, 25, 35, 45, 55} {
			version := 0
			if v, acts := r.ActingAt(at); acts {
				version = v.Number
			}
			got = append(got, version)
		}
		want := [][]int{
			{0, 0, 0, 0, 0, 0}, {0, 0, 1, 1, 1, 1}, {0, 0, 1, 2, 2, 2}, {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 2}, {0, 0, 0, 0, 0, 0},
		}[i]
		for at := range want {
			if got[at] != want[at] {
				t.Errorf("after %s it acts by the versions %v, want %v", e.EventName(), got, want)
				break
			}
		}
	}
}
