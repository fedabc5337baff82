package httpapi

import (
	"context"
	"net/http"
	"time"

	"tagtrail/commands"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/filter"
	operations "tagtrail/domain/operation"
	"tagtrail/domain/rule"
	"tagtrail/domain/segment"
	"tagtrail/readmodels"
)

// TriedRule is what a rule would say.
type TriedRule struct{ RuleSays }

// Period is a time that is past.
type Period struct {
	From  time.Time `json:"from" doc:"Not before the first event."`
	Until time.Time `json:"until,omitzero" doc:"Now where it is left out; at most 366 days later."`
}

// TriedPeriod is what a rule would have said, and when.
type TriedPeriod struct {
	RuleSays
	Period
}

// RuleBacktest is whom a rule would have met.
type RuleBacktest struct {
	From          time.Time      `json:"from"`
	Until         time.Time      `json:"until"`
	MatchingFrom  int            `json:"matching_from" doc:"How many it meant at the beginning of the period; those it would have left alone."`
	MatchingUntil int            `json:"matching_until" doc:"How many it meant at its end."`
	MatchingExact bool           `json:"matching_exact" doc:"false where more were meant than were counted, which are 1,000,000."`
	Entered       *int           `json:"entered" doc:"How many came to be meant in between, each counted once; null where the condition counts days back, since time alone lets contacts in then."`
	EnteredExact  bool           `json:"entered_exact" doc:"false where more happened than was gone through, which are 100,000 changes of contacts that were meant."`
	Days          []EnteredOnDay `json:"days" nullable:"false" doc:"On which days of the organisation they did, but for days without any."`
	First         []EnteredFirst `json:"first" nullable:"false" doc:"The first of them."`
}

// EnteredOnDay is how many came to be meant on a day.
type EnteredOnDay struct {
	Day      string `json:"day" format:"date"`
	Contacts int    `json:"contacts"`
}

// EnteredFirst is a contact that came to be meant.
type EnteredFirst struct {
	Contact  string    `json:"contact" format:"uuid"`
	At       time.Time `json:"at"`
	Position string    `json:"position" doc:"For as_of."`
}

const longestBacktest = 366 * 24 * time.Hour

