package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Rules answers: what happens to contacts by itself, what did each rule say when, and what came of it?
//
// Lists are ordered by name, regardless of case, then by id.
type Rules struct{ DB DB }

// Rule is one rule as it is now.
type Rule struct {
	ID        uuid.UUID
	Name      string
	Enabled   bool
	Current   RuleVersion
	CreatedAt time.Time
	CreatedBy Actor
	DeletedAt *time.Time
	Revision  int64 // of the rule's own last event
	Changed   int64 // how often it changed a contact
	Refused   int64 // how often a contact refused something of it
	ActedAt   *time.Time

	sortName string
}

// RuleVersion is what a rule says, or said.
type RuleVersion struct {
	Version  int
	Filter   string // as it is written; "" where it watches a segment
	Segment  *uuid.UUID
	On       string // enters, leaves
	TakeBack bool
	Actions  []RuleAction
	At       time.Time
	By       Actor
	Gone     bool // the segment that it watches is deleted
}

// RuleAction is one thing that a rule does.
type RuleAction struct {
	Deed       string
	Tag        *uuid.UUID
	Value      string
	LeadStatus string
	Owner      *uuid.UUID
	Gone       string // "" while the tag can be given and taken; deleted, merged
}

// RuleRefusal is a contact on which a rule could not do all that it says.
type RuleRefusal struct {
	Contact  uuid.UUID
	Version  int
	On       string
	Code     string
	At       time.Time
	Position int64
}

// RuleKey is a rule's place in a list.
type RuleKey struct {
	Name string // as it is ordered
	Rule uuid.UUID
}

// List answers the rules that are there, or those that are deleted, beginning behind a key, and where the next page begins;
// nil is the end.
func (r Rules) List(ctx context.Context, org uuid.UUID, deleted bool, after *RuleKey, limit int) ([]Rule, *RuleKey, error) {
	where := rulesThat(org, deleted)
	if after != nil {
		where.and("(r.sort_name, r.rule) > (%s, %s)", after.Name, after.Rule)
	}
	sql := selectRules + ` where ` + where.sql() + ` order by r.sort_name, r.rule limit ` + where.parameter(limit+1)
	found, err := ask(ctx, r.DB, org, planReuse, scanRule, sql, where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the rules of %s: %w", org, err)
	}
	items, next := page(found, limit, func(r Rule) RuleKey { return RuleKey{Name: r.sortName, Rule: r.ID} })
	return items, next, r.act(ctx, org, items)
}

// Count answers how many rules are there, or are deleted, counting no further than one above the bound.
func (r Rules) Count(ctx context.Context, org uuid.UUID, deleted bool, bound int) (int, error) {
	return count(ctx, r.DB, org, "rules r", rulesThat(org, deleted), bound)
}

// Get answers one rule, deleted or not.
func (r Rules) Get(ctx context.Context, org, rule uuid.UUID) (Rule, error) {
	found, err := one(ask(ctx, r.DB, org, planReuse, scanRule, selectRules+` where r.org = $1 and r.rule = $2`, org, rule))
	if err != nil {
		return Rule{}, fmt.Errorf("get rule %s: %w", rule, err)
	}
	items := []Rule{found}
	err = r.act(ctx, org, items)
	return items[0], err
}

// act fills in what the rules do.
func (r Rules) act(ctx context.Context, org uuid.UUID, rules []Rule) error {
	ids, versions := make([]uuid.UUID, len(rules)), make([]int, len(rules))
	for i, each := range rules {
		ids[i], versions[i] = each.ID, each.Current.Version
	}
	actions, err := r.actions(ctx, org, ids, versions)
	for i := range rules {
		rules[i].Current.Actions = actions[versionKey{rules[i].ID, rules[i].Current.Version}]
	}
	return err
}

// Versions answers what a rule says and said, the newest first, beginning behind a version, and where the next page begins; nil
// is the end.
func (r Rules) Versions(ctx context.Context, org, rule uuid.UUID, after *int, limit int) ([]RuleVersion, *int, error) {
	where := &conditions{}
	where.and("v.org = %s", org)
	where.and("v.rule = %s", rule)
	if after != nil {
		where.and("v.version < %s", *after)
	}
	found, err := ask(ctx, r.DB, org, planReuse, func(row pgx.CollectableRow) (v RuleVersion, err error) {
		err = row.Scan(v.columns()...)
		return v, err
	}, `select `+versionColumns+` from rule_versions v where `+where.sql()+` order by v.version desc limit `+where.parameter(limit+1), where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the versions of rule %s: %w", rule, err)
	}
	items, next := page(found, limit, func(v RuleVersion) int { return v.Version })
	ids, versions := make([]uuid.UUID, len(items)), make([]int, len(items))
	for i, each := range items {
		ids[i], versions[i] = rule, each.Version
	}
	actions, err := r.actions(ctx, org, ids, versions)
	for i := range items {
		items[i].Actions = actions[versionKey{rule, items[i].Version}]
	}
	return items, next, err
}

// CountVersions answers how many versions there are, counting no further than one above the bound.
func (r Rules) CountVersions(ctx context.Context, org, rule uuid.UUID, bound int) (int, error) {
	where := &conditions{}
	where.and("v.org = %s", org)
	where.and("v.rule = %s", rule)
	return count(ctx, r.DB, org, "rule_versions v", where, bound)
}

