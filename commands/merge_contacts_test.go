package commands_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
)

// two answers two contacts: one of a number that carries a tag, and one of another number.
func two(t *testing.T, w *commandstest.World) (ana, anna contact.ID, vip tag.ID) {
	t.Helper()
	vip, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
	check(t, err)
	ana, _, err = w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+16505550101", Tags: []tag.ID{vip}})
	check(t, err)
	anna, _, err = w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Anna", Phone: "+16505550102"})
	check(t, err)
	return ana, anna, vip
}

func merge(ctx context.Context, w *commandstest.World, from, into contact.ID) error {
	_, err := w.Service.MergeContacts(ctx, commands.MergeContacts{Contact: from, Into: into})
	return err
}

// S3-37: whoever repeats a merge that stopped half-way completes it, and nothing is done twice.
func TestAMergeThatStoppedHalfWayIsCompletedByTheRepeat(t *testing.T) {
	t.Parallel()
	for nth := 1; nth <= 3; nth++ {
		w := commandstest.New(t)
		ana, anna, vip := two(t, w)
		dieAt(w.Store, nth)
		ctx := w.Ask(t.Context())
		if err := merge(ctx, w, ana, anna); (err == nil) != (nth == 3) {
			t.Fatalf("dying at append %d: %v", nth, err)
		}
		w.Store.After(nil)
		check(t, merge(ctx, w, ana, anna))
		check(t, merge(w.Ask(t.Context()), w, ana, anna))
		if a, b := len(w.Store.Events(ana.Stream())), len(w.Store.Events(anna.Stream())); a != 3 || b != 2 {
			t.Errorf("dying at append %d left %d and %d events, want 3 and 2", nth, a, b)
		}
		_, err := w.Service.RemoveTag(w.Ask(t.Context()), commands.RemoveTag{Contact: anna, Tag: vip})
		check(t, err)
		_, err = w.Service.AssignTag(w.Ask(t.Context()), commands.AssignTag{Contact: ana, Tag: vip})
		if !errors.Is(err, contact.ErrMerged) {
			t.Errorf("a merged contact took a tag: %v", err)
		}
	}
}

func TestAMergeIsUndone(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ana, anna, vip := two(t, w)
	check(t, merge(w.Ask(t.Context()), w, ana, anna))
	for range 2 {
		_, err := w.Service.SeparateContact(w.Ask(t.Context()), commands.SeparateContact{Contact: ana})
		check(t, err)
	}
	receipt, err := w.Service.AssignTag(w.Ask(t.Context()), commands.AssignTag{Contact: ana, Tag: vip})
	check(t, err)
	if n := len(w.Store.Events(ana.Stream())); n != 4 {
		t.Errorf("the contact has %d events (%+v), want its creation, its tag, the merge and its end: it carries the tag as before", n, receipt)
	}
	if err := merge(w.Ask(t.Context()), w, ana, ana); !errors.Is(err, contact.ErrMergeItself) {
		t.Errorf("a contact was merged into itself: %v", err)
	}
}

// A merge that meets a survivor that was merged itself in between leaves nobody merged into somebody who does not know it.
func TestAMergeThatTheSurvivorCannotTakeOverIsTakenBack(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ana, anna, vip := two(t, w)
	bea, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Bea", Phone: "+16505550103"})
	check(t, err)
	dieAt(w.Store, 1)
	if err := merge(w.Ask(t.Context()), w, ana, anna); err == nil {
		t.Fatal("the first append did not fail")
	}
	w.Store.After(nil)
	check(t, merge(w.Ask(t.Context()), w, anna, bea))
	for range 2 {
		if err := merge(w.Ask(t.Context()), w, ana, anna); !errors.Is(err, contact.ErrMerged) {
			t.Fatalf("merged into what is merged: %v", err)
		}
	}
	before := len(w.Store.All())
	_, err = w.Service.AssignTag(w.Ask(t.Context()), commands.AssignTag{Contact: ana, Tag: vip})
	check(t, err)
	if n := len(w.Store.All()) - before; n != 0 {
		t.Errorf("the contact came back without its tag: %d events", n)
	}
}

