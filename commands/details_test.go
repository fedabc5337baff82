package commands_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/field"
	"tagtrail/domain/organization"
)

// S1-28, S3-13: what is asked again under the same id of a command is there once, under the same id.
func TestNotesAndFieldsThatAreAskedForAgainAreThereOnce(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ana, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+16505550101"})
	check(t, err)
	again := w.AskAs(t.Context(), uuid.New(), event.ManualAgent)
	note, first, err := w.Service.AddNote(again, commands.AddNote{Contact: ana, Text: "called"})
	check(t, err)
	same, second, err := w.Service.AddNote(again, commands.AddNote{Contact: ana, Text: "called"})
	check(t, err)
	if same != note || !second.Replayed || second.Position != first.Position {
		t.Errorf("asked again it is %s at %d, not %s at %d", same, second.Position, note, first.Position)
	}
	plan, _, err := w.Service.DefineField(again, commands.DefineField{Name: "plan", Type: field.Text})
	check(t, err)
	if other, replay, err := w.Service.DefineField(again, commands.DefineField{Name: "plan", Type: field.Text}); err != nil || other != plan || !replay.Replayed {
		t.Errorf("asked again it is %s, %v, %v", other, replay, err)
	}
}

// C28: what changes nothing writes nothing, whoever asks.
func TestDetailsThatChangeNothingWriteNothing(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ana, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+16505550101"})
	check(t, err)
	plan, _, err := w.Service.DefineField(w.Ask(t.Context()), commands.DefineField{Name: "plan", Type: field.Choice, Options: []string{"Gold"}})
	check(t, err)
	note, _, err := w.Service.AddNote(w.Ask(t.Context()), commands.AddNote{Contact: ana, Text: "called"})
	check(t, err)
	for name, ask := range map[string]func() (commands.Receipt, error){
		"a detail": func() (commands.Receipt, error) {
			return w.Service.EditContact(w.Ask(t.Context()), commands.EditContact{
				Contact: ana, Company: new("Acme"), Address: &contact.AddressDraft{City: new("Lima")}, Fields: map[field.ID]string{plan: "gold"},
			})
		},
		"a note": func() (commands.Receipt, error) {
			return w.Service.EditNote(w.Ask(t.Context()), commands.EditNote{Contact: ana, Note: note, Text: new("called twice")})
		},
		"a field": func() (commands.Receipt, error) {
			return w.Service.EditField(w.Ask(t.Context()), commands.EditField{Field: plan, Options: &[]string{"Gold", "Silver"}})
		},
		"a conversation": func() (commands.Receipt, error) {
			return w.Service.OpenConversation(w.Ask(t.Context()), commands.OpenConversation{Contact: ana})
		},
	} {
		before := len(w.Store.All())
		first, err := ask()
		check(t, err)
		once := len(w.Store.All())
		second, err := ask()
		check(t, err)
		if twice := len(w.Store.All()); once == before || twice != once || second.Position != first.Position {
			t.Errorf("%s: once is %d events, twice %d", name, once-before, twice-before)
		}
	}
}

// C22, C23: what a report names has to be there.
func TestReportsNameWhatIsThere(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ana, anna, _ := two(t, w)
	merged, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Annie", Phone: "+16505550103"})
	check(t, err)
	_, err = w.Service.MergeContacts(w.Ask(t.Context()), commands.MergeContacts{Contact: merged, Into: anna})
	check(t, err)
	open := func(of contact.ID, channel uuid.UUID) error {
		_, err := w.Service.OpenConversation(w.Ask(t.Context()), commands.OpenConversation{Contact: of, Channel: channel})
		return err
	}
	check(t, open(ana, uuid.Nil))
	assign := func(member uuid.UUID) error {
		_, err := w.Service.AssignConversation(w.Ask(t.Context()), commands.AssignConversation{Contact: ana, Member: member})
		return err
	}
	marta, _, err := w.Service.AddMember(w.Ask(t.Context()), commands.AddMember{Name: "Marta", Role: organization.Agent})
	check(t, err)
	check(t, assign(marta))
	fill := func(id field.ID) error {
		_, err := w.Service.EditContact(w.Ask(t.Context()), commands.EditContact{Contact: ana, Fields: map[field.ID]string{id: "x"}})
		return err
	}
	for name, row := range map[string]struct {
		got     error
		want    *fault.Fault
		pointer string
	}{
		"nobody":                 {open(contact.ID{UUID: uuid.New()}, uuid.Nil), contact.ErrUnknown, ""},
		"who was merged":         {open(merged, uuid.Nil), contact.ErrMerged, ""},
		"a channel that is none": {open(anna, uuid.New()), organization.ErrUnknownChannel, "/channel"},
		"who is no member":       {assign(uuid.New()), organization.ErrUnknownMember, "/member"},
		"a field that is none":   {fill(field.ID{}), field.ErrUnknown, "/fields/" + uuid.Nil.String()},
	} {
		if !errors.Is(row.got, row.want) || fault.Of(row.got).Pointer != row.pointer {
			t.Errorf("%s: %v", name, row.got)
		}
	}
	w.Happened(t, conversation.Stream(ana), conversation.Opened{Number: 1}, conversation.Assigned{Number: 1, Member: marta})
}
