package commands_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/contact"
	"tagtrail/domain/delivery"
	"tagtrail/domain/event"
	"tagtrail/domain/identity"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

var (
	channel = uuid.MustParse("0197a1b2-0000-7000-8000-0000000000c1")
	sent    = time.Date(2026, time.May, 30, 8, 0, 0, 0, time.UTC)

	// Bea shows her number, Cleo does not.
	bea  = commands.Person{BSUID: "US.1", WaID: "16505550101", ProfileName: "Bea"}
	cleo = commands.Person{BSUID: "US.2", ProfileName: "Cleo"}
)

func addChannel(t *testing.T, w *commandstest.World, phoneNumberID string) uuid.UUID {
	t.Helper()
	id, _, err := w.Service.AddChannel(w.Ask(t.Context()), commands.AddChannel{
		Name: "Sales " + phoneNumberID, PhoneNumberID: phoneNumberID, AppSecret: "secret-secret", VerifyToken: "token-token",
	})
	check(t, err)
	return id
}

func received(wamid string, from commands.Person) commands.ReceiveMessage {
	return commands.ReceiveMessage{Channel: channel, From: from, Wamid: wamid, Kind: "text", Text: "hi from " + wamid, SentAt: sent}
}

func reported(wamid string, to commands.Person, status message.Status) commands.ReportStatus {
	return commands.ReportStatus{Channel: channel, To: to, Wamid: wamid, Status: status, At: sent}
}

// carryOut asks the service for whatever a delivery was turned into.
func carryOut(ctx context.Context, s *commands.Service, org organization.ID, asked any) error {
	ctx = commands.WithOrigin(ctx, commands.Origin{Organization: org, CorrelationID: "delivery"})
	var err error
	switch cmd := asked.(type) {
	case commands.ReceiveMessage:
		_, err = s.ReceiveMessage(ctx, cmd)
	case commands.ReportStatus:
		_, err = s.ReportStatus(ctx, cmd)
	case commands.ChangeIdentity:
		_, err = s.ChangeIdentity(ctx, cmd)
	case commands.LinkNumber:
		_, err = s.LinkNumber(ctx, cmd)
	case commands.KeepDelivery:
		_, err = s.KeepDelivery(ctx, cmd)
	case commands.CreateContact:
		_, _, err = s.CreateContact(ctx, cmd)
	default:
		err = fmt.Errorf("nothing is turned into %T", asked)
	}
	return err
}

func deliver(t *testing.T, w *commandstest.World, asked any) error {
	t.Helper()
	return carryOut(t.Context(), w.Service, w.Organization, asked)
}

// contacts answers by what each contact is recognised, and fails when a claim leads to none of them.
func contacts(t *testing.T, store *commandstest.Store) map[string][]contact.Identity {
	t.Helper()
	found := map[string][]contact.Identity{}
	holders := map[string]*identity.Holder{}
	for _, recorded := range store.All() {
		switch {
		case strings.HasPrefix(recorded.Stream, "contact-"):
			found[recorded.Stream] = recognised(found[recorded.Stream], recorded.Data)
		case strings.HasPrefix(recorded.Stream, "identity-"):
			if holders[recorded.Stream] == nil {
				holders[recorded.Stream] = identity.New()
			}
			own, _ := event.As[identity.Event](recorded)
			holders[recorded.Stream].Apply(own)
		}
	}
	held, known := map[string]int{}, map[string]int{}
	for stream, holder := range holders {
		if whose, ok := holder.Current(); ok {
			held[whose.Stream()]++
			if found[whose.Stream()] == nil {
				t.Errorf("%s is held by %s, which was never created", stream, whose.Stream())
			}
		}
	}
	for stream, identities := range found {
		known[stream] = len(identities)
	}
	if diff := cmp.Diff(known, held); diff != "" {
		t.Errorf("contacts are known by other numbers of identities than they hold (- known by, + hold):\n%s", diff)
	}
	return found
}

