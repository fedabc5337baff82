package commands_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/contact"
	"tagtrail/domain/erasure"
)

func hold(t *testing.T, w *commandstest.World, id contact.ID) {
	t.Helper()
	_, err := w.Service.PlaceLegalHold(w.Because(t.Context(), "court order"), commands.PlaceLegalHold{Contact: id})
	check(t, err)
}

func lift(t *testing.T, w *commandstest.World, id contact.ID) {
	t.Helper()
	_, err := w.Service.LiftLegalHold(w.Ask(t.Context()), commands.LiftLegalHold{Contact: id})
	check(t, err)
}

// before does something once, right before the first append to a stream.
func before(w *commandstest.World, stream string, does func()) {
	var once sync.Once
	w.Store.Before(func(_ context.Context, attempt commandstest.Attempt) error {
		if attempt.Stream == stream {
			once.Do(does)
		}
		return nil
	})
}

func erase(t *testing.T, w *commandstest.World, id contact.ID) error {
	t.Helper()
	_, _, err := w.Service.EraseContact(w.Because(t.Context(), "by letter"), commands.EraseContact{Contact: id})
	return err
}

// Faults, bad inputs 82: whoever is under a legal hold is erased on no path, and is once the hold is lifted.
func TestNobodyIsErasedUnderALegalHold(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ana, _, _ := two(t, w)
	if _, err := w.Service.PlaceLegalHold(w.Ask(t.Context()), commands.PlaceLegalHold{Contact: ana}); !errors.Is(err, contact.ErrHoldReason) {
		t.Errorf("held for no reason: %v", err)
	}
	hold(t, w, ana)
	before := len(w.Store.All())
	hold(t, w, ana)
	if err := erase(t, w, ana); !errors.Is(err, contact.ErrLegalHold) {
		t.Errorf("erased: %v", err)
	}
	if _, err := w.Service.Do(w.Because(t.Context(), "by letter"), commands.BulkAction{Action: commands.EraseAll}, ana); !errors.Is(err, contact.ErrLegalHold) {
		t.Errorf("erased with others: %v", err)
	}
	if n := len(w.Store.All()) - before; n != 0 {
		t.Errorf("refusing wrote %d events", n)
	}
	lift(t, w, ana)
	lift(t, w, ana)
	if n := len(w.Store.All()) - before; n != 1 {
		t.Errorf("lifting twice wrote %d events", n)
	}
	check(t, erase(t, w, ana))
	if _, err := w.Service.PlaceLegalHold(w.Because(t.Context(), "too late"), commands.PlaceLegalHold{Contact: ana}); !errors.Is(err, contact.ErrErased) {
		t.Errorf("who is erased is held: %v", err)
	}
	if _, err := w.Service.LiftLegalHold(w.Ask(t.Context()), commands.LiftLegalHold{Contact: ana}); !errors.Is(err, contact.ErrErased) {
		t.Errorf("of who is erased a hold is lifted: %v", err)
	}
}

// S3-37: two contacts that are one person are under the hold of either, and each keeps its own when they are separated.
func TestALegalHoldProtectsTheWholePerson(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ana, anna, _ := two(t, w)
	hold(t, w, ana)
	check(t, merge(w.Ask(t.Context()), w, ana, anna))
	for _, each := range []contact.ID{ana, anna} {
		if err := erase(t, w, each); !errors.Is(err, contact.ErrLegalHold) {
			t.Errorf("erased: %v", err)
		}
	}
	if _, err := w.Service.LiftLegalHold(w.Ask(t.Context()), commands.LiftLegalHold{Contact: ana}); !errors.Is(err, contact.ErrMerged) {
		t.Errorf("lifted where nobody looks: %v", err)
	}
	_, err := w.Service.SeparateContact(w.Ask(t.Context()), commands.SeparateContact{Contact: ana})
	check(t, err)
	if events := w.Store.Events(anna.Stream()); events[len(events)-1] != (contact.LegalHoldLifted{}) {
		t.Errorf("the last of who was merged with is %T", events[len(events)-1])
	}
	if err := erase(t, w, ana); !errors.Is(err, contact.ErrLegalHold) {
		t.Errorf("erased after it was separated: %v", err)
	}
	check(t, merge(w.Ask(t.Context()), w, ana, anna))
	lift(t, w, anna)
	check(t, erase(t, w, anna))
}

