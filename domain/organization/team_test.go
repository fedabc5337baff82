package organization_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tagtrail/domain/domaintest"
	"tagtrail/domain/event"
	"tagtrail/domain/field"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

type decision = func(*organization.Organization) ([]organization.Event, error)

func begun(more ...organization.Event) []organization.Event {
	return append(events(created(), keyCreated(1, organization.Owner)), more...)
}

func marta(role organization.KeyKind) organization.MemberAdded {
	return organization.MemberAdded{Member: id(20), Name: personal.New("Marta"), Email: personal.New("marta@example.org"), Role: role}
}

func addMember(name, email string, role organization.KeyKind) decision {
	return func(o *organization.Organization) ([]organization.Event, error) {
		return o.AddMember(organization.Member{ID: id(20), Name: personal.New(name), Email: personal.New(email), Role: role})
	}
}

// C25, S1-6, S4-22.
func TestMembers(t *testing.T) {
	t.Parallel()
	hers := events(keyCreated(2, organization.Agent), organization.KeyAssigned{Key: id(2), Member: id(20)})
	role := func(to organization.KeyKind) decision {
		return func(o *organization.Organization) ([]organization.Event, error) {
			return o.EditMember(id(20), organization.MemberChanges{Role: &to}, nil)
		}
	}
	edit := func(changes organization.MemberChanges) decision {
		return func(o *organization.Organization) ([]organization.Event, error) {
			return o.EditMember(id(20), changes, nil)
		}
	}
	asSeen := func(o *organization.Organization) ([]organization.Event, error) {
		return o.EditMember(id(20), organization.MemberChanges{Name: new("x")}, new(event.Revision(1)))
	}
	promoted := organization.MemberRoleChanged{Member: id(20), From: organization.Agent, To: organization.Owner}
	onlyHers := append(begun(marta(organization.Agent)), append(hers[:2:2], promoted, organization.KeyRevoked{Key: id(1)})...)
	remove := func(o *organization.Organization) ([]organization.Event, error) { return o.RemoveMember(id(20)) }
	mint := func(o *organization.Organization) ([]organization.Event, error) {
		return o.CreateMemberKey(key(2, ""), id(20))
	}
	run(t, []row{
		{name: "somebody is added", given: begun(), when: addMember(" Marta", "marta@example.org", organization.Agent), then: events(marta(organization.Agent))},
		{name: "and not twice", given: begun(marta(organization.Agent)), when: addMember("Marta", "", organization.Agent)},
		{name: "a program is no member", given: begun(), when: addMember("Marta", "", organization.APIClient), fault: organization.ErrUnknownRole},
		{name: "a member has a name", given: begun(), when: addMember(" ", "", organization.Agent), fault: organization.ErrName},
		{name: "an address that is none", given: begun(), when: addMember("Marta", "marta@", organization.Agent), fault: organization.ErrMemberEmail},
		{name: "nobody belongs to nothing", when: addMember("Marta", "", organization.Agent), fault: organization.ErrUnknown},
		{
			name: "a role changes", given: begun(marta(organization.Agent)), when: role(organization.Manager),
			then: events(organization.MemberRoleChanged{Member: id(20), From: organization.Agent, To: organization.Manager}),
		},
		{name: "to the same changes nothing", given: begun(marta(organization.Agent)), when: role(organization.Agent)},
		{
			name: "a name and an address change, each by an event of its own", given: begun(marta(organization.Agent)),
			when: edit(organization.MemberChanges{Name: new(" Marta Ruiz "), Email: new("")}),
			then: events(organization.MemberRenamed{Member: id(20), Name: personal.New("Marta Ruiz")}, organization.MemberEmailChanged{Member: id(20)}),
		},
		{name: "as they are, nothing changes", given: begun(marta(organization.Agent)), when: edit(organization.MemberChanges{Name: new("Marta"), Email: new("marta@example.org")})},
		{name: "a name is not taken away", given: begun(marta(organization.Agent)), when: edit(organization.MemberChanges{Name: new("")}), fault: organization.ErrName},
		{name: "a member is edited as it was seen", given: begun(marta(organization.Agent)), when: asSeen, fault: organization.ErrMemberStale},
		{name: "the last owner stays one", given: onlyHers, when: role(organization.Agent), fault: organization.ErrLastOwnerKey},
		{name: "and stays", given: onlyHers, when: remove, fault: organization.ErrLastOwnerKey},
		{
			name: "and keeps the key", given: onlyHers, fault: organization.ErrLastOwnerKey,
			when: func(o *organization.Organization) ([]organization.Event, error) { return o.RevokeKey(id(2)) },
		},
		{
			name: "an owner without a key keeps nobody from coming in", given: begun(marta(organization.Owner)), when: role(organization.Agent),
			then: events(organization.MemberRoleChanged{Member: id(20), From: organization.Owner, To: organization.Agent}),
		},
		{
			name: "the key of somebody who became an owner opens as one", given: append(begun(marta(organization.Agent)), append(hers, promoted)...),
			when: func(o *organization.Organization) ([]organization.Event, error) { return o.RevokeKey(id(1)) },
			then: events(organization.KeyRevoked{Key: id(1)}),
		},
		{name: "a role is a person's", given: begun(marta(organization.Agent)), when: role(organization.AITool), fault: organization.ErrUnknownRole},
		{name: "of somebody who is there", given: begun(), when: role(organization.Agent), fault: organization.ErrUnknownMember},
		{name: "a member's key has the member's role", given: begun(marta(organization.Agent)), when: mint, then: hers},
		{name: "nobody's key", given: begun(), when: mint, fault: organization.ErrUnknownMember},
		{
			name: "who goes takes the keys along", given: append(begun(marta(organization.Agent)), hers...), when: remove,
			then: events(organization.KeyRevoked{Key: id(2)}, organization.MemberRemoved{Member: id(20)}),
		},
		{name: "and goes once", given: begun(marta(organization.Agent), organization.MemberRemoved{Member: id(20)}), when: remove},
		{name: "who never came cannot go", given: begun(), when: remove, fault: organization.ErrUnknownMember},
	})
}