// recognised answers the identities that are left of some after an event.
func recognised(known []contact.Identity, e event.Event) []contact.Identity {
	without := func(i contact.Identity) []contact.Identity {
		return slices.DeleteFunc(slices.Clone(known), func(k contact.Identity) bool { return k.Kind == i.Kind && k.Value == i.Value })
	}
	switch e := e.(type) {
	case contact.Created:
		return append(known, e.Identity)
	case contact.IdentityLinked:
		return append(without(e.Identity), e.Identity)
	case contact.IdentityUnlinked:
		return without(e.Identity)
	}
	return known
}

// tables answers what readers make of a log, as projections do: they take each
// event as it comes and never look back. Positions and recorded times are left
// out, which differ with the order of deliveries as they must.
func tables(t *testing.T, store *commandstest.Store) []string {
	t.Helper()
	rows := map[string]map[string]string{}
	set := func(row, column, value string) {
		if rows[row] == nil {
			rows[row] = map[string]string{}
		}
		rows[row][column] = value
	}
	raise := func(row, column string, at time.Time) {
		if value := at.Format(time.RFC3339); rows[row][column] < value {
			set(row, column, value)
		}
	}
	for _, recorded := range store.All() {
		row := recorded.Stream
		switch e := recorded.Data.(type) {
		case contact.Created:
			set(row, "status", string(e.LeadStatus))
			identify(set, row, e.Identity)
		case contact.IdentityLinked:
			identify(set, row, e.Identity)
		case contact.IdentityUnlinked:
			set(row, "known by "+e.Identity.Value.Reveal(), "no longer")
		case contact.ProfileNameChanged:
			set(row, "profile name", e.Name.Reveal())
		case message.Received:
			set(row, "received from", e.Contact.Stream())
			set(row, "said", e.Kind+" "+e.Text.Reveal()+" at "+e.SentAt.String())
			raise(e.Contact.Stream(), "last seen", e.SentAt)
		case message.StatusReported:
			set(row, string(e.Status), fmt.Sprint(e.At, e.Code))
			if e.Contact != (contact.ID{}) {
				set(row, "sent to", e.Contact.Stream())
				if e.Status == message.Sent || e.Status == message.Delivered {
					raise(e.Contact.Stream(), "last active", e.At)
				}
			}
		case delivery.Kept:
			set(row, "body", e.Why+" "+e.Field+" "+e.Body.Reveal())
		}
	}
	var dump []string
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		for _, column := range slices.Sorted(maps.Keys(rows[row])) {
			dump = append(dump, row+" "+column+": "+rows[row][column])
		}
	}
	return dump
}

func identify(set func(row, column, value string), row string, i contact.Identity) {
	set(row, "known by "+i.Value.Reveal(), "yes")
	if i.Kind == contact.Number {
		set(row, "phone", i.Value.Reveal()+" "+i.Country)
	}
}

// corpus is what six deliveries of a day were turned into: messages and reports of two people, of whom one changes her name and
// her number.
func corpus() []any {
	moved := bea
	moved.WaID = "16505550102"
	renamed := received("wamid.3", moved)
	renamed.From.ProfileName, renamed.SentAt = "Beatrice", sent.Add(time.Hour)
	failed := reported("wamid.4", commands.Person{WaID: "16505550101"}, message.Failed)
	failed.Code = 131026
	return []any{
		received("wamid.1", bea),
		commands.ChangeIdentity{Channel: channel, Wamid: "wamid.2", From: bea, NewWaID: "16505550102", At: sent.Add(30 * time.Minute)},
		renamed,
		reported("wamid.4", bea, message.Sent),
		failed,
		received("wamid.5", cleo),
	}
}

func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, shorter := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(shorter), at, n-1))
		}
	}
	return all
}

