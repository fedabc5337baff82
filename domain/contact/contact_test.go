package contact_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/domaintest"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

type (
	history  = []contact.Event
	decision func(*contact.Contact) ([]contact.Event, error)
)

// scenario is one row of given, when, then: either the events that follow, or the fault.
type scenario struct {
	name  string
	given history
	when  decision
	then  history
	fault *fault.Fault
}

func run(t *testing.T, scenarios []scenario) {
	t.Helper()
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			outcome := domaintest.When(domaintest.Given(s.given...), contact.New(), s.when)
			if s.fault != nil {
				outcome.ThenFault(t, s.fault)
				return
			}
			outcome.Then(t, s.then...)
		})
	}
}

func id(n byte) uuid.UUID { return uuid.UUID{6: 0x70, 8: 0x80, 15: n} }

func stay(n byte) contact.AssignmentID { return contact.AssignmentID{UUID: id(100 + n)} }

// The tags of these tests.
var (
	vip     = tag.ID{UUID: id(1)}
	lead    = tag.ID{UUID: id(2)}
	city    = tag.ID{UUID: id(3)} // free text
	tier    = tag.ID{UUID: id(4)} // gold or silver
	deleted = tag.ID{UUID: id(5)}
	unknown = tag.ID{UUID: id(99)}
)

func catalog(more ...tag.Event) *tag.Catalog {
	c := tag.NewCatalog()
	for _, recorded := range domaintest.Given(append([]tag.Event{
		tag.Created{Tag: vip, Number: 1, Name: "VIP", Color: "red", Kind: tag.Label},
		tag.Created{Tag: lead, Number: 2, Name: "Lead", Color: "default", Kind: tag.Label},
		tag.Created{Tag: city, Number: 3, Name: "city", Color: "default", Kind: tag.Valued, Policy: tag.FreeText},
		tag.Created{Tag: tier, Number: 4, Name: "tier", Color: "default", Kind: tag.Valued, Policy: tag.FixedList,
			Values: []tag.Value{{Number: 1, Name: "Gold"}, {Number: 2, Name: "Silver"}}},
		tag.Created{Tag: deleted, Number: 5, Name: "old", Color: "default", Kind: tag.Label},
		tag.Deleted{Tag: deleted, Number: 5},
	}, more...)...) {
		c.Apply(recorded)
	}
	return c
}

func phone(s string) contact.Identity {
	return contact.Identity{Kind: contact.Number, Value: personal.New(s)}
}

func bsuid(s string) contact.Identity {
	return contact.Identity{Kind: contact.BSUID, Value: personal.New(s)}
}

func ana() contact.Event {
	return contact.Created{Origin: contact.OriginManual, Identity: phone("+16505550101"), Name: personal.New("Ana"), LeadStatus: contact.Cold}
}

func carries(t tag.ID, number tag.Number, n byte) contact.Event {
	return contact.TagAssigned{Tag: t, Number: number, Assignment: stay(n)}
}

func assign(c contact.Catalog, t tag.ID, value *string) decision {
	return func(who *contact.Contact) ([]contact.Event, error) {
		return who.AssignTag(c, t, value, stay(9), contact.MaxActiveTags)
	}
}

func remove(t tag.ID) decision {
	return func(who *contact.Contact) ([]contact.Event, error) { return who.RemoveTag(catalog(), t, "") }
}

