package commands_test

import (
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
)

// tagged answers a contact that carries n tags, and one tag more.
func tagged(t *testing.T, w *commandstest.World, n int) (contact.ID, tag.ID) {
	t.Helper()
	var tags []tag.ID
	for i := range n + 1 {
		id, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "tag " + strconv.Itoa(i)})
		check(t, err)
		tags = append(tags, id)
	}
	id, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+16505550101", Tags: tags[:n]})
	check(t, err)
	return id, tags[n]
}

// S0-41, S0-43, C11, C28: one contact, one stream, one winner, whatever the source.
func TestFiftyAddsAtNineteenTagsEndAtTwenty(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	who, _ := tagged(t, w, 19)
	sources := []event.Source{event.ManualAdmin, event.ManualAgent, event.API, event.AITool, event.AIAutoClose}
	var group sync.WaitGroup
	var mu sync.Mutex
	accepted, full := 0, 0
	for i := range 50 {
		id, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "more " + strconv.Itoa(i)})
		check(t, err)
		group.Go(func() {
			_, err := w.Service.AssignTag(w.AskAs(t.Context(), uuid.New(), sources[i%len(sources)]), commands.AssignTag{Contact: who, Tag: id})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				accepted++
			case errors.Is(err, contact.ErrTooManyTags):
				full++
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if accepted != 1 || full != 49 {
		t.Errorf("%d were accepted and %d refused, want 1 and 49", accepted, full)
	}
	if n := len(w.Store.Events(who.Stream())); n != 1+20 {
		t.Errorf("the contact has %d events, want its creation and 20 tags", n)
	}
}

// S0-42, S0-43, S0-44: an assignment says who put it there, and which catalogue the decision saw.
func TestAnAssignmentSaysWhereItComesFrom(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	who, more := tagged(t, w, 2)
	command := uuid.New()
	receipt, err := w.Service.AssignTag(w.AskAs(t.Context(), command, event.AITool), commands.AssignTag{Contact: who, Tag: more})
	check(t, err)
	all := w.Store.All()
	last := all[len(all)-1]
	if last.Position != receipt.Position || last.Metadata.Source != event.AITool || last.Metadata.CommandID != command {
		t.Errorf("the event at %d says %+v", last.Position, last.Metadata)
	}
	if seen := last.Metadata.CatalogRevision; seen == nil || *seen != 2 {
		t.Errorf("the decision saw revision %v of the catalogue, want 2", seen)
	}
}

// S0-30, S0-40, S0-45, S0-47, S0-48, C28, C29.
func TestTagsComeAndGo(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	who, vip := tagged(t, w, 0)
	put := func() commands.Receipt {
		receipt, err := w.Service.AssignTag(w.AskAs(t.Context(), uuid.New(), event.AIAutoClose), commands.AssignTag{Contact: who, Tag: vip})
		check(t, err)
		return receipt
	}
	first := put()
	if again := put(); again.Position != first.Position {
		t.Errorf("a tag that is there already is answered with %d, want %d", again.Position, first.Position)
	}
	_, err := w.Service.DeleteTags(w.Ask(t.Context()), commands.DeleteTags{Tags: []tag.ID{vip}})
	check(t, err)
	_, err = w.Service.AssignTag(w.Ask(t.Context()), commands.AssignTag{Contact: who, Tag: vip})
	refused(t, err, tag.ErrDeleted)
	_, err = w.Service.RemoveTag(w.Ask(t.Context()), commands.RemoveTag{Contact: who, Tag: vip})
	refused(t, err, contact.ErrTagHistorical)
	_, err = w.Service.RestoreTag(w.Ask(t.Context()), commands.RestoreTag{Tag: vip})
	check(t, err)
	_, err = w.Service.RemoveTag(w.Ask(t.Context()), commands.RemoveTag{Contact: who, Tag: vip})
	check(t, err)
	_, err = w.Service.RemoveTag(w.Ask(t.Context()), commands.RemoveTag{Contact: who, Tag: vip})
	check(t, err)
	put()
	events := w.Store.Events(who.Stream())
	one, two := events[1].(contact.TagAssigned), events[3].(contact.TagAssigned)
	w.Happened(t, who.Stream(), events[0],
		contact.TagAssigned{Tag: vip, Number: 1, Assignment: one.Assignment},
		contact.TagRemoved{Tag: vip, Number: 1, Assignment: one.Assignment},
		contact.TagAssigned{Tag: vip, Number: 1, Assignment: two.Assignment})
	if one.Assignment == two.Assignment {
		t.Error("both stays of the tag have the same id")
	}
}

func TestContactsOfAnotherOrganizationAreNotFound(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	who, vip := tagged(t, w, 0)
	foreign := commands.WithOrigin(t.Context(), commands.Origin{Organization: organization.ID{UUID: uuid.New()}, Source: event.ManualAdmin})
	before := len(w.Store.All())
	_, err := w.Service.AssignTag(foreign, commands.AssignTag{Contact: who, Tag: vip})
	refused(t, err, contact.ErrUnknown)
	_, err = w.Service.RemoveTag(foreign, commands.RemoveTag{Contact: who, Tag: vip})
	refused(t, err, contact.ErrUnknown)
	_, err = w.Service.EditContact(foreign, commands.EditContact{Contact: who, Name: new("Eve")})
	refused(t, err, contact.ErrUnknown)
	_, err = w.Service.ChangeLeadStatus(foreign, commands.ChangeLeadStatus{Contact: who, Status: contact.Hot})
	refused(t, err, contact.ErrUnknown)
	if after := len(w.Store.All()); after != before {
		t.Errorf("%d events were recorded", after-before)
	}
}

// S1-43, S1-44, and editing at a revision.
func TestAContactIsEditedAndMoved(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	who, _ := tagged(t, w, 0)
	_, err := w.Service.ChangeLeadStatus(w.Ask(t.Context()), commands.ChangeLeadStatus{Contact: who, Status: contact.Hot})
	check(t, err)
	stale, now := []event.Revision{7, 0}, []event.Revision{7, 1, 0}
	_, err = w.Service.EditContact(w.Ask(t.Context()), commands.EditContact{Contact: who, Name: new("Bea"), IfMatch: stale})
	refused(t, err, contact.ErrStale)
	_, err = w.Service.EditContact(w.Ask(t.Context()), commands.EditContact{Contact: who, Name: new("Bea"), IfMatch: now})
	check(t, err)
	created := w.Store.All()[len(w.Store.All())-3]
	events := w.Store.Events(who.Stream())
	w.Happened(t, who.Stream(), events[0],
		contact.LeadStatusChanged{From: contact.Cold, To: contact.Hot, Kind: contact.Skip, Since: created.RecordedAt}, events[2])
}