// Deliveries come unordered and repeated: every order ends at the same tables.
func TestEveryOrderOfDeliveriesEndsTheSame(t *testing.T) {
	t.Parallel()
	asked, vault, org := corpus(), commandstest.NewVault(), organization.ID{UUID: uuid.New()}
	var want []string
	for i, order := range permutations(len(asked)) {
		store := commandstest.NewStore()
		store.Put(org.Stream(), event.Metadata{Organization: org.UUID}, organization.Created{Name: "Acme", IdentityScope: organization.ScopeOrganization, Zone: "UTC"})
		service := commands.New(store, vault, &commandstest.Counts{}, func() time.Time { return sent.Add(2 * time.Hour) })
		for _, nth := range order {
			check(t, carryOut(t.Context(), service, org, asked[nth]))
			check(t, carryOut(t.Context(), service, org, asked[order[0]]))
		}
		got := tables(t, store)
		if i == 0 {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("the order %v ends otherwise (- as sent, + so):\n%s", order, diff)
		}
		if n := len(contacts(t, store)); n != 2 {
			t.Fatalf("the order %v ends at %d contacts", order, n)
		}
	}
	for _, line := range []string{"profile name: Beatrice", "known by +16505550101: no longer", "phone: +16505550102 US", "last seen: 2026-05-30T09:00:00Z"} {
		if !slices.ContainsFunc(want, func(row string) bool { return strings.HasSuffix(row, line) }) {
			t.Errorf("the tables do not say %q:\n%s", line, strings.Join(want, "\n"))
		}
	}
}

// Whatever append is the last before the process dies, delivering again completes it, once.
func TestADeliveryThatWasCutOffIsCompletedByTheNext(t *testing.T) {
	t.Parallel()
	card := commands.LinkNumber{Channel: channel, Wamid: "wamid.6", From: cleo, Phone: "+1 650 555 0103", At: sent}
	for name, asked := range map[string][]any{
		"a message":           {received("wamid.1", bea)},
		"a report":            {reported("wamid.4", bea, message.Sent)},
		"a contact card":      {card, received("wamid.6", cleo)},
		"a changed number":    {received("wamid.1", bea), corpus()[1]},
		"a stranger's change": {corpus()[1], received("wamid.1", bea)},
		"an unknown body":     {commands.KeepDelivery{Channel: channel, Why: delivery.UnknownShape, Body: []byte(strings.Repeat("x", 3*delivery.MaxPart))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reference := commandstest.New(t)
			for _, each := range asked {
				check(t, deliver(t, reference, each))
			}
			appends := 0
			reference.Store.After(func(context.Context, commandstest.Attempt) error { appends++; return nil })
			for nth := 1; ; nth++ {
				w := commandstest.New(t)
				w.Vault = reference.Vault
				w.Organization = reference.Organization
				w.Store.Put(w.Organization.Stream(), w.Metadata(), organization.Created{IdentityScope: organization.ScopeOrganization})
				w.Service = commands.New(w.Store, w.Vault, w.Counts, func() time.Time { return w.Now })
				died := false
				dieAt(w.Store, nth)
				for _, each := range asked {
					for err := deliver(t, w, each); err != nil; err = deliver(t, w, each) {
						if !errors.Is(err, errDied) {
							t.Fatal(err)
						}
						died = true
					}
				}
				if diff := cmp.Diff(tables(t, reference.Store), tables(t, w.Store)); diff != "" {
					t.Errorf("after append %d the repeat ends otherwise (- in one go, + so):\n%s", nth, diff)
				}
				if a, b := len(reference.Store.All()), len(w.Store.All()); a != b-1 {
					t.Errorf("after append %d the repeat ends with %d events, want %d", nth, b-1, a)
				}
				contacts(t, w.Store)
				if !died {
					if nth == 1 {
						t.Error("nothing was appended")
					}
					return
				}
			}
		})
	}
}