// Refusals answers on which contacts a rule could not do all that it says, the last first, beginning behind a key, and where
// the next page begins; nil is the end.
func (r Rules) Refusals(ctx context.Context, org, rule uuid.UUID, after *MemberKey, limit int) ([]RuleRefusal, *MemberKey, error) {
	where := refusalsOf(org, rule)
	behind(where, after)
	found, err := ask(ctx, r.DB, org, planReuse, pgx.RowToStructByPos[RuleRefusal], `
		select m.contact, m.version, m.acts_on, m.code, m.at, m.position
		from rule_refusals m where `+where.sql()+` order by m.position desc, m.contact limit `+where.parameter(limit+1), where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the refusals of rule %s: %w", rule, err)
	}
	items, next := page(found, limit, func(m RuleRefusal) MemberKey { return MemberKey{Position: m.Position, Contact: m.Contact} })
	return items, next, nil
}

// CountRefusals answers how many refusals there are, counting no further than one above the bound.
func (r Rules) CountRefusals(ctx context.Context, org, rule uuid.UUID, bound int) (int, error) {
	return count(ctx, r.DB, org, "rule_refusals m", refusalsOf(org, rule), bound)
}

// Watching answers the rules that ever watched a segment, or the rule whose condition has its id, but for deleted ones.
func (r Rules) Watching(ctx context.Context, org, segment uuid.UUID) ([]uuid.UUID, error) {
	found, err := ask(ctx, r.DB, org, planReuse, pgx.RowTo[uuid.UUID], `
		select r.rule from rules r
		where r.org = $1 and r.deleted_at is null and r.enabled
			and (r.rule = $2 or r.rule in (select v.rule from rule_versions v where v.org = $1 and v.segment = $2))
		order by r.created_at, r.rule`, org, segment)
	if err != nil {
		return nil, fmt.Errorf("find the rules that watch %s: %w", segment, err)
	}
	return found, nil
}

func rulesThat(org uuid.UUID, deleted bool) *conditions {
	where := &conditions{}
	where.and("r.org = %s", org)
	where.and("(r.deleted_at is not null) = %s", deleted)
	return where
}

func refusalsOf(org, rule uuid.UUID) *conditions {
	where := &conditions{}
	where.and("m.org = %s", org)
	where.and("m.rule = %s", rule)
	return where
}

const versionColumns = `v.version, coalesce(v.filter, ''), v.segment, v.acts_on, v.take_back, v.at, v.by_kind, v.by,
		coalesce((select a.name from actors a where a.org = v.org and a.actor = v.by), ''),
		exists (select from segments s where s.org = v.org and s.segment = v.segment and s.deleted_at is not null)`

// columns answers where versionColumns go.
func (v *RuleVersion) columns() []any {
	return []any{&v.Version, &v.Filter, &v.Segment, &v.On, &v.TakeBack, &v.At, &v.By.Kind, &v.By.ID, &v.By.Name, &v.Gone}
}

const selectRules = `
	select r.rule, coalesce(r.name, ''), r.enabled, r.created_at, r.created_by_kind, r.created_by,
		coalesce((select a.name from actors a where a.org = r.org and a.actor = r.created_by), ''), r.deleted_at, r.revision, r.sort_name,
		coalesce(t.changed, 0), coalesce(t.refused, 0), t.acted_at, ` + versionColumns + `
	from rules r
	join rule_versions v on v.org = r.org and v.rule = r.rule and v.version = r.version
	left join rule_tallies t on t.org = r.org and t.rule = r.rule`

func scanRule(row pgx.CollectableRow) (r Rule, err error) {
	err = row.Scan(append([]any{
		&r.ID, &r.Name, &r.Enabled, &r.CreatedAt, &r.CreatedBy.Kind, &r.CreatedBy.ID, &r.CreatedBy.Name, &r.DeletedAt, &r.Revision, &r.sortName,
		&r.Changed, &r.Refused, &r.ActedAt,
	}, r.Current.columns()...)...)
	return r, err
}

// versionKey names a version of a rule.
type versionKey struct {
	rule    uuid.UUID
	version int
}

// actions answers what versions of rules do, in their order.
func (r Rules) actions(ctx context.Context, org uuid.UUID, rules []uuid.UUID, versions []int) (map[versionKey][]RuleAction, error) {
	found := map[versionKey][]RuleAction{}
	_, err := ask(ctx, r.DB, org, planReuse, func(row pgx.CollectableRow) (a RuleAction, err error) {
		var of versionKey
		err = row.Scan(&of.rule, &of.version, &a.Deed, &a.Tag, &a.Value, &a.LeadStatus, &a.Owner, &a.Gone)
		found[of] = append(found[of], a)
		return a, err
	}, `
		select a.rule, a.version, a.deed, a.tag, coalesce(a.value, ''), coalesce(a.lead_status, ''), a.owner,
			case when t.merged_into is not null then 'merged' when t.deleted_at is not null then 'deleted' else '' end
		from rule_actions a join unnest($2::uuid[], $3::int[]) of (rule, version) on a.rule = of.rule and a.version = of.version
		left join tags t on t.org = a.org and t.tag = a.tag
		where a.org = $1 order by a.rule, a.version, a.nth`, org, rules, versions)
	if err != nil {
		return nil, fmt.Errorf("read what rules of %s do: %w", org, err)
	}
	return found, nil
}
