package commands_test

import (
	"strconv"
	"testing"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/field"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
)

// crowd is a world in which things are done to many.
type crowd struct {
	*commandstest.World
	t        *testing.T
	vip      tag.ID
	city     tag.ID // valued, with fixed values
	plan     field.ID
	marta    uuid.UUID // a member
	contacts []contact.ID
}

func newCrowd(t *testing.T, n int) *crowd {
	t.Helper()
	c := &crowd{World: commandstest.New(t), t: t}
	var err error
	c.vip, _, err = c.Service.CreateTag(c.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
	check(t, err)
	c.city, _, err = c.Service.CreateTag(c.Ask(t.Context()), commands.CreateTag{
		Name: "City", Kind: tag.Valued, Values: []string{"Lima", "Quito"},
	})
	check(t, err)
	c.plan, _, err = c.Service.DefineField(c.Ask(t.Context()), commands.DefineField{Name: "plan", Type: field.Text})
	check(t, err)
	c.marta, _, err = c.Service.AddMember(c.Ask(t.Context()), commands.AddMember{Name: "Marta", Role: organization.Agent})
	check(t, err)
	for i := range n {
		id, _, err := c.Service.CreateContact(c.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+1650555" + strconv.Itoa(1000+i)})
		check(t, err)
		c.contacts = append(c.contacts, id)
	}
	return c
}

// operate does the action to everybody as one operation, which ends.
func (c *crowd) operate(a commands.BulkAction) (operation.ID, []commands.Outcome) {
	c.t.Helper()
	id, _, err := c.Service.StartOperation(c.Ask(c.t.Context()), commands.StartOperation{Kind: operation.Bulk, Action: string(a.Action)})
	check(c.t, err)
	return id, c.each(id, func(o *operation.Operation, who contact.ID) (commands.Outcome, error) {
		return c.Service.DoInBulk(commands.ForOperation(c.t.Context(), c.Organization, id, o, who.String()), a, who)
	})
}

// undo takes an operation back on everybody, as an operation which ends.
func (c *crowd) undo(undone operation.ID) (operation.ID, []commands.Outcome) {
	c.t.Helper()
	id, _, err := c.Service.UndoOperation(c.Ask(c.t.Context()), undone)
	check(c.t, err)
	return id, c.each(id, func(o *operation.Operation, who contact.ID) (commands.Outcome, error) {
		return c.Service.UndoOn(commands.ForOperation(c.t.Context(), c.Organization, id, o, who.String()), undone, who)
	})
}

func (c *crowd) each(id operation.ID, do func(*operation.Operation, contact.ID) (commands.Outcome, error)) []commands.Outcome {
	c.t.Helper()
	o, err := c.Service.Operation(c.t.Context(), c.Organization, id)
	check(c.t, err)
	counts := operation.Counts{Total: len(c.contacts)}
	outcomes := make([]commands.Outcome, len(c.contacts))
	for i, who := range c.contacts {
		if outcomes[i], err = do(o, who); err != nil {
			c.t.Fatal(err)
		}
		counts.Add(outcomes[i].Result)
	}
	_, err = c.Service.FinishOperation(commands.ForOperation(c.t.Context(), c.Organization, id, o, "finished"), id, counts)
	check(c.t, err)
	return outcomes
}

func (c *crowd) results(outcomes []commands.Outcome, want ...operation.Result) {
	c.t.Helper()
	for i, o := range outcomes {
		if o.Result != want[i] {
			c.t.Errorf("contact %d is %s (%v), want %s", i, o.Result, o.Fault, want[i])
		}
	}
}

// last answers the last event of a contact, and by what it came.
func (c *crowd) last(who contact.ID) (last event.Recorded[event.Event]) {
	c.t.Helper()
	for recorded, err := range c.Store.ReadStream(c.t.Context(), who.Stream(), 0) {
		check(c.t, err)
		last = recorded
	}
	return last
}

// S1-37, S3-17, C11, C28: who carries the tag already is left as it is, who may carry no more is refused, and each event names the operation.
func TestABulkActionChangesEachContactOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 3)
	_, err := c.Service.AssignTag(c.Ask(t.Context()), commands.AssignTag{Contact: c.contacts[1], Tag: c.vip})
	check(t, err)
	_, err = c.Service.ArchiveContact(c.Ask(t.Context()), commands.ArchiveContact{Contact: c.contacts[2]})
	check(t, err)
	add := commands.BulkAction{Action: commands.AddTagToAll, Tag: c.vip}
	rehearsed, err := c.Service.Rehearse(c.Ask(t.Context()), add, c.contacts)
	check(t, err)
	c.results(rehearsed, operation.Changed, operation.Unchanged, operation.Refused)
	if e := c.last(c.contacts[0]); e.Data.EventName() != "contact.created" {
		t.Fatalf("a rehearsal wrote %s", e.Data.EventName())
	}
	id, outcomes := c.operate(add)
	c.results(outcomes, operation.Changed, operation.Unchanged, operation.Refused)
	if !outcomes[2].Fault.Is(contact.ErrArchived) {
		t.Errorf("refused with %v", outcomes[2].Fault)
	}
	e := c.last(c.contacts[0])
	if e.Metadata.OperationID != id.UUID || e.Metadata.Source != event.Bulk || e.Metadata.Actor.Kind != "owner" {
		t.Errorf("recorded as %+v", e.Metadata)
	}
	o, err := c.Service.Operation(t.Context(), c.Organization, id)
	check(t, err)
	again, err := c.Service.DoInBulk(commands.ForOperation(t.Context(), c.Organization, id, o, c.contacts[0].String()), add, c.contacts[0])
	if err != nil || again.Result != operation.Changed || c.last(c.contacts[0]).Revision != e.Revision {
		t.Errorf("done again it is %+v, %v", again, err)
	}
}