// S1-20, C10, C11, C24.
func TestTheRulesOfATeam(t *testing.T) {
	t.Parallel()
	plan := func(p organization.Plan, limit int) decision {
		return func(o *organization.Organization) ([]organization.Event, error) { return o.ChangePlan(p, limit) }
	}
	tags := func(limit int) decision {
		return func(o *organization.Organization) ([]organization.Event, error) { return o.ChangeTagLimit(limit) }
	}
	own := func(on bool) decision {
		return func(o *organization.Organization) ([]organization.Event, error) {
			return o.RestrictTagRemoval(organization.Agent, on)
		}
	}
	mask := func(m organization.Masking) decision {
		return func(o *organization.Organization) ([]organization.Event, error) { return o.Mask(organization.Agent, m) }
	}
	run(t, []row{
		{name: "a plan has its limit", given: begun(), when: plan(organization.Free, -1), then: events(organization.PlanChanged{Plan: organization.Free, Limit: 100})},
		{name: "or another one", given: begun(), when: plan(organization.Free, 250), then: events(organization.PlanChanged{Plan: organization.Free, Limit: 250})},
		{name: "the largest has none", given: begun(organization.PlanChanged{Plan: organization.Free, Limit: 100}), when: plan(organization.Scale, -1), then: events(organization.PlanChanged{Plan: organization.Scale})},
		{name: "the same plan changes nothing", given: begun(organization.PlanChanged{Plan: organization.Growth, Limit: 25_000}), when: plan(organization.Growth, -1)},
		{name: "a plan that is none", given: begun(), when: plan("gold", -1), fault: organization.ErrUnknownPlan},
		{name: "a limit that is none", given: begun(), when: plan(organization.Free, -2), fault: organization.ErrPlanLimit},
		{name: "the limit of tags changes", given: begun(), when: tags(30), then: events(organization.TagLimitChanged{From: 20, To: 30})},
		{name: "to the same changes nothing", given: begun(), when: tags(20)},
		{name: "within reason", given: begun(), when: tags(101), fault: organization.ErrTagLimit},
		{name: "a role takes off its own tags only", given: begun(), when: own(true), then: events(organization.TagRemovalChanged{Role: organization.Agent, OwnOnly: true})},
		{name: "as it is already", given: begun(), when: own(false)},
		{
			name: "an administrator takes off any (S0-45)", given: begun(), fault: organization.ErrUnrestricted,
			when: func(o *organization.Organization) ([]organization.Event, error) {
				return o.RestrictTagRemoval(organization.Manager, true)
			},
		},
		{
			name: "a role sees phones in part", given: begun(), when: mask(organization.Masking{Phone: true}),
			then: events(organization.MaskingChanged{Role: organization.Agent, Phone: true}),
		},
		{name: "as it does already", given: begun(), when: mask(organization.Masking{})},
	})
}

