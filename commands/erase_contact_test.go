package commands_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/contact"
	"tagtrail/domain/delivery"
	"tagtrail/domain/erasure"
	"tagtrail/domain/personal"
)

// S3-36, S4-22, C1: an erasure says why, is of the whole person, and is one however often it is asked for.
func TestAnErasureIsOfTheWholePersonAndOnlyOnce(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ana, anna, _ := two(t, w)
	check(t, merge(w.Ask(t.Context()), w, ana, anna))
	if _, _, err := w.Service.EraseContact(w.Ask(t.Context()), commands.EraseContact{Contact: ana}); !errors.Is(err, erasure.ErrReason) {
		t.Fatalf("erased for no reason: %v", err)
	}
	if _, _, err := w.Service.EraseContact(w.Because(t.Context(), "by letter"), commands.EraseContact{Contact: contact.ID{UUID: uuid.New()}}); !errors.Is(err, contact.ErrUnknown) {
		t.Fatalf("erased nobody: %v", err)
	}
	id, _, err := w.Service.EraseContact(w.Because(t.Context(), "by letter"), commands.EraseContact{Contact: ana})
	check(t, err)
	before := len(w.Store.All())
	for _, each := range []contact.ID{anna, ana} {
		again, _, err := w.Service.EraseContact(w.Because(t.Context(), "once more"), commands.EraseContact{Contact: each})
		check(t, err)
		if again != id {
			t.Errorf("erased again: %s, want %s", again, id)
		}
	}
	if n := len(w.Store.All()) - before; n != 0 {
		t.Errorf("erasing again wrote %d events", n)
	}
	for _, each := range []contact.ID{anna, ana} {
		events := w.Store.Events(each.Stream())
		if _, ok := events[len(events)-1].(contact.Erased); !ok {
			t.Errorf("the last of %s is %T", each, events[len(events)-1])
		}
	}
	for _, r := range w.Store.All() {
		if r.Metadata.Reason == personal.New("by letter") && r.Stream != id.Stream() {
			t.Errorf("the reason is on %s", r.Stream)
		}
	}
	_, err = w.Service.RestoreContact(w.Ask(t.Context()), commands.RestoreContact{Contact: anna})
	if !errors.Is(err, contact.ErrErased) {
		t.Errorf("who is erased was restored: %v", err)
	}
}

// Wherever somebody stops, whoever repeats it completes it: the person's identities, kept deliveries and keys are gone,
// a neighbour's are not, and the same number is a new contact.
func TestForgettingThatStoppedHalfWayIsCompletedByTheRepeat(t *testing.T) {
	t.Parallel()
	for nth := 1; nth <= 3; nth++ {
		w := commandstest.New(t)
		ana, anna, _ := two(t, w)
		check(t, merge(w.Ask(t.Context()), w, ana, anna))
		neighbour, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Nora", Phone: "+16505550109"})
		check(t, err)
		theirs, others := keep(t, w, `{"wa_id":"16505550101"}`), keep(t, w, `{"wa_id":"16505550109"}`)
		dieAt(w.Store, nth)
		if _, _, err := w.Service.EraseContact(w.Because(t.Context(), "by letter"), commands.EraseContact{Contact: anna}); err == nil {
			t.Fatalf("it did not die at append %d", nth)
		}
		w.Store.After(nil)
		id := erasure.Of(anna)
		for range 2 {
			w.Vault.Fail(errors.New("the keys are out of reach"))
			if _, err := w.Service.ForgetPerson(w.Ask(t.Context()), id, []uuid.UUID{theirs, others}); err == nil {
				t.Fatal("forgotten without keys")
			}
			w.Vault.Fail(nil)
			forgotten, err := w.Service.ForgetPerson(w.Ask(t.Context()), id, []uuid.UUID{theirs, others})
			check(t, err)
			if got := forgotten.Outcome; got.Events == 0 || len(got.Digest) != 64 {
				t.Fatalf("forgotten: %+v", got)
			}
		}
		if got := w.Store.Events(id.Stream()); len(got) != 2 || got[1] != (erasure.Forgotten{Identities: 2, Deliveries: 1}) {
			t.Errorf("the erasure is %+v", got)
		}
		shredded := w.Vault.Shredded()
		for _, each := range []uuid.UUID{theirs, ana.UUID, anna.UUID} {
			if !slices.Contains(shredded, each) {
				t.Errorf("the key of %s is still there", each)
			}
		}
		for _, each := range []uuid.UUID{others, neighbour.UUID} {
			if slices.Contains(shredded, each) {
				t.Errorf("the key of %s is gone", each)
			}
		}
		_, err = w.Service.ReceiveMessage(w.Ask(t.Context()), commands.ReceiveMessage{
			Channel: uuid.New(), From: commands.Person{WaID: "16505550101"}, Wamid: "wamid.1", Kind: "text", SentAt: w.Now,
		})
		check(t, err)
		all := w.Store.All()
		if last := all[len(all)-1]; last.Data.EventName() != "message.received" {
			t.Errorf("the last is %s", last.Data.EventName())
		}
		completed, err := w.Service.CompleteErasure(w.Ask(t.Context()), id, erasure.Completed{Events: 2})
		check(t, err)
		if again, err := w.Service.CompleteErasure(w.Ask(t.Context()), id, erasure.Completed{}); err != nil || again.Position < completed.Position {
			t.Errorf("completed again: %+v, %v", again, err)
		}
	}
}

// keep keeps a delivery and answers its id.
func keep(t *testing.T, w *commandstest.World, body string) uuid.UUID {
	t.Helper()
	_, err := w.Service.KeepDelivery(w.Ask(t.Context()), commands.KeepDelivery{Channel: uuid.New(), Why: delivery.UnknownShape, Body: []byte(body)})
	check(t, err)
	all := w.Store.All()
	return uuid.MustParse(all[len(all)-1].Stream[len("delivery-"):])
}