// Two that create the same person at a time end at one contact, wherever the one comes in between.
func TestTwoAtATimeEndAtOneContact(t *testing.T) {
	t.Parallel()
	hidden, parent := commands.Person{BSUID: bea.BSUID}, commands.Person{ParentBSUID: "US.ENT.1", BSUID: bea.BSUID, WaID: bea.WaID}
	family := commands.Person{ParentBSUID: "US.ENT.1", BSUID: bea.BSUID}
	byHand := commands.CreateContact{Name: "Bea", Phone: "+16505550101"}
	for name, pair := range map[string][2]any{
		"two messages":                          {received("wamid.1", bea), received("wamid.2", bea)},
		"the same message":                      {received("wamid.1", bea), received("wamid.1", bea)},
		"a message and a report":                {received("wamid.1", bea), reported("wamid.2", bea, message.Sent)},
		"one that shows the number":             {received("wamid.1", bea), received("wamid.2", hidden)},
		"one that hides it":                     {received("wamid.2", hidden), received("wamid.1", bea)},
		"one that shows the parent":             {received("wamid.1", bea), received("wamid.2", parent)},
		"one that shows all and one the BSUID":  {received("wamid.1", parent), received("wamid.2", hidden)},
		"one that shows the parent alone":       {received("wamid.1", parent), received("wamid.2", family)},
		"a message and somebody who adds her":   {received("wamid.1", bea), byHand},
		"somebody who adds her and a message":   {byHand, received("wamid.1", bea)},
		"somebody who adds her and her parent":  {byHand, received("wamid.1", parent)},
		"two who add her":                       {byHand, byHand},
		"two variants of a number":              {received("wamid.1", commands.Person{WaID: "551187654321"}), received("wamid.2", commands.Person{WaID: "5511987654321"})},
		"a message and a number that was moved": {received("wamid.1", bea), corpus()[1]},
		"a number that was moved and a message": {corpus()[1], received("wamid.1", bea)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for nth := 1; ; nth++ {
				w := commandstest.New(t)
				attempts, interfered := 0, false
				w.Store.Before(func(ctx context.Context, _ commandstest.Attempt) error {
					if attempts++; attempts != nth {
						return nil
					}
					interfered = true
					return known(carryOut(ctx, w.Service, w.Organization, pair[1]))
				})
				check(t, known(deliver(t, w, pair[0])))
				if n := len(contacts(t, w.Store)); n != 1 {
					t.Errorf("with the other before append %d there are %d contacts", nth, n)
				}
				if !interfered {
					return
				}
			}
		})
	}
}

// known lets pass that somebody who adds a contact finds that it is there.
func known(err error) error {
	if errors.Is(err, contact.ErrNumberTaken) {
		return nil
	}
	return err
}

func TestManyFirstMessagesAtOnceEndAtOneContact(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	for _, err := range together(20, func(n int) error {
		return deliver(t, w, received(fmt.Sprint("wamid.", n%10), bea))
	}) {
		check(t, err)
	}
	if n, messages := len(contacts(t, w.Store)), len(streams(w.Store, "message")); n != 1 || messages != 10 {
		t.Errorf("there are %d contacts and %d messages, want 1 and 10", n, messages)
	}
}