func (a *api) registerRuleTrials() {
	gone := []*fault.Fault{rule.ErrUnknown, rule.ErrDeleted, rule.ErrSegment}
	tried := "Nothing is written. It says how many are meant now, and on the first of them what would change, what is so already, and what would be refused and why."
	tested := "Nothing is written. It is answered from history: whom the condition meant at the beginning and at the end, and who came to be meant in between, by the tag catalogue of the end."
	register(a, operation{
		id: "preview-new-rule", method: http.MethodPost, path: "/v1/rules/preview", group: "Rules", permission: commands.MayEditRules,
		summary: "What a rule would do to those whom it means now", description: tried, takes: plainJSON, asks: true, status: http.StatusOK, faults: ruleRefusals(),
	}, func(ctx context.Context, in *struct{ Body TriedRule }) (*struct{ Body BulkPreview }, error) {
		d, err := a.drafted(ctx, in.Body.RuleSays)
		if err != nil {
			return nil, err
		}
		return a.tryRule(ctx, d)
	})
	register(a, operation{
		id: "preview-rule", method: http.MethodPost, path: "/v1/rules/{id}/preview", group: "Rules", permission: commands.MayEditRules,
		summary: "What a rule would do to those whom it means now, if it was applied to them", description: tried, asks: true, status: http.StatusOK, faults: gone,
	}, func(ctx context.Context, in *ByRule) (*struct{ Body BulkPreview }, error) {
		v, err := a.currentRule(ctx, in.rule())
		if err != nil {
			return nil, err
		}
		return a.tryRule(ctx, v.Definition)
	})
	register(a, operation{
		id: "backtest-new-rule", method: http.MethodPost, path: "/v1/rules/backtest", group: "Rules", permission: commands.MayEditRules,
		summary: "Whom a rule would have met in a period that is past", description: tested, takes: plainJSON, asks: true, status: http.StatusOK,
		faults: append(ruleRefusals(), rule.ErrPeriod),
	}, func(ctx context.Context, in *struct{ Body TriedPeriod }) (*struct{ Body RuleBacktest }, error) {
		d, err := a.drafted(ctx, in.Body.RuleSays)
		if err != nil {
			return nil, err
		}
		return a.testRule(ctx, d, in.Body.Period)
	})
	register(a, operation{
		id: "backtest-rule", method: http.MethodPost, path: "/v1/rules/{id}/backtest", group: "Rules", permission: commands.MayEditRules,
		summary: "Whom a rule, as it is now, would have met in a period that is past", description: tested, takes: plainJSON, asks: true, status: http.StatusOK,
		faults: append([]*fault.Fault{filter.ErrAsOf, rule.ErrPeriod}, gone...),
	}, func(ctx context.Context, in *struct {
		ByRule
		Body Period
	}) (*struct{ Body RuleBacktest }, error) {
		v, err := a.currentRule(ctx, in.rule())
		if err != nil {
			return nil, err
		}
		return a.testRule(ctx, v.Definition, in.Body)
	})
	if a.Operations == nil {
		return
	}
	register(a, operation{
		id: "apply-rule", method: http.MethodPost, path: "/v1/rules/{id}/apply", group: "Rules", permission: commands.MayEditRules,
		summary: "Do what a rule says to those whom it means now", status: http.StatusAccepted,
		description: "That is an operation on many, which is watched, cancelled and undone as any other.",
		answers:     map[int]any{http.StatusAccepted: Operation{}}, faults: append([]*fault.Fault{operations.ErrTooMany}, gone...),
	}, a.applyRule)
}

// drafted answers what a rule would say where it can.
func (a *api) drafted(ctx context.Context, s RuleSays) (rule.Definition, error) {
	if err := a.checkSays(ctx, s); err != nil {
		return rule.Definition{}, err
	}
	d, err := s.draft(rule.Draft{}).Definition()
	if err == nil {
		err = a.Commands.CheckRule(a.rehearsing(ctx), d)
	}
	return d, inBody(err, "")
}

// rehearsing answers the context of commands that write nothing.
func (a *api) rehearsing(ctx context.Context) context.Context {
	credential := requestOf(ctx).credential
	return commands.WithOrigin(ctx, commands.Origin{Organization: credential.Organization, Actor: credential.Actor(), Source: event.Rule})
}

func (a *api) currentRule(ctx context.Context, id rule.ID) (rule.Version, error) {
	r, err := a.Commands.Rule(ctx, requestOf(ctx).credential.Organization, id)
	if err != nil {
		return rule.Version{}, err
	}
	return r.Current()
}

// watched answers the filter that says whom a definition watches, as it is written.
func (a *api) watched(ctx context.Context, d rule.Definition) (*WrittenFilter, error) {
	if (d.Segment == segment.ID{}) {
		return &WrittenFilter{JSON: []byte(d.Filter.Reveal())}, nil
	}
	s, err := a.segments().Get(ctx, orgOf(ctx), d.Segment.UUID)
	if err != nil || s.DeletedAt != nil || s.Filter == "" {
		return nil, rule.ErrSegment.At("/segment")
	}
	return &WrittenFilter{JSON: []byte(s.Filter)}, nil
}

// meantByRule answers whom a definition means now, as a bulk operation would be about them.
func (a *api) meantByRule(ctx context.Context, d rule.Definition) (bulk, error) {
	written, err := a.watched(ctx, d)
	if err != nil {
		return bulk{}, err
	}
	where, _, err := written.parse()
	if err != nil {
		return bulk{}, err
	}
	clock, err := a.clock(ctx, nil)
	return bulk{
		AskedBulk: commands.AskedBulk{At: clock.Now, Filter: written.JSON, BulkAction: commands.BulkAction{Action: commands.ApplyRule}},
		meant:     readmodels.ContactFilter{Where: where, Clock: clock},
	}, err
}