// S0-38, S0-41, S0-44, S2-6, S2-7, C11, C14, C28, C29.
func TestAssignTag(t *testing.T) {
	t.Parallel()
	barcelona := &contact.TagValue{Text: personal.New("Barcelona")}
	gold, silver := &contact.TagValue{Number: 1}, &contact.TagValue{Number: 2}
	run(t, []scenario{
		{"a tag is put on", history{ana()}, assign(catalog(), vip, nil), history{carries(vip, 1, 9)}, nil},
		{"a tag that is on it already changes nothing", history{ana(), carries(vip, 1, 1)}, assign(catalog(), vip, nil), nil, nil},
		{"a tag that was taken off begins another stay", history{ana(), carries(vip, 1, 1), contact.TagRemoved{Tag: vip, Number: 1, Assignment: stay(1)}},
			assign(catalog(), vip, nil), history{carries(vip, 1, 9)}, nil},
		{"an unknown tag", history{ana()}, assign(catalog(), unknown, nil), nil, tag.ErrUnknown},
		{"a deleted tag", history{ana()}, assign(catalog(), deleted, nil), nil, tag.ErrDeleted},
		{"a deleted tag that it carries", history{ana(), carries(deleted, 5, 1)}, assign(catalog(), deleted, nil), nil, tag.ErrDeleted},
		{"nobody", nil, assign(catalog(), vip, nil), nil, contact.ErrUnknown},
		{"somebody erased", history{ana(), contact.Erased{}}, assign(catalog(), vip, nil), nil, contact.ErrErased},
		{"a label with a value", history{ana()}, assign(catalog(), vip, new("x")), nil, contact.ErrValueNotTaken},
		{"a valued tag without one", history{ana()}, assign(catalog(), city, nil), nil, contact.ErrValueRequired},
		{"a valued tag with a blank one", history{ana()}, assign(catalog(), city, new(" \u200b")), nil, contact.ErrValueRequired},
		{"a value with a line break", history{ana()}, assign(catalog(), city, new("a\nb")), nil, contact.ErrValueCharacters},
		{"a value with a comma", history{ana()}, assign(catalog(), city, new("Barcelona, Valencia")), nil, contact.ErrValueCharacters},
		{"a value with a |", history{ana()}, assign(catalog(), city, new("Barcelona|Valencia")), nil, contact.ErrValueCharacters},
		{"a value of 200 characters", history{ana()}, assign(catalog(), city, new(strings.Repeat("é", 200))),
			history{contact.TagAssigned{Tag: city, Number: 3, Assignment: stay(9), Value: &contact.TagValue{Text: personal.New(strings.Repeat("é", 200))}}}, nil},
		{"a value of 201", history{ana()}, assign(catalog(), city, new(strings.Repeat("é", 201))), nil, contact.ErrValueTooLong},
		{"a free value is trimmed", history{ana()}, assign(catalog(), city, new(" Barcelona ")),
			history{contact.TagAssigned{Tag: city, Number: 3, Assignment: stay(9), Value: barcelona}}, nil},
		{"a fixed value is found however it is written", history{ana()}, assign(catalog(), tier, new("ＧＯＬＤ")),
			history{contact.TagAssigned{Tag: tier, Number: 4, Assignment: stay(9), Value: gold}}, nil},
		{"a value that is not in the list", history{ana()}, assign(catalog(), tier, new("bronze")), nil, contact.ErrUnknownValue},
		{"a value that was retired", history{ana()}, assign(catalog(tag.ValueRetired{Tag: tier, Number: 4, Value: tag.Value{Number: 2, Name: "Silver"}}), tier, new("Silver")),
			nil, contact.ErrUnknownValue},
		{"the same value changes nothing", history{ana(), contact.TagAssigned{Tag: tier, Number: 4, Assignment: stay(1), Value: gold}},
			assign(catalog(), tier, new("gold")), nil, nil},
		{"another value ends one stay and begins the next", history{ana(), contact.TagAssigned{Tag: tier, Number: 4, Assignment: stay(1), Value: gold}},
			assign(catalog(), tier, new("silver")),
			history{contact.TagValueChanged{Tag: tier, Number: 4, Ended: stay(1), Assignment: stay(9), From: gold, To: silver}}, nil},
		{"the value after that ends the second stay", history{
			ana(), contact.TagAssigned{Tag: tier, Number: 4, Assignment: stay(1), Value: gold},
			contact.TagValueChanged{Tag: tier, Number: 4, Ended: stay(1), Assignment: stay(2), From: gold, To: silver},
		}, assign(catalog(), tier, new("gold")),
			history{contact.TagValueChanged{Tag: tier, Number: 4, Ended: stay(2), Assignment: stay(9), From: silver, To: gold}}, nil},
	})
}