func TestAMessageOfAStrangerCreatesTheContactFirst(t *testing.T) { // S0-2, S1-9, S2-2, S3-5, S3-6, C8, C9
	t.Parallel()
	w := commandstest.New(t)
	check(t, deliver(t, w, received("wamid.1", bea)))
	id, said := streams(w.Store, "contact")[0], streams(w.Store, "message")[0]
	number := number("+16505550101", "US")
	number.WaID, number.Channel = personal.New("16505550101"), channel
	w.Happened(t, id,
		contact.Created{
			Origin: contact.OriginMessage, LeadStatus: contact.Cold,
			Identity: contact.Identity{Kind: contact.BSUID, Value: personal.New("US.1"), Country: "US", Channel: channel},
		},
		contact.IdentityLinked{Identity: number},
		contact.ProfileNameChanged{Name: personal.New("Bea"), Channel: channel})
	got := w.Store.Events(said)[0].(message.Received)
	w.Happened(t, said, message.Received{
		Contact: got.Contact, Channel: channel, Kind: "text", Wamid: personal.New("wamid.1"), Text: personal.New("hi from wamid.1"), SentAt: sent,
	})
	if got.Contact.Stream() != id {
		t.Errorf("the message is %s's, want %s's", got.Contact.Stream(), id)
	}
	for _, recorded := range w.Store.All() {
		if strings.HasPrefix(recorded.Stream, "contact-") || strings.HasPrefix(recorded.Stream, "message-") {
			m := recorded.Metadata
			if m.Source != event.WhatsApp || m.Actor != (event.Actor{Kind: "channel", ID: channel.String()}) || !m.OccurredAt.Equal(sent) ||
				m.CorrelationID != "delivery" || m.CommandID == uuid.Nil {
				t.Errorf("%s says %+v", recorded.Data.EventName(), m)
			}
		}
	}
}

// Faults row 60: however late a repeat comes, it meets its message.
func TestARepeatTouchesNothingElse(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	check(t, deliver(t, w, received("wamid.1", bea)))
	check(t, deliver(t, w, reported("wamid.2", bea, message.Sent)))
	before := len(w.Store.All())
	forgetful := commands.New(w.Store, w.Vault, w.Counts, time.Now)
	again := bea
	again.WaID, again.ProfileName = "16505550199", "Eve"
	check(t, carryOut(t.Context(), forgetful, w.Organization, received("wamid.1", again)))
	check(t, carryOut(t.Context(), forgetful, w.Organization, reported("wamid.2", again, message.Sent)))
	check(t, carryOut(t.Context(), forgetful, w.Organization, commands.LinkNumber{Channel: channel, Wamid: "wamid.1", From: again, Phone: "+16505550198"}))
	if after := len(w.Store.All()); after != before {
		t.Errorf("repeats recorded %d events", after-before)
	}
}

func TestOnlyWhoIsNamedIsAContact(t *testing.T) { // S3-7, faults rows 56 and 57
	t.Parallel()
	w := commandstest.New(t)
	for _, nobody := range []commands.Person{{}, {WaID: "123"}, {BSUID: "not an id"}, {ProfileName: "Bea", Username: "bea"}} {
		refused(t, deliver(t, w, received("wamid.1", nobody)), contact.ErrNobody)
		check(t, deliver(t, w, reported("wamid.2", nobody, message.Delivered)))
	}
	check(t, deliver(t, w, reported("wamid.3", bea, message.Failed)))
	if n := len(streams(w.Store, "contact")); n != 0 {
		t.Errorf("there are %d contacts", n)
	}
	refused(t, deliver(t, w, reported("wamid.4", bea, "warned")), message.ErrUnknownStatus)
	refused(t, deliver(t, w, received("", bea)), message.ErrNoWamid)
	for _, somebody := range []commands.Person{
		{ParentBSUID: "US.ENT.1"}, {BSUID: "us." + strings.Repeat("1", 128)}, {WaID: "8613800138000"}, {BSUID: "US.9", WaID: "123"},
	} {
		check(t, deliver(t, w, received("wamid."+somebody.BSUID+somebody.WaID, somebody)))
	}
	if n := len(contacts(t, w.Store)); n != 4 {
		t.Errorf("there are %d contacts, want 4", n)
	}
}

// Faults row 58.
func TestAMessageWithoutATimeWasSentWhenItCame(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	timeless := received("wamid.1", bea)
	timeless.SentAt = time.Time{}
	check(t, deliver(t, w, timeless))
	report := reported("wamid.2", bea, message.Sent)
	report.At = time.Time{}
	check(t, deliver(t, w, report))
	for _, stream := range streams(w.Store, "message") {
		switch e := w.Store.Events(stream)[0].(type) {
		case message.Received:
			if !e.SentAt.Equal(w.Now) || !e.Suspect {
				t.Errorf("received at %v, suspect: %v", e.SentAt, e.Suspect)
			}
		case message.StatusReported:
			if !e.At.Equal(w.Now) || !e.Suspect {
				t.Errorf("reported at %v, suspect: %v", e.At, e.Suspect)
			}
		}
	}
}

