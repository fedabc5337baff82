package commands_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/identity"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// number is a phone number as it is kept.
func number(e164, country string) contact.Identity {
	return contact.Identity{Kind: contact.Number, Value: personal.New(e164), Country: country}
}

// streams answers the streams of a category, in the order in which they began.
func streams(store *commandstest.Store, category string) []string {
	var found []string
	for _, recorded := range store.All() {
		if strings.HasPrefix(recorded.Stream, category+"-") && !slices.Contains(found, recorded.Stream) {
			found = append(found, recorded.Stream)
		}
	}
	return found
}

// S1-11…S1-16: a contact that is added by hand.
func TestCreateContactClaimsTheNumber(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	vip, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
	check(t, err)
	ctx := w.Ask(t.Context())
	cmd := commands.CreateContact{Name: "Ana", Phone: "+1 650-555-0101", Email: "ana@example.org", Tags: []tag.ID{vip}}
	id, receipt, err := w.Service.CreateContact(ctx, cmd)
	check(t, err)
	assigned := w.Store.Events(id.Stream())[1].(contact.TagAssigned)
	w.Happened(t, id.Stream(),
		contact.Created{
			Origin: contact.OriginManual, Identity: number("+16505550101", "US"), Name: personal.New("Ana"),
			Email: personal.New("ana@example.org"), HasEmail: true, LeadStatus: contact.Cold,
		},
		contact.TagAssigned{Tag: vip, Number: 1, Assignment: assigned.Assignment})
	claims := streams(w.Store, "identity")
	if len(claims) != 1 {
		t.Fatalf("%d identities were claimed, want one", len(claims))
	}
	w.Happened(t, claims[0], identity.Claimed{Contact: personal.New(id.String())})

	again, repeat, err := w.Service.CreateContact(ctx, cmd)
	check(t, err)
	if again != id || repeat.Position != receipt.Position || !repeat.Replayed || receipt.Replayed {
		t.Errorf("the repeat answers %v at %+v, the first %v at %+v", again, repeat, id, receipt)
	}
}

// A claim leads nowhere: not to the command, not to who asked, not to the contact's events.
func TestAClaimSharesNothingWithTheContact(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	_, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+16505550101"})
	check(t, err)
	check(t, deliver(t, w, received("wamid.1", bea)))
	for _, recorded := range w.Store.All() {
		if !strings.HasPrefix(recorded.Stream, "identity-") {
			continue
		}
		want := event.Metadata{
			Version: 1, Organization: w.Organization.UUID, Actor: event.Actor{Kind: "system"}, Source: event.System, OccurredAt: w.Now,
		}
		if recorded.Metadata != want {
			t.Errorf("a claim says %+v, want %+v", recorded.Metadata, want)
		}
		if recorded.ID.Version() != 7 {
			t.Errorf("the id of a claim is of version %d, want one by chance", recorded.ID.Version())
		}
	}
}

func TestANumberIsOneContacts(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	id, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+5511987654321"})
	check(t, err)
	before := len(w.Store.All())
	for _, phone := range []string{"+5511987654321", "+55 11 8765-4321", "+55 (11) 98765 4321"} {
		_, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Bea", Phone: phone})
		refused(t, err, contact.ErrNumberTaken)
		if f := fault.Of(err); f.Details["contact"] != id.String() || f.Pointer != "/phone" {
			t.Errorf("the refusal names %v at %q, want the contact %v at the phone", f.Details, f.Pointer, id)
		}
	}
	if after := len(w.Store.All()); after != before {
		t.Errorf("refusals recorded %d events", after-before)
	}
}

func TestARefusedContactClaimsNothing(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	before := len(w.Store.All())
	for _, row := range []struct {
		cmd  commands.CreateContact
		want *fault.Fault
	}{
		{commands.CreateContact{Phone: "+16505550101"}, contact.ErrNameRequired},
		{commands.CreateContact{Name: "Ana"}, contact.ErrPhoneRequired},
		{commands.CreateContact{Name: "Ana", Phone: "0016505550101"}, contact.ErrPhonePrefix},
		{commands.CreateContact{Name: "Ana", Phone: "+16505550101", Email: "x"}, contact.ErrInvalidEmail},
		{commands.CreateContact{Name: "Ana", Phone: "+16505550101", Tags: []tag.ID{{UUID: uuid.New()}}}, tag.ErrUnknown},
		{commands.CreateContact{Name: "Ana", Phone: "+16505550101", Channel: uuid.New()}, organization.ErrUnknownChannel},
	} {
		_, _, err := w.Service.CreateContact(w.Ask(t.Context()), row.cmd)
		refused(t, err, row.want)
	}
	if after := len(w.Store.All()); after != before {
		t.Errorf("refusals recorded %d events", after-before)
	}
}