// Of a legal hold and an erasure the first in the log wins, wherever somebody stops.
func TestOfALegalHoldAndAnErasureTheFirstWins(t *testing.T) {
	t.Parallel()
	for _, dies := range []bool{false, true} {
		w := commandstest.New(t)
		ana, _, _ := two(t, w)
		id := erasure.Of(ana)
		before(w, id.Stream(), func() { w.Store.Put(ana.Stream(), w.Metadata(), contact.LegalHoldPlaced{}) })
		if dies {
			dieAt(w.Store, 1)
		}
		if err := erase(t, w, ana); !errors.Is(err, contact.ErrLegalHold) && !errors.Is(err, errDied) {
			t.Errorf("erased after the hold: %v", err)
		}
		w.Store.Before(nil)
		w.Store.After(nil)
		if _, err := w.Service.ForgetPerson(w.Ask(t.Context()), id, nil); dies != errors.Is(err, contact.ErrLegalHold) {
			t.Errorf("forgotten: %v", err)
		}
		w.Happened(t, id.Stream(), erasure.Asked{Contact: ana}, erasure.GivenUp{})
		if len(w.Vault.Shredded()) > 0 {
			t.Error("a key is gone")
		}
		lift(t, w, ana)
		check(t, erase(t, w, ana))
		_, err := w.Service.ForgetPerson(w.Ask(t.Context()), id, nil)
		check(t, err)
	}

	w := commandstest.New(t)
	ana, _, _ := two(t, w)
	placed := false
	w.Store.Before(func(_ context.Context, attempt commandstest.Attempt) error {
		if attempt.Stream == ana.Stream() && !placed {
			placed = true
			if _, err := w.Service.PlaceLegalHold(w.Because(t.Context(), "court order"), commands.PlaceLegalHold{Contact: ana}); !errors.Is(err, contact.ErrErased) {
				t.Errorf("held once the erasure is asked for: %v", err)
			}
			w.Store.Put(ana.Stream(), w.Metadata(), contact.LegalHoldPlaced{})
		}
		return nil
	})
	check(t, erase(t, w, ana))
	var last []string
	for _, e := range w.Store.Events(ana.Stream()) {
		last = append(last, e.EventName())
	}
	if !strings.HasSuffix(strings.Join(last, " "), "contact.legal-hold-placed contact.erased") {
		t.Errorf("it went on as %v", last)
	}
}

// Who places a hold that came too late is told so.
func TestAHoldBehindAnErasureIsNotConfirmed(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ana, _, _ := two(t, w)
	before(w, ana.Stream(), func() { w.Store.Put(erasure.Of(ana).Stream(), w.Metadata(), erasure.Asked{Contact: ana}) })
	_, err := w.Service.PlaceLegalHold(w.Because(t.Context(), "court order"), commands.PlaceLegalHold{Contact: ana})
	if !errors.Is(err, contact.ErrErased) {
		t.Errorf("held behind the erasure: %v", err)
	}
	bob, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Bob", Phone: "+16505550155"})
	check(t, err)
	hold(t, w, bob)
	w.Store.Put(erasure.Of(bob).Stream(), w.Metadata(), erasure.Asked{Contact: bob})
	hold(t, w, bob) // the erasure behind the first one will be given up
}

// A refusal is not remembered: the same command erases once the hold is lifted.
func TestAnErasureThatWasGivenUpIsAskedForAgainByTheSameCommand(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ana, _, _ := two(t, w)
	id := erasure.Of(ana)
	before(w, id.Stream(), func() { w.Store.Put(ana.Stream(), w.Metadata(), contact.LegalHoldPlaced{}) })
	ctx := w.Because(t.Context(), "by letter")
	if _, _, err := w.Service.EraseContact(ctx, commands.EraseContact{Contact: ana}); !errors.Is(err, contact.ErrLegalHold) {
		t.Fatalf("erased after the hold: %v", err)
	}
	lift(t, w, ana)
	for range 2 {
		_, _, err := w.Service.EraseContact(ctx, commands.EraseContact{Contact: ana})
		check(t, err)
		w.Happened(t, id.Stream(), erasure.Asked{Contact: ana}, erasure.GivenUp{}, erasure.Asked{Contact: ana})
	}
	if events := w.Store.Events(ana.Stream()); events[len(events)-1].EventName() != "contact.erased" {
		t.Errorf("the last of who is erased is %T", events[len(events)-1])
	}
}
