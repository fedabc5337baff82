package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
	"tagtrail/domain/filter"
	"tagtrail/domain/personal"
	"tagtrail/domain/rule"
	"tagtrail/domain/segment"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

// Rule is something that happens to contacts by itself.
type Rule struct {
	ID        string     `json:"id" format:"uuid"`
	Name      string     `json:"name" example:"Hot leads are followed up"`
	Enabled   bool       `json:"enabled" doc:"false: it does nothing."`
	Version   int        `json:"version" doc:"Of what it says; what it does names it." example:"2"`
	Says      RuleSays   `json:"says"`
	Lacks     []RuleLack `json:"lacks" nullable:"false" doc:"What it names that is gone. It cannot do that, and goes on by itself when what is gone is restored; whatever else it says it does."`
	Changed   int64      `json:"changed" doc:"How often it changed a contact by itself."`
	Refused   int64      `json:"refused" doc:"How often a contact refused something of it; which ones is told under refusals."`
	ActedAt   *time.Time `json:"acted_at" doc:"When it changed somebody, or was refused, last."`
	CreatedAt time.Time  `json:"created_at"`
	CreatedBy Actor      `json:"created_by"`
	DeletedAt *time.Time `json:"deleted_at"`
	Revision  int64      `json:"revision" doc:"Of its own last event; the ETag." example:"3"`
}

// RuleLack is something that a rule names and that is gone.
type RuleLack struct {
	Pointer string `json:"pointer" example:"/says/actions/0/tag"`
	Code    string `json:"code" doc:"Why it cannot be." example:"tag.deleted"`
	Message string `json:"message"`
}

// RuleSays is whom a rule watches, and what it does.
type RuleSays struct {
	Filter   *WrittenFilter `json:"filter,omitzero" doc:"Whom it watches: a condition of its own, which names no segment,"`
	Segment  string         `json:"segment,omitempty" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"or a dynamic segment."`
	On       string         `json:"on,omitempty" enum:"enters,leaves" doc:"On whom it acts: those who come to be meant, or those who are meant no longer. enters where it is left out."`
	Actions  []RuleAction   `json:"actions,omitempty" nullable:"false" maxItems:"10" doc:"What it does to each of them, in this order. What one contact refuses keeps nothing else from it."`
	TakeBack *bool          `json:"take_back,omitempty" doc:"Of those who are meant no longer, the tags that it put on are taken off again, unless somebody else put them on since. false where it is left out."`
}

// RuleAction is one thing that a rule does.
type RuleAction struct {
	Do         string `json:"do" enum:"add_tag,remove_tag,set_lead_status,set_owner"`
	Tag        string `json:"tag,omitempty" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Of add_tag and remove_tag."`
	Value      string `json:"value,omitempty" maxLength:"1600" doc:"Of add_tag, where the tag takes one."`
	LeadStatus string `json:"lead_status,omitempty" enum:"cold,warm,hot,customer" doc:"Of set_lead_status."`
	Owner      string `json:"owner,omitempty" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Of set_owner; left out, the contacts are nobody's."`
}

// NewRule is what is asked of a new rule.
type NewRule struct {
	Name string `json:"name" maxLength:"800" doc:"1 to 100 characters." example:"Hot leads are followed up"`
	RuleSays
	Enabled *bool `json:"enabled,omitempty" doc:"true where it is left out."`
}

// RulePatch is what is asked of a rule; what is left out stays.
type RulePatch struct {
	Name string `json:"name,omitempty" maxLength:"800" doc:"1 to 100 characters."`
	RuleSays
	Enabled *bool `json:"enabled,omitempty" doc:"Whether it does anything."`
}

func ruleOf(r readmodels.Rule) Rule {
	return Rule{
		ID: r.ID.String(), Name: r.Name, Enabled: r.Enabled && r.DeletedAt == nil, Version: r.Current.Version, Says: saysOf(r.Current), Lacks: lacksOf(r.Current),
		Changed: r.Changed, Refused: r.Refused, ActedAt: utc(r.ActedAt),
		CreatedAt: r.CreatedAt.UTC(), CreatedBy: actorOf(r.CreatedBy), DeletedAt: utc(r.DeletedAt), Revision: r.Revision,
	}
}

func lacksOf(v readmodels.RuleVersion) []RuleLack {
	lacks := []RuleLack{}
	lack := func(pointer string, why *fault.Fault) {
		lacks = append(lacks, RuleLack{Pointer: pointer, Code: why.Code, Message: why.Message})
	}
	if v.Gone {
		lack("/says/segment", segment.ErrDeleted)
	}
	for i, a := range v.Actions {
		pointer := "/says/actions/" + strconv.Itoa(i) + "/tag"
		switch a.Gone {
		case "deleted":
			lack(pointer, tag.ErrDeleted)
		case "merged":
			lack(pointer, tag.ErrMerged)
		}
	}
	return lacks
}