// S0-40, S0-45, S0-46, faults row 68.
func TestRemoveTag(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		{"a tag is taken off", history{ana(), carries(vip, 1, 1)}, remove(vip), history{contact.TagRemoved{Tag: vip, Number: 1, Assignment: stay(1)}}, nil},
		{"a tag that is not on it changes nothing", history{ana()}, remove(vip), nil, nil},
		{"a deleted tag that it carries is history", history{ana(), carries(deleted, 5, 1)}, remove(deleted), nil, contact.ErrTagHistorical},
		{"a deleted tag that it does not carry changes nothing", history{ana()}, remove(deleted), nil, nil},
		{"an unknown tag", history{ana()}, remove(unknown), nil, tag.ErrUnknown},
		{"somebody erased", history{ana(), carries(vip, 1, 1), contact.Erased{}}, remove(vip), nil, contact.ErrErased},
		{"a value goes with the tag", history{ana(), contact.TagAssigned{Tag: tier, Number: 4, Assignment: stay(1), Value: &contact.TagValue{Number: 1}}}, remove(tier),
			history{contact.TagRemoved{Tag: tier, Number: 4, Assignment: stay(1), Value: &contact.TagValue{Number: 1}}}, nil},
	})
}

// S0-41, S0-48, C11, C12: only what is active in the catalogue counts.
func TestTheTwentyFirstTagIsRefused(t *testing.T) {
	t.Parallel()
	given := history{ana()}
	var entries []tag.Event
	for n := byte(10); n < 30; n++ {
		id := tag.ID{UUID: id(n)}
		entries = append(entries, tag.Created{Tag: id, Number: tag.Number(n), Name: "tag " + string('a'+rune(n)), Kind: tag.Label})
		given = append(given, carries(id, tag.Number(n), n))
	}
	gone := tag.Deleted{Tag: tag.ID{UUID: id(10)}, Number: 10}
	back := tag.Restored{Tag: tag.ID{UUID: id(10)}, Number: 10}
	full, room := catalog(entries...), catalog(append(entries, gone)...)
	run(t, []scenario{
		{"one more at nineteen", given[:20], assign(full, vip, nil), history{carries(vip, 1, 9)}, nil},
		{"one more at twenty", given, assign(full, vip, nil), nil, contact.ErrTooManyTags},
		{"one that it carries at twenty", given, assign(full, tag.ID{UUID: id(10)}, nil), nil, nil},
		{"one more when one of the twenty is deleted", given, assign(room, vip, nil), history{carries(vip, 1, 9)}, nil},
		{"one more when the deleted one came back over the limit", append(given[:21:21], carries(vip, 1, 1)),
			assign(catalog(append(entries, gone, back)...), lead, nil), nil, contact.ErrTooManyTags},
		{"a value changes at the limit", append(given[:20:20], contact.TagAssigned{Tag: tier, Number: 4, Assignment: stay(1), Value: &contact.TagValue{Number: 1}}),
			assign(full, tier, new("silver")), history{contact.TagValueChanged{
				Tag: tier, Number: 4, Ended: stay(1), Assignment: stay(9), From: &contact.TagValue{Number: 1}, To: &contact.TagValue{Number: 2},
			}}, nil},
	})
}

// S1-41…S1-44, C21.
func TestLeadStatusMoves(t *testing.T) {
	t.Parallel()
	for _, move := range []struct {
		from, to contact.LeadStatus
		kind     contact.Move
	}{
		{contact.Cold, contact.Warm, contact.Advance},
		{contact.Warm, contact.Hot, contact.Advance},
		{contact.Hot, contact.Customer, contact.Advance},
		{contact.Cold, contact.Hot, contact.Skip},
		{contact.Cold, contact.Customer, contact.Skip},
		{contact.Warm, contact.Customer, contact.Skip},
		{contact.Customer, contact.Hot, contact.Regress},
		{contact.Customer, contact.Warm, contact.Regress},
		{contact.Hot, contact.Warm, contact.Regress},
		{contact.Warm, contact.Cold, contact.Reengage},
		{contact.Hot, contact.Cold, contact.Reengage},
		{contact.Customer, contact.Cold, contact.Reengage},
		{contact.Cold, contact.Cold, ""},
		{contact.Customer, contact.Customer, ""},
	} {
		t.Run(string(move.from+" to "+move.to), func(t *testing.T) {
			t.Parallel()
			created := contact.Created{Identity: phone("+16505550101"), LeadStatus: move.from}
			outcome := domaintest.When(domaintest.Given[contact.Event](created, contact.Renamed{}), contact.New(), func(c *contact.Contact) ([]contact.Event, error) {
				return c.ChangeLeadStatus(move.to)
			})
			if move.kind == "" {
				outcome.Then(t)
				return
			}
			outcome.Then(t, contact.LeadStatusChanged{From: move.from, To: move.to, Kind: move.kind, Since: domaintest.Began()})
		})
	}
}