// A number that changes hands: the next to write from it is somebody else, and what the last one wrote is still hers.
func TestANumberThatWasLeftIsSomebodyElses(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	numberOnly := commands.Person{WaID: "16505550101"}
	check(t, deliver(t, w, received("wamid.1", numberOnly)))
	check(t, deliver(t, w, commands.ChangeIdentity{Channel: channel, Wamid: "wamid.2", From: numberOnly, NewWaID: "16505550102", At: sent.Add(time.Minute)}))
	late, next := received("wamid.3", numberOnly), received("wamid.4", numberOnly)
	late.SentAt, next.SentAt = sent.Add(30*time.Second), sent.Add(time.Hour)
	check(t, deliver(t, w, next))
	check(t, deliver(t, w, late))
	from := map[string]string{}
	for _, stream := range streams(w.Store, "message") {
		e := w.Store.Events(stream)[0].(message.Received)
		from[e.Wamid.Reveal()] = e.Contact.Stream()
	}
	if from["wamid.1"] != from["wamid.3"] || from["wamid.1"] == from["wamid.4"] {
		t.Errorf("the messages are from %v", from)
	}
	if n := len(contacts(t, w.Store)); n != 2 {
		t.Errorf("there are %d contacts, want 2", n)
	}
}

func TestABSUIDThatChangesLeadsToTheSameContact(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	check(t, deliver(t, w, received("wamid.1", bea)))
	check(t, deliver(t, w, commands.ChangeIdentity{Channel: channel, Wamid: "wamid.2", From: commands.Person{BSUID: bea.BSUID}, NewBSUID: "US.7", At: sent.Add(time.Minute)}))
	later := received("wamid.3", commands.Person{BSUID: "US.7"})
	later.SentAt = sent.Add(time.Hour)
	check(t, deliver(t, w, later))
	found := contacts(t, w.Store)
	if len(found) != 1 {
		t.Fatalf("there are %d contacts", len(found))
	}
	for _, identities := range found {
		if len(identities) != 2 || identities[1].Value != personal.New("US.7") {
			t.Errorf("the contact is known by %d identities", len(identities))
		}
	}
	refused(t, deliver(t, w, commands.ChangeIdentity{Channel: channel, Wamid: "wamid.4", From: bea, At: sent}), contact.ErrNobody)
	refused(t, deliver(t, w, commands.ChangeIdentity{Channel: channel, Wamid: "wamid.4", NewBSUID: "US.8", At: sent}), contact.ErrNobody)
}

// A contact card that answers a request for the number finds whom somebody typed in before.
func TestAContactCardLinksTheNumber(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	id, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Cleo", Phone: "+16505550103"})
	check(t, err)
	for _, phone := range []string{"+1 (650) 555-0103", "+16505550103"} {
		check(t, deliver(t, w, commands.LinkNumber{Channel: channel, Wamid: "wamid.1", From: cleo, Phone: phone, At: sent}))
	}
	check(t, deliver(t, w, received("wamid.1", cleo)))
	found := contacts(t, w.Store)
	if len(found) != 1 || len(found[id.Stream()]) != 2 {
		t.Errorf("there are %d contacts", len(found))
	}
	refused(t, deliver(t, w, commands.LinkNumber{Channel: channel, Wamid: "wamid.2", From: cleo, Phone: "call me"}), contact.ErrInvalidPhone)
	refused(t, deliver(t, w, commands.LinkNumber{Channel: channel, Wamid: "wamid.2", From: cleo, Phone: "(650) 555-0103"}), contact.ErrPhoneWithoutCountry)
	refused(t, deliver(t, w, commands.LinkNumber{Channel: channel, Wamid: "wamid.2", Phone: "+16505550103"}), contact.ErrNobody)
}