func saysOf(v readmodels.RuleVersion) RuleSays {
	says := RuleSays{On: v.On, TakeBack: &v.TakeBack, Actions: make([]RuleAction, len(v.Actions)), Segment: writtenOr(v.Segment)}
	if v.Filter != "" {
		says.Filter = &WrittenFilter{JSON: []byte(v.Filter)}
	}
	for i, a := range v.Actions {
		says.Actions[i] = RuleAction{Do: a.Deed, Tag: writtenOr(a.Tag), Value: a.Value, LeadStatus: a.LeadStatus, Owner: writtenOr(a.Owner)}
	}
	return says
}

// writtenOr answers an id as it is written; "" where there is none.
func writtenOr(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

// draft answers what is asked, of what a rule says already; a condition takes the place of a segment, and a segment that of a
// condition.
func (s RuleSays) draft(d rule.Draft) rule.Draft {
	if s.Filter != nil || s.Segment != "" {
		d.Filter, d.Segment = nil, segment.ID{UUID: uuidOf(s.Segment)}
		if s.Filter != nil {
			d.Filter = s.Filter.JSON
		}
	}
	if s.On != "" {
		d.On = rule.Trigger(s.On)
	}
	if s.TakeBack != nil {
		d.TakeBack = *s.TakeBack
	}
	if s.Actions == nil {
		return d
	}
	d.Actions = make([]rule.Action, len(s.Actions))
	for i, a := range s.Actions {
		d.Actions[i] = rule.Action{
			Do: rule.Deed(a.Do), Tag: tag.ID{UUID: uuidOf(a.Tag)}, LeadStatus: contact.LeadStatus(a.LeadStatus), Owner: uuidOf(a.Owner),
		}
		if a.Value != "" {
			d.Actions[i].Value = personal.New(a.Value)
		}
	}
	return d
}

func (s RuleSays) says() bool {
	return s.Filter != nil || s.Segment != "" || s.On != "" || s.Actions != nil || s.TakeBack != nil
}

type listRules struct {
	PerPage
	Status string `query:"status" enum:"active,deleted" default:"active" doc:"Which rules are listed; active are those that are not deleted, enabled or not."`
}

// ByRule names a rule in the path.
type ByRule struct {
	ID string `path:"id" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"`
}

func (b ByRule) rule() rule.ID { return rule.ID{UUID: parsed(b.ID)} }

// ruleRefusals is what is wrong with what a rule is asked to say.
func ruleRefusals() []*fault.Fault {
	refusals := append([]*fault.Fault{
		rule.ErrName, rule.ErrWatches, rule.ErrSegment, rule.ErrTrigger, rule.ErrActions, rule.ErrAction, rule.ErrTakeBack,
		tag.ErrDeleted, tag.ErrMerged, contact.ErrValueRequired, contact.ErrValueNotTaken, contact.ErrUnknownOwner,
	}, namedInBody(tag.ErrUnknown)...)
	return append(append(refusals, filter.Faults()...), ErrMasked)
}

func (a *api) registerRules() {
	register(a, operation{
		id: "list-rules", method: http.MethodGet, path: "/v1/rules", group: "Rules", permission: commands.MayRead,
		summary: "List what happens to contacts by itself, by name", lists: true,
	}, a.listRules)
	register(a, operation{
		id: "create-rule", method: http.MethodPost, path: "/v1/rules", group: "Rules", permission: commands.MayEditRules,
		summary: "Have something happen to contacts by itself",
		description: "It acts on those who come to be meant, or are meant no longer, from now on, moments after that is so. Whom it means already, or within the moment in which it is defined, it leaves alone; apply does it to them. " +
			"A rule changes a contact at most 10 times within an hour while nobody but rules changes it, so that rules which feed each other come to an end.",
		takes: plainJSON, status: http.StatusCreated, answers: map[int]any{http.StatusCreated: Rule{}, http.StatusAccepted: Pending{}}, faults: ruleRefusals(),
	}, a.createRule)
	register(a, operation{
		id: "get-rule", method: http.MethodGet, path: "/v1/rules/{id}", group: "Rules", permission: commands.MayRead,
		summary: "Get a rule, deleted or not", faults: []*fault.Fault{commands.ErrNotFound},
	}, a.getRule)
	register(a, operation{
		id: "edit-rule", method: http.MethodPatch, path: "/v1/rules/{id}", group: "Rules", permission: commands.MayEditRules,
		summary: "Edit, enable or disable a rule", description: "What it says otherwise is another version of it. Whom it means from then on at once it leaves alone.",
		takes: mergePatch, ifMatch: true, status: http.StatusOK, answers: map[int]any{http.StatusOK: Rule{}, http.StatusAccepted: Pending{}},
		faults: append([]*fault.Fault{rule.ErrUnknown, rule.ErrDeleted, rule.ErrStale}, ruleRefusals()...),
	}, a.editRule)
	register(a, operation{
		id: "delete-rule", method: http.MethodDelete, path: "/v1/rules/{id}", group: "Rules", permission: commands.MayEditRules,
		summary: "Delete a rule for good", description: "What it did stays.", status: http.StatusNoContent, answers: map[int]any{http.StatusNoContent: nil},
		faults: []*fault.Fault{rule.ErrUnknown},
	}, a.deleteRule)
	a.registerRuleHistory()
	a.registerRuleTrials()
}

func (a *api) rules() readmodels.Rules { return readmodels.Rules{DB: a.Reads} }

func (a *api) listRules(ctx context.Context, in *listRules) (*listed[Rule], error) {
	org, deleted := orgOf(ctx), in.Status == "deleted"
	of := place{org: org, list: "rules", filters: []string{in.Status}}
	read := func(after *readmodels.RuleKey, limit int) ([]readmodels.Rule, *readmodels.RuleKey, error) {
		return a.rules().List(ctx, org, deleted, after, limit)
	}
	return pageBehind(ctx, a, of, in.PerPage, read, ruleOf, func(bound int) (int, error) { return a.rules().Count(ctx, org, deleted, bound) })
}

func (a *api) readRule(ctx context.Context, id uuid.UUID) (Rule, int64, error) {
	r, err := a.rules().Get(ctx, orgOf(ctx), id)
	return ruleOf(r), r.Revision, err
}

func (a *api) getRule(ctx context.Context, in *ByRule) (*found[Rule], error) {
	shown, revision, err := a.readRule(ctx, parsed(in.ID))
	if err != nil {
		return nil, err
	}
	return &found[Rule]{ETag: etag(revision), Body: shown}, nil
}

func (a *api) wroteRule(ctx context.Context, status int, receipt commands.Receipt, id rule.ID) (*written, error) {
	return wrote(ctx, a, status, receipt, id.UUID, func(ctx context.Context) (Rule, int64, error) { return a.readRule(ctx, id.UUID) })
}

// checkSays refuses a condition that could not be asked.
func (a *api) checkSays(ctx context.Context, s RuleSays) error {
	if s.Filter == nil {
		return nil
	}
	return a.checkFilter(ctx, s.Filter)
}

func (a *api) createRule(ctx context.Context, in *struct{ Body NewRule }) (*written, error) {
	asked, err := asking(ctx, "")
	if err == nil {
		err = a.checkSays(ctx, in.Body.RuleSays)
	}
	if err != nil {
		return nil, err
	}
	id, receipt, err := a.Commands.DefineRule(asked, commands.DefineRule{
		Name: in.Body.Name, Draft: in.Body.draft(rule.Draft{}), Enabled: in.Body.Enabled == nil || *in.Body.Enabled,
	})
	if err != nil {
		return nil, inBody(err, "")
	}
	out, err := a.wroteRule(ctx, http.StatusCreated, receipt, id)
	if err == nil {
		out.Location = "/v1/rules/" + id.String()
	}
	return out, err
}

type editRule struct {
	ByRule
	Body RulePatch `contentType:"application/merge-patch+json"`
}

func (a *api) editRule(ctx context.Context, in *editRule) (*written, error) {
	asked, err := asking(ctx, "")
	if err == nil {
		err = a.checkSays(ctx, in.Body.RuleSays)
	}
	if err != nil {
		return nil, err
	}
	cmd := commands.EditRule{Rule: in.rule(), Changes: rule.Changes{Enabled: in.Body.Enabled}}
	if in.Body.Name != "" {
		cmd.Changes.Name = &in.Body.Name
	}
	if in.Body.says() {
		cmd.Changes.Draft = in.Body.draft
	}
	if cmd.IfMatch, err = requestOf(ctx).ifMatch.revisionsSeen(); err != nil {
		return nil, err
	}
	receipt, err := a.Commands.EditRule(asked, cmd)
	if f := fault.Of(err); f != nil && f.Pointer != "" {
		err = inBody(err, "") // what is not there is something that the body names
	}
	if err != nil {
		return nil, err
	}
	return a.wroteRule(ctx, http.StatusOK, receipt, cmd.Rule)
}

func (a *api) deleteRule(ctx context.Context, in *ByRule) (*done, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	receipt, err := a.Commands.DeleteRule(asked, in.rule())
	if err != nil {
		return nil, err
	}
	return a.done(ctx, receipt)
}