func TestLeadStatusRemembersSinceWhen(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		{"the second change says when the first was", history{ana(), contact.LeadStatusChanged{From: contact.Cold, To: contact.Warm, Kind: contact.Advance}},
			func(c *contact.Contact) ([]contact.Event, error) { return c.ChangeLeadStatus(contact.Hot) },
			history{contact.LeadStatusChanged{From: contact.Warm, To: contact.Hot, Kind: contact.Advance, Since: domaintest.Began().Add(time.Minute)}}, nil},
		{"a status that is none", history{ana()},
			func(c *contact.Contact) ([]contact.Event, error) { return c.ChangeLeadStatus("lukewarm") }, nil, contact.ErrUnknownLeadStatus},
		{"somebody erased", history{ana(), contact.Erased{}},
			func(c *contact.Contact) ([]contact.Event, error) { return c.ChangeLeadStatus(contact.Hot) }, nil, contact.ErrErased},
		{"nobody", nil,
			func(c *contact.Contact) ([]contact.Event, error) { return c.ChangeLeadStatus(contact.Hot) }, nil, contact.ErrUnknown},
	})
}

func create(d contact.Draft) decision {
	d.Identity = phone("+16505550101")
	if d.Origin == "" {
		d.Origin = contact.OriginManual
	}
	return func(c *contact.Contact) ([]contact.Event, error) {
		return c.Create(d, catalog(), func(nth int) contact.AssignmentID { return stay(byte(nth)) }, contact.MaxActiveTags)
	}
}

// S1-11…S1-16, C9.
func TestCreate(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		{"a name is enough beside the number, and the status is cold", nil, create(contact.Draft{Name: " Ana "}), history{ana()}, nil},
		{"everything", nil, create(contact.Draft{Name: "Ana", Email: "ana@example.org", LeadStatus: contact.Hot, Tags: []tag.ID{vip, lead, vip}}), history{
			contact.Created{
				Origin: contact.OriginManual, Identity: phone("+16505550101"), Name: personal.New("Ana"),
				Email: personal.New("ana@example.org"), HasEmail: true, LeadStatus: contact.Hot,
			},
			carries(vip, 1, 0), carries(lead, 2, 1),
		}, nil},
		{"another system need not know the name", nil, create(contact.Draft{Origin: contact.OriginAPI}),
			history{contact.Created{Origin: contact.OriginAPI, Identity: phone("+16505550101"), LeadStatus: contact.Cold}}, nil},
		{"no name", nil, create(contact.Draft{}), nil, contact.ErrNameRequired},
		{"a blank name", nil, create(contact.Draft{Name: "\u3164"}), nil, contact.ErrNameRequired},
		{"an address that is none", nil, create(contact.Draft{Name: "Ana", Email: "ana"}), nil, contact.ErrInvalidEmail},
		{"a status that is none", nil, create(contact.Draft{Name: "Ana", LeadStatus: "x"}), nil, contact.ErrUnknownLeadStatus},
		{"an unknown tag", nil, create(contact.Draft{Name: "Ana", Tags: []tag.ID{unknown}}), nil, tag.ErrUnknown},
		{"a deleted tag", nil, create(contact.Draft{Name: "Ana", Tags: []tag.ID{vip, deleted}}), nil, tag.ErrDeleted},
		{"a valued tag, for which there is no value", nil, create(contact.Draft{Name: "Ana", Tags: []tag.ID{city}}), nil, contact.ErrValueRequired},
		{"somebody who is there", history{ana()}, create(contact.Draft{Name: "Ana"}), nil, contact.ErrNumberTaken},
	})
}

func TestAFaultOfATagNamesItsPlace(t *testing.T) {
	t.Parallel()
	_, err := create(contact.Draft{Name: "Ana", Tags: []tag.ID{vip, deleted}})(contact.New())
	if refused := fault.Of(err); refused == nil || refused.Pointer != "/tags/1" {
		t.Errorf("refused with %+v, want the pointer /tags/1", refused)
	}
}

