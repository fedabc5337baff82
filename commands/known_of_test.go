package commands_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/contact"
	"tagtrail/domain/erasure"
	"tagtrail/domain/importing"
)

// S3-36: what an erased person is, and was, called is known as long as the person is not forgotten, and never as an empty text.
func TestWhatAPersonIsKnownByIsToldUntilTheyAreForgotten(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	said := func(s string) *string { return &s }
	ana, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+16505550101"})
	check(t, err)
	for _, changes := range []commands.EditContact{
		{FirstName: said("Anna"), LastName: said("López"), Email: said("ana@example.com")}, {FirstName: said(""), Email: said("")}, {Name: said("")}, {FirstName: said("Anita")}, {FirstName: said("Anna")},
	} {
		changes.Contact = ana
		_, err := w.Service.EditContact(w.Ask(t.Context()), changes)
		check(t, err)
	}
	_, err = w.Service.ReceiveMessage(w.Ask(t.Context()), commands.ReceiveMessage{
		Channel: uuid.New(), From: commands.Person{WaID: "16505550101", BSUID: "US.1", ProfileName: "Annie"}, Wamid: "wamid.1", Kind: "text", SentAt: w.Now,
	})
	check(t, err)
	id, _, err := w.Service.EraseContact(w.Because(t.Context(), "by letter"), commands.EraseContact{Contact: ana})
	check(t, err)
	want := importing.Person{
		Contacts: []uuid.UUID{ana.UUID}, Numbers: []string{"+16505550101"}, Accounts: []string{"US.1"}, Emails: []string{"ana@example.com"},
		Names: []string{"Ana", "Annie"}, FirstNames: []string{"Anna", "Anita"}, LastNames: []string{"López"},
	}
	got, err := w.Service.KnownOf(w.Ask(t.Context()), id)
	check(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("known otherwise (- want, + got):\n%s", diff)
	}
	_, err = w.Service.ForgetPerson(w.Ask(t.Context()), id, nil)
	check(t, err)
	if got, err = w.Service.KnownOf(w.Ask(t.Context()), id); err != nil || !importing.LookFor(got).Nobody() {
		t.Errorf("of who is forgotten it is known: %+v, %v", got, err)
	}
}

// S3-36: who is looked for is ended before, so that nothing comes to be known of them while files are read; who is under a
// legal hold that came first is not looked for.
func TestWhoIsLookedForIsEndedBefore(t *testing.T) {
	t.Parallel()
	for _, held := range []bool{false, true} {
		w := commandstest.New(t)
		ana, anna, _ := two(t, w)
		id := erasure.Of(ana)
		if held {
			hold(t, w, ana)
		}
		w.Store.Put(id.Stream(), w.Metadata(), erasure.Asked{Contact: ana}) // by somebody who died then
		known, err := w.Service.KnownOf(w.Ask(t.Context()), id)
		if held {
			if !errors.Is(err, contact.ErrLegalHold) || len(known.Names) > 0 {
				t.Errorf("of who is under a legal hold it answers %+v, %v", known, err)
			}
			continue
		}
		check(t, err)
		if err := merge(w.Ask(t.Context()), w, anna, ana); !errors.Is(err, contact.ErrErased) || len(known.Names) == 0 {
			t.Errorf("who is looked for as %+v is merged with: %v", known, err)
		}
	}
}

// Faults, bad inputs 82: an import that was interrupted and goes on after somebody in it was erased binds their number to
// nobody, and the number is somebody new.
func TestAnImportThatGoesOnDoesNotBindAnErasedPersonsNumber(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	r := newRun(w, importing.Settings{})
	dieAt(w.Store, 2)
	if _, err := r.of(t.Context(), "phone,name\n+16505550101,Ana"); err == nil {
		t.Fatal("it did not die")
	}
	w.Store.After(nil)
	var ana contact.ID
	for _, recorded := range w.Store.All() {
		if _, ok := recorded.Data.(contact.Created); ok {
			ana = contact.ID{UUID: uuid.MustParse(recorded.Stream[len("contact-"):])}
		}
	}
	id, _, err := w.Service.EraseContact(w.Because(t.Context(), "by letter"), commands.EraseContact{Contact: ana})
	check(t, err)
	_, err = w.Service.ForgetPerson(w.Ask(t.Context()), id, nil)
	check(t, err)
	before := len(w.Store.All())
	_, err = r.of(t.Context(), "phone,name\n+16505550101,Ana")
	check(t, err)
	if all := w.Store.All(); len(all) != before {
		t.Errorf("going on wrote %s on %s", all[before].Data.EventName(), all[before].Stream)
	}
	again, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Bo", Phone: "+16505550101"})
	check(t, err)
	if again == ana {
		t.Error("the number is still the erased person's")
	}
}