func (a *api) tryRule(ctx context.Context, d rule.Definition) (*struct{ Body BulkPreview }, error) {
	b, err := a.meantByRule(ctx, d)
	if err != nil {
		return nil, err
	}
	shown, examined, err := a.meantBy(ctx, b)
	if err != nil {
		return nil, inFilter(err)
	}
	outcomes, err := a.Commands.RehearseRule(a.rehearsing(ctx), d, examined)
	if err != nil {
		return nil, err
	}
	shown.count(examined, outcomes)
	return &struct{ Body BulkPreview }{shown}, nil
}

func (a *api) applyRule(ctx context.Context, in *ByRule) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	v, err := a.currentRule(ctx, in.rule())
	if err != nil {
		return nil, err
	}
	b, err := a.meantByRule(ctx, v.Definition)
	if err != nil {
		return nil, err
	}
	b.Rule = in.rule()
	return a.beginBulk(ctx, asked, b)
}

// testRule answers from history whom a definition would have met.
func (a *api) testRule(ctx context.Context, d rule.Definition, p Period) (*struct{ Body RuleBacktest }, error) {
	written, err := a.watched(ctx, d)
	if err != nil {
		return nil, err
	}
	where, _, err := written.parse()
	if err != nil {
		return nil, err
	}
	clock, err := a.clock(ctx, nil)
	if err != nil {
		return nil, err
	}
	if p.Until.IsZero() {
		p.Until = clock.Now
	}
	if !p.From.Before(p.Until) || p.Until.Sub(p.From) > longestBacktest {
		return nil, rule.ErrPeriod.At("/from")
	}
	shown := RuleBacktest{From: p.From.UTC(), Until: p.Until.UTC(), MatchingExact: true, EnteredExact: true, Days: []EnteredOnDay{}, First: []EnteredFirst{}}
	var ends [2]readmodels.Moment
	for i, end := range []struct {
		at    time.Time
		meant *int
	}{{p.From, &shown.MatchingFrom}, {p.Until, &shown.MatchingUntil}} {
		if ends[i], err = a.momentAt(ctx, end.at); err != nil {
			return nil, err
		}
		n, err := a.past.Count(ctx, orgOf(ctx), ends[i], readmodels.ContactFilter{Where: where, Clock: filter.Clock{Now: end.at, Zone: clock.Zone}}, operations.MaxThings)
		if err != nil {
			return nil, inFilter(err)
		}
		*end.meant, shown.MatchingExact = min(n, operations.MaxThings), shown.MatchingExact && n <= operations.MaxThings
	}
	if filter.CountsDays(where) {
		return &struct{ Body RuleBacktest }{shown}, nil
	}
	met, err := a.past.Entered(ctx, orgOf(ctx), ends[0], ends[1], readmodels.ContactFilter{Where: where, Clock: clock}, clock.Zone, maxSample)
	if err != nil {
		return nil, inFilter(err)
	}
	if err := a.showEntries(ctx, &shown, met); err != nil {
		return nil, err
	}
	return &struct{ Body RuleBacktest }{shown}, nil
}

func (a *api) showEntries(ctx context.Context, shown *RuleBacktest, met readmodels.Entries) error {
	token, err := a.tokens(ctx)
	if err != nil {
		return err
	}
	shown.Entered, shown.EnteredExact = &met.Contacts, met.Exact
	for _, day := range met.Days {
		shown.Days = append(shown.Days, EnteredOnDay{Day: day.Day.Format(time.DateOnly), Contacts: day.Contacts})
	}
	for _, e := range met.First {
		shown.First = append(shown.First, EnteredFirst{Contact: e.Contact.String(), At: e.At.UTC(), Position: token(e.Position)})
	}
	return nil
}