func edit(changes contact.Changes, ifMatch *event.Revision) decision {
	return func(c *contact.Contact) ([]contact.Event, error) { return c.Edit(changes, ifMatch) }
}

// S1-21, S1-24.
func TestEdit(t *testing.T) {
	t.Parallel()
	owner, nobody := id(50), uuid.Nil
	isMember := func(who uuid.UUID) bool { return who == owner }
	stranger := id(51)
	now, before := event.Revision(1), event.Revision(0)
	given := history{ana(), contact.EmailChanged{Email: personal.New("ana@example.org"), HasEmail: true}}
	run(t, []scenario{
		{"each thing is an event of its own", given, edit(contact.Changes{Name: new("Anna"), Email: new("anna@example.org"), Owner: &owner, IsMember: isMember}, &now), history{
			contact.Renamed{Name: personal.New("Anna")}, contact.EmailChanged{Email: personal.New("anna@example.org"), HasEmail: true},
			contact.OwnerChanged{To: owner},
		}, nil},
		{"the same changes nothing", given, edit(contact.Changes{Name: new("Ana "), Email: new("ana@example.org"), Owner: &nobody}, nil), nil, nil},
		{"nothing changes nothing", given, edit(contact.Changes{}, nil), nil, nil},
		{"the name and the address can be taken away", given, edit(contact.Changes{Name: new(""), Email: new("")}, nil),
			history{contact.Renamed{}, contact.EmailChanged{}}, nil},
		{"the owner changes to nobody", append(given, contact.OwnerChanged{To: owner}), edit(contact.Changes{Owner: &nobody}, nil),
			history{contact.OwnerChanged{From: owner}}, nil},
		{"somebody else than a member as the owner", given, edit(contact.Changes{Owner: &stranger, IsMember: isMember}, nil), nil, contact.ErrUnknownOwner},
		{"the owner who was removed since", append(given, contact.OwnerChanged{To: stranger}), edit(contact.Changes{Owner: &stranger, IsMember: isMember}, nil), nil, nil},
		{"an older revision", given, edit(contact.Changes{Name: new("Anna")}, &before), nil, contact.ErrStale},
		{"a name with a control character", given, edit(contact.Changes{Name: new("A\u0000")}, nil), nil, contact.ErrNameCharacters},
		{"a name that turns what follows", given, edit(contact.Changes{Name: new("A\u202eB")}, nil), nil, contact.ErrNameCharacters},
		{"a name of 201 characters", given, edit(contact.Changes{Name: new(strings.Repeat("👨‍👩‍👧", 201))}, nil), nil, contact.ErrNameTooLong},
		{"somebody erased", append(given, contact.Erased{}), edit(contact.Changes{}, nil), nil, contact.ErrErased},
		{"nobody", nil, edit(contact.Changes{}, nil), nil, contact.ErrUnknown},
	})
}

func TestEmailAddresses(t *testing.T) {
	t.Parallel()
	local := strings.Repeat("a", 64)
	for address, ok := range map[string]bool{
		"ana@example.org": true, "a.b+c@sub.example.org": true, "o'hara@example.ie": true, "用户@例え.テスト": true, "ana@xn--r8jz45g.jp": true,
		local + "@example.org": true, local + "a@example.org": false, "ana": false, "@example.org": false, "ana@": false, "ana@example": false,
		"ana@example.1": false, "ana@-example.org": false, "ana@example-.org": false, "ana@exa mple.org": false, "a..b@example.org": false,
		".a@example.org": false, "a.@example.org": false, "Ana <ana@example.org>": false, "ana@example.org, bob@example.org": false,
		`"ana"@example.org`: false, "ana@[127.0.0.1]": false, "ana(home)@example.org": false, "ana@example.org\u0000": false,
		"ana@" + strings.Repeat("a.", 120) + "example.org": false, "a@b@example.org": false, "ana\u202e@example.org": false,
	} {
		_, err := edit(contact.Changes{Email: &address}, nil)(fold(ana()))
		if (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func fold(given ...contact.Event) *contact.Contact {
	c := contact.New()
	for _, recorded := range domaintest.Given(given...) {
		c.Apply(recorded)
	}
	return c
}
