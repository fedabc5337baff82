package contact_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/tag"
)

// S3-18, C31: rules that feed each other stop, whether it is one or several, and whoever changes the contact lets them begin anew.
func TestRulesThatFeedEachOtherAreStopped(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, time.May, 30, 9, 0, 0, 0, time.UTC)
	type change struct {
		by, because string
		after       time.Duration
	}
	rounds := func(n int, apart time.Duration, rules ...string) []change {
		changes := make([]change, n)
		for i := range changes {
			changes[i] = change{by: rules[i%len(rules)], because: uuid.NewString(), after: time.Duration(i) * apart}
		}
		return changes
	}
	const one, other = "one", "other"
	pair := rounds(2*contact.MaxRounds, time.Second, one, other)
	for name, test := range map[string]struct {
		given   []change
		because string
		at      time.Duration
		fault   *fault.Fault
	}{
		"a few rounds":                    {rounds(contact.MaxRounds-1, time.Second, one), "", time.Minute, nil},
		"one rule, again and again":       {rounds(contact.MaxRounds, time.Second, one), "", time.Minute, contact.ErrRuleLoop},
		"two rules in turns":              {pair, "", time.Minute, contact.ErrRuleLoop},
		"another rule":                    {rounds(contact.MaxRounds, time.Second, other), "", time.Minute, nil},
		"somebody else did something":     {append(rounds(contact.MaxRounds, time.Second, one), change{by: ""}), "", time.Minute, nil},
		"long ago":                        {rounds(contact.MaxRounds, time.Second, one), "", 2 * time.Hour, nil},
		"now and then":                    {rounds(3*contact.MaxRounds, time.Hour, one), "", 3 * contact.MaxRounds * time.Hour, nil},
		"several things at once":          {[]change{{one, "x", 0}, {one, "x", 0}, {one, "x", 0}}, "", 0, nil},
		"because of the same after crash": {append(rounds(contact.MaxRounds-1, time.Second, one), change{one, "x", time.Minute}), "x", time.Minute, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := contact.New()
			for i, each := range test.given {
				m := event.Metadata{Actor: event.Actor{Kind: "rule", ID: each.by}, CausationID: each.because}
				if each.by == "" {
					m.Actor.Kind = "owner"
				}
				c.Apply(event.Recorded[contact.Event]{Revision: event.Revision(i), RecordedAt: began.Add(each.after), Metadata: m, Data: contact.LeadStatusChanged{To: contact.Hot}})
			}
			err := c.YieldTo(one, test.because, began.Add(test.at))
			if got := fault.Of(err); (got == nil) != (test.fault == nil) || got != nil && !got.Is(test.fault) {
				t.Errorf("the rule may go on: %v", err)
			}
		})
	}
}

// S3-18: what a rule put on goes with the reason for it, and what anybody else put on stays.
func TestARuleTakesBackWhatItPutOnAndNothingElse(t *testing.T) {
	t.Parallel()
	vip, bad, late, gone := tag.ID{UUID: uuid.New()}, tag.ID{UUID: uuid.New()}, tag.ID{UUID: uuid.New()}, tag.ID{UUID: uuid.New()}
	catalog := tag.NewCatalog()
	for i, id := range []tag.ID{vip, bad, late, gone} {
		catalog.Apply(event.Recorded[tag.Event]{Data: tag.Created{Tag: id, Number: tag.Number(i + 1), Name: id.String(), Kind: tag.Label}}) //nolint:gosec // four
	}
	catalog.Apply(event.Recorded[tag.Event]{Data: tag.Deleted{Tag: gone, Number: 4}})
	c := contact.New()
	happened := func(actor event.Actor, e contact.Event) {
		c.Apply(event.Recorded[contact.Event]{Metadata: event.Metadata{Actor: actor}, Data: e})
	}
	ours, theirs, person := event.Actor{Kind: "rule", ID: "ours"}, event.Actor{Kind: "rule", ID: "theirs"}, event.Actor{Kind: "owner", ID: "ours"}
	happened(person, contact.Created{LeadStatus: contact.Cold})
	happened(ours, contact.TagAssigned{Tag: vip, Number: 1})
	happened(person, contact.TagAssigned{Tag: bad, Number: 2})
	happened(theirs, contact.TagAssigned{Tag: late, Number: 3})
	happened(ours, contact.TagAssigned{Tag: gone, Number: 4})
	all := []tag.ID{vip, bad, late, gone}
	for rule, want := range map[string]int{"ours": 1, "theirs": 1, "nobody": 0, "": 0} {
		events, err := c.TakeBack(catalog, all, rule)
		if err != nil || len(events) != want {
			t.Errorf("%q takes back %+v, %v", rule, events, err)
		}
	}
	happened(person, contact.Archived{})
	if events, err := c.TakeBack(catalog, all, "ours"); err != nil || len(events) != 0 {
		t.Errorf("of an archived contact is taken back %+v, %v", events, err)
	}
}