// What two contacts claimed is not taken from either: the person goes by the stronger identity.
func TestAClaimOfAnotherContactStays(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	byHand, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Bea", Phone: "+16505550101"})
	check(t, err)
	check(t, deliver(t, w, received("wamid.1", commands.Person{BSUID: bea.BSUID})))
	check(t, deliver(t, w, received("wamid.2", bea)))
	found := contacts(t, w.Store)
	if len(found) != 2 || len(found[byHand.Stream()]) != 1 {
		t.Errorf("there are %d contacts", len(found))
	}
	for _, stream := range streams(w.Store, "message") {
		if e := w.Store.Events(stream)[0].(message.Received); e.Contact == byHand {
			t.Errorf("%s went to the weaker identity's contact", e.Wamid.Reveal())
		}
	}
}

// S2-4, C4: with one identity for each channel, a person is one contact on each.
func TestAPersonIsOneContactOnEachChannel(t *testing.T) {
	t.Parallel()
	for scope, want := range map[organization.IdentityScope]int{organization.ScopeOrganization: 1, organization.ScopeChannel: 2} {
		w := commandstest.NewWith(t, scope)
		other := received("wamid.2", bea)
		other.Channel = uuid.New()
		check(t, deliver(t, w, received("wamid.1", bea)))
		check(t, deliver(t, w, other))
		if n := len(streams(w.Store, "contact")); n != want {
			t.Errorf("in scope %s there are %d contacts, want %d", scope, n, want)
		}
	}
}

// The id of a message holds a number, so nothing in clear may hold it, or an id that anybody could derive from it.
func TestNothingInClearLeadsToThePerson(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	check(t, deliver(t, w, received("wamid.16505550101", bea)))
	guess := uuid.NewSHA1(w.Organization.UUID, []byte("wamid.16505550101"))
	for _, recorded := range w.Store.All() {
		said := fmt.Sprintf("%s %+v", recorded.Stream, recorded.Metadata)
		if strings.Contains(said, "16505550101") || strings.Contains(said, "US.1") || strings.Contains(said, guess.String()) {
			t.Errorf("%s says it in clear", recorded.Data.EventName())
		}
	}
	mac, err := w.Vault.MAC(t.Context(), w.Organization, "message", channel.String(), "wamid.16505550101")
	check(t, err)
	id := message.ID{UUID: uuid.NewSHA1(w.Organization.UUID, mac)}
	if got := streams(w.Store, "message"); len(got) != 1 || got[0] != id.Stream() {
		t.Errorf("the message is on %v, want %s", got, id.Stream())
	}
}

func TestAVaultOutOfReachLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	away := errors.New("the vault is away")
	w.Vault.Fail(away)
	before := len(w.Store.All())
	for _, asked := range corpus() {
		if err := deliver(t, w, asked); !errors.Is(err, away) {
			t.Errorf("%T: %v", asked, err)
		}
	}
	if after := len(w.Store.All()); after != before {
		t.Errorf("%d events were recorded", after-before)
	}
}

func TestABodyThatIsNotUnderstoodIsKeptOnce(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	body := strings.Repeat("é", delivery.MaxPart)
	for range 2 {
		check(t, deliver(t, w, commands.KeepDelivery{Channel: channel, Why: delivery.UnknownShape, Field: "user_preferences", Body: []byte(body)}))
	}
	kept := streams(w.Store, "delivery")
	if len(kept) != 1 {
		t.Fatalf("there are %d deliveries", len(kept))
	}
	var read string
	for _, e := range w.Store.Events(kept[0]) {
		read += e.(delivery.Kept).Body.Reveal()
	}
	if read != body {
		t.Errorf("of %d bytes %d were kept", len(body), len(read))
	}
}