func TestCustomFieldsOfAnOrganization(t *testing.T) {
	t.Parallel()
	plan := field.ID{UUID: id(30)}
	monthly, yearly := field.Option{Number: 1, Name: "Monthly"}, field.Option{Number: 2, Name: "Yearly"}
	defined := organization.FieldDefined{Field: plan, Name: "Plan", Type: field.Choice, Options: []field.Option{monthly, yearly}}
	define := func(of byte, name string, kind field.Type, options ...string) decision {
		return func(o *organization.Organization) ([]organization.Event, error) {
			return o.DefineField(field.ID{UUID: id(of)}, name, kind, options)
		}
	}
	edit := func(name *string, options *[]string) decision {
		return func(o *organization.Organization) ([]organization.Event, error) {
			return o.EditField(plan, name, options, nil)
		}
	}
	asSeen := func(revision event.Revision) decision {
		return func(o *organization.Organization) ([]organization.Event, error) {
			return o.EditField(plan, new("Billing"), nil, &revision)
		}
	}
	retire := func(o *organization.Organization) ([]organization.Event, error) { return o.RetireField(plan) }
	restore := func(o *organization.Organization) ([]organization.Event, error) { return o.RestoreField(plan) }
	retired := organization.FieldRetired{Field: plan}
	run(t, []row{
		{name: "options get numbers", given: begun(), when: define(30, " Plan", field.Choice, "Monthly", "Yearly "), then: events(defined)},
		{name: "it is not defined twice", given: begun(defined), when: define(30, "Plan", field.Choice, "Monthly")},
		{name: "a name is taken, however it is written", given: begun(defined), when: define(31, "ｐｌａｎ", field.Text), fault: field.ErrNameTaken},
		{name: "a name of a retired field is free", given: begun(defined, retired), when: define(31, "Plan", field.Text), then: events(organization.FieldDefined{Field: field.ID{UUID: id(31)}, Name: "Plan", Type: field.Text})},
		{name: "a type that is none", given: begun(), when: define(30, "Plan", "colour"), fault: field.ErrUnknownType},
		{name: "a choice of nothing", given: begun(), when: define(30, "Plan", field.Choice), fault: field.ErrOptionsRequired},
		{
			name: "a name and options change", given: begun(defined), when: edit(new("Billing"), &[]string{"MONTHLY", "Weekly"}),
			then: events(
				organization.FieldRenamed{Field: plan, From: "Plan", To: "Billing"},
				organization.FieldOptionRetired{Field: plan, Option: yearly},
				organization.FieldOptionAdded{Field: plan, Option: field.Option{Number: 3, Name: "Weekly"}},
			),
		},
		{name: "a number is not used again", given: begun(defined, organization.FieldOptionRetired{Field: plan, Option: yearly}), when: edit(nil, &[]string{"Monthly", "Yearly"}),
			then: events(organization.FieldOptionAdded{Field: plan, Option: field.Option{Number: 3, Name: "Yearly"}})},
		{name: "the same changes nothing", given: begun(defined), when: edit(new("Plan"), &[]string{"Monthly", "Yearly"})},
		{name: "it is edited as it was seen", given: begun(defined), when: asSeen(event.Revision(len(begun()))), then: events(organization.FieldRenamed{Field: plan, From: "Plan", To: "Billing"})},
		{name: "and not as it was before", given: begun(defined, organization.FieldOptionRetired{Field: plan, Option: yearly}), when: asSeen(event.Revision(len(begun()))), fault: field.ErrStale},
		{name: "what is retired is not edited", given: begun(defined, retired), when: edit(new("Billing"), nil), fault: field.ErrRetired},
		{name: "what is not there is not edited", given: begun(), when: edit(new("Billing"), nil), fault: field.ErrUnknown},
		{name: "it is retired", given: begun(defined), when: retire, then: events(retired)},
		{name: "and not twice", given: begun(defined, retired), when: retire},
		{name: "it is restored", given: begun(defined, retired), when: restore, then: events(organization.FieldRestored{Field: plan})},
		{
			name: "unless its name is taken by now", when: restore, fault: field.ErrNameTaken,
			given: begun(defined, retired, organization.FieldDefined{Field: field.ID{UUID: id(31)}, Name: "plan", Type: field.Text}),
		},
	})
}

func TestWhatAnOrganizationKnowsOfItsTeam(t *testing.T) {
	t.Parallel()
	o := organization.New()
	for _, r := range domaintest.Given(begun(
		marta(organization.Agent), keyCreated(2, organization.Agent), organization.KeyAssigned{Key: id(2), Member: id(20)},
		organization.MemberRoleChanged{Member: id(20), From: organization.Agent, To: organization.Manager},
		organization.TagRemovalChanged{Role: organization.Agent, OwnOnly: true},
		organization.MaskingChanged{Role: organization.Agent, Email: true},
	)...) {
		o.Apply(r)
	}
	before := o.Clone()
	o.Apply(domaintest.Given[organization.Event](organization.MemberRemoved{Member: id(20)})[0])
	held, err := before.Key(id(2))
	if err != nil || held.Kind != organization.Manager || held.Member != id(20) || !before.IsMember(id(20)) || len(before.Members()) != 1 {
		t.Errorf("the key is %+v, %v", held, err)
	}
	if o.IsMember(id(20)) || len(o.Members()) != 0 {
		t.Error("who was removed still belongs to the team")
	}
	if !o.OwnTagsOnly(organization.Agent) || o.OwnTagsOnly(organization.Manager) || o.TagLimit() != organization.DefaultTagLimit {
		t.Error("the rules are others")
	}
	if diff := cmp.Diff(organization.Masking{Email: true}, o.Masking(organization.Agent)); diff != "" {
		t.Error(diff)
	}
}
