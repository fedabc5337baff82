package organization_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/domain/domaintest"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

func id(n byte) uuid.UUID { return uuid.UUID{15: n} }

func key(n byte, kind organization.KeyKind) organization.Key {
	return organization.Key{ID: id(n), Kind: kind, Name: personal.New("desk"), Hash: strings.Repeat("a", 64)}
}

func keyCreated(n byte, kind organization.KeyKind) organization.KeyCreated {
	return organization.KeyCreated{Key: id(n), Kind: kind, Name: personal.New("desk"), Hash: strings.Repeat("a", 64)}
}

func created() organization.Created {
	return organization.Created{Name: "Acme", IdentityScope: organization.ScopeOrganization, Zone: "Europe/Madrid"}
}

func channel() organization.Channel {
	return organization.Channel{
		ID: id(9), Organization: organization.ID{UUID: domaintest.Organization()}, Name: personal.New("Sales"), PhoneNumberID: "106540352242922",
		Phone: personal.New("+16505550101"), AppSecret: personal.New("app-secret"), VerifyToken: personal.New("verify-me"),
	}
}

func channelAdded() organization.ChannelAdded {
	c := channel()
	return organization.ChannelAdded{
		Channel: c.ID, Name: c.Name, PhoneNumberID: c.PhoneNumberID, Phone: c.Phone, AppSecret: c.AppSecret, VerifyToken: c.VerifyToken,
	}
}

type row struct {
	name  string
	given []organization.Event
	when  func(*organization.Organization) ([]organization.Event, error)
	then  []organization.Event
	fault *fault.Fault
}

func run(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			outcome := domaintest.When(domaintest.Given(r.given...), organization.New(), r.when)
			if r.fault != nil {
				outcome.ThenFault(t, r.fault)
				return
			}
			outcome.Then(t, r.then...)
		})
	}
}

func events(e ...organization.Event) []organization.Event { return e }

func create(name string, scope organization.IdentityScope, k organization.Key) func(*organization.Organization) ([]organization.Event, error) {
	return func(o *organization.Organization) ([]organization.Event, error) {
		return o.Create(name, scope, "Europe/Madrid", k)
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{
			name: "an organisation begins with its owner's key, a person being one contact in it (C4)", when: create(" Acme ", "", key(1, organization.Owner)),
			then: events(created(), keyCreated(1, organization.Owner)),
		},
		{
			name: "a person may be one contact for each channel (C4)", when: create("Acme", organization.ScopeChannel, key(1, organization.Owner)),
			then: events(
				organization.Created{Name: "Acme", IdentityScope: organization.ScopeChannel, Zone: "Europe/Madrid"},
				keyCreated(1, organization.Owner),
			),
		},
		{
			name: "with the same key it is complete already", given: events(created(), keyCreated(1, organization.Owner)),
			when: create("Acme", "", key(1, organization.Owner)),
		},
		{
			name: "with another key it is somebody's already", given: events(created(), keyCreated(1, organization.Owner)),
			when: create("Acme", "", key(2, organization.Owner)), fault: organization.ErrExists,
		},
		{
			name: "with another secret of the same key it is somebody's already", given: events(created(), keyCreated(1, organization.Owner)),
			when:  create("Acme", "", organization.Key{ID: id(1), Kind: organization.Owner, Name: personal.New("desk"), Hash: strings.Repeat("b", 64)}),
			fault: organization.ErrExists,
		},
		{name: "a name is not blank", when: create(" ", "", key(1, organization.Owner)), fault: organization.ErrName},
		{name: "a name has at most 100 characters", when: create(strings.Repeat("x", 101), "", key(1, organization.Owner)), fault: organization.ErrName},
		{name: "an identity scope is org or channel", when: create("Acme", "country", key(1, organization.Owner)), fault: organization.ErrUnknownIdentityScope},
	})
}

func TestKeys(t *testing.T) {
	t.Parallel()
	createKey := func(k organization.Key) func(*organization.Organization) ([]organization.Event, error) {
		return func(o *organization.Organization) ([]organization.Event, error) { return o.CreateKey(k) }
	}
	revoke := func(n byte) func(*organization.Organization) ([]organization.Event, error) {
		return func(o *organization.Organization) ([]organization.Event, error) { return o.RevokeKey(id(n)) }
	}
	begun := events(created(), keyCreated(1, organization.Owner))
	rows := []row{
		{name: "an organisation that is not has no keys", when: createKey(key(2, organization.Agent)), fault: organization.ErrUnknown},
		{name: "a kind is one of the kinds", given: begun, when: createKey(key(2, "root")), fault: organization.ErrUnknownKeyKind},
		{name: "an id is given once", given: begun, when: createKey(key(1, organization.Agent)), fault: organization.ErrKeyExists},
		{
			name: "a name is not blank", given: begun,
			when: createKey(organization.Key{ID: id(2), Kind: organization.Agent, Name: personal.New(" ")}), fault: organization.ErrName,
		},
		{name: "an organisation has at most 1,000 keys", given: manyKeys(), when: createKey(key(2, organization.Agent)), fault: organization.ErrTooManyKeys},
		{
			name: "a key is revoked", given: append(begun, keyCreated(2, organization.Agent)), when: revoke(2),
			then: events(organization.KeyRevoked{Key: id(2)}),
		},
		{name: "a key is revoked once", given: append(begun, keyCreated(2, organization.Agent), organization.KeyRevoked{Key: id(2)}), when: revoke(2)},
		{name: "an unknown key is not revoked", given: begun, when: revoke(2), fault: organization.ErrKeyNotFound},
		{name: "the last owner key is not revoked", given: append(begun, keyCreated(2, organization.Manager)), when: revoke(1), fault: organization.ErrLastOwnerKey},
		{
			name: "one of two owner keys is revoked", given: append(begun, keyCreated(2, organization.Owner)), when: revoke(1),
			then: events(organization.KeyRevoked{Key: id(1)}),
		},
		{
			name: "a revoked owner key is none", given: append(begun, keyCreated(2, organization.Owner), organization.KeyRevoked{Key: id(1)}),
			when: revoke(2), fault: organization.ErrLastOwnerKey,
		},
	}
	for _, kind := range organization.KeyKinds() {
		rows = append(rows, row{
			name: "of the kind " + string(kind), given: begun, when: createKey(key(2, kind)), then: events(keyCreated(2, kind)),
		})
	}
	run(t, rows)
}