// S1-38, S1-39, S3-22, S3-23: each action changes a contact, and undoing it brings back what was there.
func TestEveryActionIsUndoneAndTheUndoIsUndone(t *testing.T) {
	t.Parallel()
	lima := "Lima"
	for name, of := range map[string]func(c *crowd) commands.BulkAction{
		"a tag": func(c *crowd) commands.BulkAction {
			return commands.BulkAction{Action: commands.AddTagToAll, Tag: c.vip}
		},
		"a value": func(c *crowd) commands.BulkAction {
			return commands.BulkAction{Action: commands.AddTagToAll, Tag: c.city, Value: &lima}
		},
		"no tag": func(c *crowd) commands.BulkAction {
			_, err := c.Service.AssignTag(c.Ask(c.t.Context()), commands.AssignTag{Contact: c.contacts[0], Tag: c.city, Value: &lima})
			check(c.t, err)
			return commands.BulkAction{Action: commands.RemoveTagOfAll, Tag: c.city}
		},
		"a lead status": func(*crowd) commands.BulkAction {
			return commands.BulkAction{Action: commands.SetLeadStatuses, LeadStatus: contact.Hot}
		},
		"an owner": func(c *crowd) commands.BulkAction {
			return commands.BulkAction{Action: commands.SetOwners, Owner: c.marta}
		},
		"a field": func(c *crowd) commands.BulkAction {
			return commands.BulkAction{Action: commands.SetFields, Field: c.plan, FieldValue: "gold"}
		},
		"archive": func(*crowd) commands.BulkAction { return commands.BulkAction{Action: commands.ArchiveAll} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCrowd(t, 1)
			c.t = t
			action := of(c)
			id, outcomes := c.operate(action)
			c.results(outcomes, operation.Changed)
			did := c.last(c.contacts[0]).Data.EventName()
			undone, outcomes := c.undo(id)
			c.results(outcomes, operation.Changed)
			if rehearsed, err := c.Service.Rehearse(c.Ask(t.Context()), action, c.contacts); err != nil || rehearsed[0].Result != operation.Changed {
				t.Errorf("behind the undo it would be %+v, %v", rehearsed, err)
			}
			_, outcomes = c.undo(undone)
			c.results(outcomes, operation.Changed)
			if again := c.last(c.contacts[0]).Data.EventName(); again != did {
				t.Errorf("undoing the undo is %s, not %s", again, did)
			}
			_, _, err := c.Service.UndoOperation(c.Ask(t.Context()), id)
			refused(t, err, operation.ErrUndone)
		})
	}
}

// F1: who dies between the two events that begin an undo leaves it to be asked for again, by anybody, and once.
func TestAnUndoThatWasHalfAskedForIsAskedForAgain(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 1)
	id, _ := c.operate(commands.BulkAction{Action: commands.AddTagToAll, Tag: c.vip})
	c.Store.Put(id.Stream(), c.Metadata(), operation.Undone{By: commands.UndoOf(id)})
	_, outcomes := c.undo(id)
	c.results(outcomes, operation.Changed)
	_, _, err := c.Service.UndoOperation(c.Ask(t.Context()), id)
	refused(t, err, operation.ErrUndone)
}