// What a person whose contact was merged writes is the survivor's, however long the chain.
func TestAMessageOfAMergedContactIsTheSurvivors(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ana, anna, _ := two(t, w)
	bea, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Bea", Phone: "+16505550103"})
	check(t, err)
	check(t, merge(w.Ask(t.Context()), w, ana, anna))
	check(t, merge(w.Ask(t.Context()), w, anna, bea))
	_, err = w.Service.ReceiveMessage(w.Ask(t.Context()), commands.ReceiveMessage{
		Channel: uuid.New(), From: commands.Person{WaID: "16505550101", ProfileName: "Ana"}, Wamid: "wamid.1", Kind: "text", Text: "hi", SentAt: w.Now,
	})
	check(t, err)
	all := w.Store.All()
	received, ok := all[len(all)-1].Data.(message.Received)
	if !ok || received.Contact != bea {
		t.Errorf("the message is %s's, want %s's", received.Contact, bea)
	}
}

// C24, S1-20: who adds a contact is refused at the limit; who writes becomes one all the same, and that is recorded.
func TestThePlanLimitsWhoAddsAndNotWhoWrites(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	_, err := w.Service.ChangePlan(w.Ask(t.Context()), commands.ChangePlan{Plan: "free", Limit: -1})
	check(t, err)
	w.Counts.Of = 99
	_, _, err = w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+16505550101"})
	check(t, err)
	w.Counts.Of = 100
	_, _, err = w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Bea", Phone: "+16505550102"})
	if !errors.Is(err, contact.ErrLimitReached) {
		t.Errorf("the 101st contact was added: %v", err)
	}
	_, err = w.Service.ReceiveMessage(w.Ask(t.Context()), commands.ReceiveMessage{
		Channel: uuid.New(), From: commands.Person{WaID: "16505550102"}, Wamid: "wamid.1", Kind: "text", SentAt: w.Now,
	})
	check(t, err)
	var flagged int
	for _, r := range w.Store.All() {
		if e, ok := r.Data.(contact.LimitExceeded); ok && e.Limit == 100 {
			flagged++
		}
	}
	if flagged != 1 {
		t.Errorf("%d contacts are flagged as over the limit, want 1", flagged)
	}
}

// C2, S4-17: one command, two events; a contact that is full gets no tag created for it.
func TestCreateAndAssignIsOneCommand(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	who, _ := tagged(t, w, 19)
	command := func(name string) error {
		_, _, err := w.Service.CreateAndAssignTag(w.Ask(t.Context()), commands.CreateAndAssignTag{Contact: who, Draft: commands.CreateTag{Name: name}})
		return err
	}
	before := len(w.Store.All())
	check(t, command("fresh"))
	check(t, command("FRESH"))
	if n := len(w.Store.All()) - before; n != 2 {
		t.Errorf("%d events were written, want the tag's creation and its assignment", n)
	}
	if err := command("one too many"); !errors.Is(err, contact.ErrTooManyTags) {
		t.Errorf("the 21st tag: %v", err)
	}
	if n := len(w.Store.All()) - before; n != 2 {
		t.Errorf("a refused tag left %d events", n-2)
	}
}

// C10, C11.
func TestTheRulesOfTheTeamHoldAtOnce(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	who, more := tagged(t, w, 20)
	_, err := w.Service.AssignTag(w.Ask(t.Context()), commands.AssignTag{Contact: who, Tag: more})
	if !errors.Is(err, contact.ErrTooManyTags) {
		t.Errorf("the 21st tag: %v", err)
	}
	_, err = w.Service.ChangeSettings(w.Ask(t.Context()), commands.ChangeSettings{TagLimit: new(21)})
	check(t, err)
	_, err = w.Service.AssignTag(w.AskAs(t.Context(), uuid.New(), "api"), commands.AssignTag{Contact: who, Tag: more})
	check(t, err)
	_, err = w.Service.ChangeSettings(w.Ask(t.Context()), commands.ChangeSettings{OwnTagsOnly: map[organization.KeyKind]bool{organization.Agent: true}})
	check(t, err)
	agent := commands.WithOrigin(t.Context(), commands.Origin{
		Organization: w.Organization, Actor: event.Actor{Kind: string(organization.Agent)}, Source: event.ManualAgent,
	})
	_, err = w.Service.RemoveTag(agent, commands.RemoveTag{Contact: who, Tag: more})
	if !errors.Is(err, contact.ErrNotYourTag) {
		t.Errorf("another source's tag was taken off: %v", err)
	}
}
