package httpapi

import (
	"context"
	"net/http"
	"time"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/readmodels"
)

// RuleVersion is what a rule says, or said.
type RuleVersion struct {
	Version int       `json:"version"`
	Says    RuleSays  `json:"says"`
	At      time.Time `json:"at" doc:"From when on."`
	By      Actor     `json:"by"`
}

// RuleRefusal is a contact on which a rule could not do all that it says.
type RuleRefusal struct {
	Contact  string    `json:"contact" format:"uuid"`
	Version  int       `json:"version" doc:"Of the rule."`
	On       string    `json:"on" enum:"enters,leaves"`
	Code     string    `json:"code" doc:"Why; contact.rule-loop where rules only fed each other." example:"contact.too-many-tags"`
	Message  string    `json:"message"`
	At       time.Time `json:"at"`
	Position string    `json:"position" doc:"Where it stands in the log."`
}

func (a *api) registerRuleHistory() {
	register(a, operation{
		id: "list-rule-versions", method: http.MethodGet, path: "/v1/rules/{id}/versions", group: "Rules", permission: commands.MayRead,
		summary: "List what a rule says and said, the newest first", lists: true, faults: []*fault.Fault{commands.ErrNotFound},
	}, a.listRuleVersions)
	register(a, operation{
		id: "list-rule-refusals", method: http.MethodGet, path: "/v1/rules/{id}/refusals", group: "Rules", permission: commands.MayRead,
		summary: "List on which contacts a rule could not do all that it says, the last first", description: "It is not tried again.",
		lists: true, faults: []*fault.Fault{commands.ErrNotFound},
	}, a.listRuleRefusals)
}

type pageOfRule struct {
	ByRule
	PerPage
}

func (a *api) listRuleVersions(ctx context.Context, in *pageOfRule) (*listed[RuleVersion], error) {
	org, id := orgOf(ctx), parsed(in.ID)
	if _, err := a.rules().Get(ctx, org, id); err != nil {
		return nil, err
	}
	read := func(after *int, limit int) ([]readmodels.RuleVersion, *int, error) {
		return a.rules().Versions(ctx, org, id, after, limit)
	}
	show := func(v readmodels.RuleVersion) RuleVersion {
		return RuleVersion{Version: v.Version, Says: saysOf(v), At: v.At.UTC(), By: actorOf(v.By)}
	}
	of := place{org: org, list: "rule versions", filters: []string{in.ID}}
	return pageBehind(ctx, a, of, in.PerPage, read, show, func(bound int) (int, error) { return a.rules().CountVersions(ctx, org, id, bound) })
}

func (a *api) listRuleRefusals(ctx context.Context, in *pageOfRule) (*listed[RuleRefusal], error) {
	org, id := orgOf(ctx), parsed(in.ID)
	if _, err := a.rules().Get(ctx, org, id); err != nil {
		return nil, err
	}
	token, err := a.tokens(ctx)
	if err != nil {
		return nil, err
	}
	read := func(after *readmodels.MemberKey, limit int) ([]readmodels.RuleRefusal, *readmodels.MemberKey, error) {
		return a.rules().Refusals(ctx, org, id, after, limit)
	}
	show := func(r readmodels.RuleRefusal) RuleRefusal {
		shown := RuleRefusal{Contact: r.Contact.String(), Version: r.Version, On: r.On, Code: r.Code, At: r.At.UTC(), Position: token(r.Position)}
		if f := a.faults[r.Code]; f != nil {
			shown.Message = f.Message
		}
		return shown
	}
	of := place{org: org, list: "rule refusals", filters: []string{in.ID}}
	return pageBehind(ctx, a, of, in.PerPage, read, show, func(bound int) (int, error) { return a.rules().CountRefusals(ctx, org, id, bound) })
}