func manyKeys() []organization.Event {
	history := events(created())
	for i := range organization.MaxKeys {
		history = append(history, organization.KeyCreated{Key: uuid.UUID{0: byte(i >> 8), 1: byte(i)}, Kind: organization.Owner})
	}
	return history
}

func TestChannels(t *testing.T) {
	t.Parallel()
	add := func(change func(*organization.Channel)) func(*organization.Organization) ([]organization.Event, error) {
		c := channel()
		change(&c)
		return func(o *organization.Organization) ([]organization.Event, error) { return o.AddChannel(c) }
	}
	asIs := func(*organization.Channel) {}
	begun := events(created(), keyCreated(1, organization.Owner))
	run(t, []row{
		{name: "a channel is added", given: begun, when: add(asIs), then: events(channelAdded())},
		{name: "an organisation that is not has no channels", when: add(asIs), fault: organization.ErrUnknown},
		{
			name: "a WhatsApp number is one channel", given: append(begun, channelAdded()),
			when: add(func(c *organization.Channel) { c.ID = id(10) }), fault: organization.ErrChannelExists,
		},
		{name: "a name is not blank", given: begun, when: add(func(c *organization.Channel) { c.Name = personal.New("") }), fault: organization.ErrName},
		{name: "WhatsApp's id has digits", given: begun, when: add(func(c *organization.Channel) { c.PhoneNumberID = "12x" }), fault: organization.ErrPhoneNumberID},
		{name: "WhatsApp's id is not empty", given: begun, when: add(func(c *organization.Channel) { c.PhoneNumberID = "" }), fault: organization.ErrPhoneNumberID},
		{name: "a phone number begins with +", given: begun, when: add(func(c *organization.Channel) { c.Phone = personal.New("16505550101") }), fault: organization.ErrChannelPhone},
		{name: "a phone number has digits", given: begun, when: add(func(c *organization.Channel) { c.Phone = personal.New("+1650555ABCD") }), fault: organization.ErrChannelPhone},
		{name: "an app secret is not short", given: begun, when: add(func(c *organization.Channel) { c.AppSecret = personal.New("short") }), fault: organization.ErrChannelSecret},
		{name: "an app secret has no spaces", given: begun, when: add(func(c *organization.Channel) { c.AppSecret = personal.New("a secret") }), fault: organization.ErrChannelSecret},
		{name: "a verify token is not empty", given: begun, when: add(func(c *organization.Channel) { c.VerifyToken = personal.New("") }), fault: organization.ErrChannelVerifyToken},
	})
}

func TestAChannelIsFoundWithItsSecrets(t *testing.T) {
	t.Parallel()
	o := organization.New()
	for _, recorded := range domaintest.Given[organization.Event](created(), channelAdded()) {
		o.Apply(recorded)
	}
	if got, err := o.Channel(channel().ID); err != nil || got != channel() {
		t.Errorf("found %+v, %v", got, err)
	}
	if _, err := o.Channel(id(10)); !errors.Is(err, organization.ErrUnknownChannel) {
		t.Errorf("an unknown channel: %v", err)
	}
}

func TestTheInstallationListsEachOrganisationOnce(t *testing.T) {
	t.Parallel()
	i, org := organization.NewInstallation(), organization.ID{UUID: id(1)}
	for range 2 {
		for _, e := range append(i.Register(org), i.RegisterChannel(id(9), org)...) {
			i.Apply(event.Recorded[organization.InstallationEvent]{Data: e})
		}
	}
	if got := i.Organizations(); len(got) != 1 || got[0] != org {
		t.Errorf("organisations %v, want %v once", got, org)
	}
	if owner, ok := i.OwnerOf(id(9)); !ok || owner != org {
		t.Errorf("the channel is %v's, %t", owner, ok)
	}
}

func TestAClonedOrganisationGoesItsOwnWay(t *testing.T) {
	t.Parallel()
	o := organization.New()
	for _, recorded := range domaintest.Given[organization.Event](created(), keyCreated(1, organization.Owner), keyCreated(2, organization.Agent)) {
		o.Apply(recorded)
	}
	clone := o.Clone()
	clone.Apply(event.Recorded[organization.Event]{Data: organization.KeyRevoked{Key: id(2)}})
	clone.Apply(event.Recorded[organization.Event]{Data: channelAdded()})
	if _, err := o.Key(id(2)); err != nil {
		t.Errorf("the original lost its key: %v", err)
	}
	if _, err := o.Channel(channel().ID); err == nil {
		t.Error("the original got a channel")
	}
	if _, err := clone.Key(id(2)); err == nil {
		t.Error("the clone kept a revoked key")
	}
}