// S1-10, S3-8: a chatbot that caught a lead, or whatever else is not a person at the console.
func TestAnotherSystemNeedNotKnowTheName(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	id, _, err := w.Service.CreateContact(w.AskAs(t.Context(), uuid.New(), event.API), commands.CreateContact{Phone: "+16505550101"})
	check(t, err)
	w.Happened(t, id.Stream(), contact.Created{Origin: contact.OriginAPI, Identity: number("+16505550101", "US"), LeadStatus: contact.Cold})
}

func TestAnotherNumberUnderTheSameKeyIsRefused(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	origin := commands.Origin{Organization: w.Organization, Source: event.ManualAdmin, CommandID: uuid.New(), RequestHMAC: "one"}
	_, _, err := w.Service.CreateContact(commands.WithOrigin(t.Context(), origin), commands.CreateContact{Name: "Ana", Phone: "+16505550101"})
	check(t, err)
	_, _, err = w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Bea", Phone: "+16505550102"})
	check(t, err)
	origin.RequestHMAC = "other"
	for _, phone := range []string{"+16505550101", "+16505550102", "+16505550103"} {
		_, _, err = w.Service.CreateContact(commands.WithOrigin(t.Context(), origin), commands.CreateContact{Name: "Ana", Phone: phone})
		refused(t, err, commands.ErrKeyReused)
	}
}

var errDied = errors.New("the process died")

// dieAt makes the nth append from now on the last thing that the process does.
func dieAt(store *commandstest.Store, nth int) {
	attempts := 0
	store.After(func(context.Context, commandstest.Attempt) error {
		if attempts++; attempts == nth {
			return errDied
		}
		return nil
	})
}

func TestAContactThatWasHalfCreatedIsCompletedByTheRepeat(t *testing.T) {
	t.Parallel()
	for nth := 1; nth <= 2; nth++ {
		w := commandstest.New(t)
		ctx, cmd := w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+16505550101"}
		dieAt(w.Store, nth)
		if _, _, err := w.Service.CreateContact(ctx, cmd); !errors.Is(err, errDied) {
			t.Fatalf("append %d: %v", nth, err)
		}
		id, _, err := w.Service.CreateContact(ctx, cmd)
		check(t, err)
		w.Happened(t, id.Stream(), contact.Created{
			Origin: contact.OriginManual, Identity: number("+16505550101", "US"), Name: personal.New("Ana"), LeadStatus: contact.Cold,
		})
		if n := len(streams(w.Store, "identity")); n != 1 {
			t.Errorf("append %d: %d identities were claimed", nth, n)
		}
	}
}

func TestANumberWhoseContactWasNeverCreatedGetsThatContact(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	dieAt(w.Store, 1)
	_, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+16505550101"})
	if !errors.Is(err, errDied) {
		t.Fatal(err)
	}
	ctx, cmd := w.Ask(t.Context()), commands.CreateContact{Name: "Bea", Phone: "+16505550101"}
	id, first, err := w.Service.CreateContact(ctx, cmd)
	check(t, err)
	again, repeat, err := w.Service.CreateContact(ctx, cmd)
	check(t, err)
	if again != id || repeat.Position != first.Position || !repeat.Replayed {
		t.Errorf("the repeat answers %v at %+v, the first %v at %+v", again, repeat, id, first)
	}
	if n := len(streams(w.Store, "contact")); n != 1 {
		t.Errorf("there are %d contacts", n)
	}
	w.Happened(t, streams(w.Store, "identity")[0], identity.Claimed{Contact: personal.New(id.String())})
}

// Faults row 40.
func TestTheSameNumberInParallelIsOneContact(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	var group sync.WaitGroup
	var mu sync.Mutex
	accepted, taken := 0, 0
	for i := range 20 {
		group.Go(func() {
			phone := []string{"+5511987654321", "+551187654321"}[i%2]
			_, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: phone})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				accepted++
			case errors.Is(err, contact.ErrNumberTaken):
				taken++
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if accepted != 1 || taken != 19 || len(streams(w.Store, "contact")) != 1 {
		t.Errorf("%d were accepted and %d refused; there are %d contacts", accepted, taken, len(streams(w.Store, "contact")))
	}
}

// S2-4, S2-25, C4: where a person is one contact for each channel, the channel is named.
func TestAContactIsTiedToAChannelWhereIdentitiesAre(t *testing.T) {
	t.Parallel()
	w := commandstest.NewWith(t, organization.ScopeChannel)
	one, other := addChannel(t, w, "1"), addChannel(t, w, "2")
	_, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+16505550101"})
	refused(t, err, contact.ErrChannelRequired)
	first, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+16505550101", Channel: one})
	check(t, err)
	second, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+16505550101", Channel: other})
	check(t, err)
	if first == second {
		t.Error("the two channels share a contact")
	}
	_, _, err = w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+16505550101", Channel: one})
	refused(t, err, contact.ErrNumberTaken)
}