// What was changed since stays, and what cannot be taken back says why.
func TestAnUndoLeavesWhatWasChangedSince(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 4)
	id, _ := c.operate(commands.BulkAction{Action: commands.SetLeadStatuses, LeadStatus: contact.Hot})
	for _, status := range []contact.LeadStatus{contact.Customer, contact.Hot} { // there and back is a change too
		_, err := c.Service.ChangeLeadStatus(c.Ask(t.Context()), commands.ChangeLeadStatus{Contact: c.contacts[1], Status: status})
		check(t, err)
	}
	_, err := c.Service.ArchiveContact(c.Ask(t.Context()), commands.ArchiveContact{Contact: c.contacts[2]})
	check(t, err)
	_, _, err = c.Service.EraseContact(c.Because(t.Context(), "asked for it"), commands.EraseContact{Contact: c.contacts[3]})
	check(t, err)
	_, outcomes := c.undo(id)
	c.results(outcomes, operation.Changed, operation.Kept, operation.Refused, operation.Refused)
	for i, want := range []*fault.Fault{commands.ErrChangedSince, contact.ErrArchived, contact.ErrErased} {
		if got := outcomes[i+1].Fault; got == nil || !got.Is(want) {
			t.Errorf("contact %d: %v, want %v", i+1, got, want)
		}
	}
}

// S0-31: a tag that was deleted since is history and stays; one that is missing now comes back only while there is room.
func TestAnUndoObeysTheRulesOfNow(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 1)
	add, _ := c.operate(commands.BulkAction{Action: commands.AddTagToAll, Tag: c.vip})
	_, err := c.Service.DeleteTags(c.Ask(t.Context()), commands.DeleteTags{Tags: []tag.ID{c.vip}})
	check(t, err)
	_, outcomes := c.undo(add)
	if c.results(outcomes, operation.Refused); !outcomes[0].Fault.Is(contact.ErrTagHistorical) {
		t.Errorf("refused with %v", outcomes[0].Fault)
	}
}

func TestWhatWasErasedIsNotUndone(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 0)
	id, _ := c.operate(commands.BulkAction{Action: commands.EraseAll})
	_, _, err := c.Service.UndoOperation(c.Ask(t.Context()), id)
	refused(t, err, operation.ErrNotUndoable)
	_, _, err = c.Service.UndoOperation(c.Ask(t.Context()), operation.ID{UUID: uuid.New()})
	refused(t, err, operation.ErrUnknown)
	other := commandstest.New(t)
	if o, err := c.Service.Operation(t.Context(), other.Organization, id); err != nil || o.Phase() != operation.Unknown {
		t.Errorf("another organisation sees %v, %v", o.Phase(), err)
	}
}

// S1-24, C25: whoever is to be responsible belongs to the team, when it is asked for and when each contact's turn comes.
func TestOnlyMembersBecomeOwners(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 1)
	edit := func(owner uuid.UUID) error {
		_, err := c.Service.EditContact(c.Ask(t.Context()), commands.EditContact{Contact: c.contacts[0], Owner: &owner})
		return err
	}
	stranger := commands.BulkAction{Action: commands.SetOwners, Owner: uuid.New()}
	refused(t, edit(stranger.Owner), contact.ErrUnknownOwner)
	refused(t, c.Service.CheckBulk(c.Ask(t.Context()), stranger), contact.ErrUnknownOwner)
	known := commands.BulkAction{Action: commands.SetOwners, Owner: c.marta}
	check(t, c.Service.CheckBulk(c.Ask(t.Context()), known))
	check(t, c.Service.CheckBulk(c.Ask(t.Context()), commands.BulkAction{Action: commands.SetOwners}))
	_, outcomes := c.operate(known)
	c.results(outcomes, operation.Changed)

	_, err := c.Service.RemoveMember(c.Ask(t.Context()), commands.RemoveMember{Member: c.marta})
	check(t, err)
	check(t, edit(c.marta)) // who is it already
	check(t, edit(uuid.Nil))
	refused(t, edit(c.marta), contact.ErrUnknownOwner)
	if _, outcomes = c.operate(known); outcomes[0].Result != operation.Refused || outcomes[0].Fault.Code != contact.ErrUnknownOwner.Code {
		t.Errorf("whoever was removed becomes an owner: %+v", outcomes[0])
	}
}

// C10: whoever takes off only own tags takes off only own tags of many, too.
func TestABulkActionOfAnAgentTakesOffOwnTagsOnly(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 1)
	_, err := c.Service.ChangeSettings(c.Ask(t.Context()), commands.ChangeSettings{OwnTagsOnly: map[organization.KeyKind]bool{organization.Agent: true}})
	check(t, err)
	_, err = c.Service.AssignTag(c.Ask(t.Context()), commands.AssignTag{Contact: c.contacts[0], Tag: c.vip})
	check(t, err)
	agent := commands.WithOrigin(t.Context(), commands.Origin{Organization: c.Organization, Actor: event.Actor{Kind: string(organization.Agent)}, Source: event.Bulk})
	outcome, err := c.Service.DoInBulk(agent, commands.BulkAction{Action: commands.RemoveTagOfAll, Tag: c.vip}, c.contacts[0])
	check(t, err)
	if outcome.Fault == nil || !outcome.Fault.Is(contact.ErrNotYourTag) {
		t.Errorf("it is %+v", outcome)
	}
}
