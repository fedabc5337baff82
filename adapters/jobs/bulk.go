package jobs

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/filter"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

const (
	aPage     = 5000 // ids that are selected at once
	together  = 8    // contacts that are worked at together
	maxBlocks = operation.MaxThings/aPage + 1
)

// Bulk does one action to many contacts.
type Bulk struct {
	Commands *commands.Service
	Contacts readmodels.Contacts
	Show     func(ctx context.Context, position event.Position) error // returns once the tables that Contacts reads show it
}

// Kind is that of bulk operations.
func (Bulk) Kind() operation.Kind { return operation.Bulk }

// Select answers whom the filter meant when the operation was asked for.
func (b Bulk) Select(ctx context.Context, asked Asked, add func([]uuid.UUID) error) error {
	what, err := bulkOf(asked)
	if err != nil {
		return err
	}
	parsed, err := filter.Parse(what.Filter)
	if err != nil {
		return fmt.Errorf("read the filter of operation %s: %w", asked.ID, err)
	}
	zone, err := b.Commands.Zone(ctx, asked.Organization)
	if err != nil {
		return err
	}
	if err := b.Show(ctx, asked.Position); err != nil {
		return err
	}
	meant := readmodels.ContactFilter{Where: parsed, Clock: filter.Clock{Now: what.At, Zone: zone}}
	behind := uuid.Nil
	for range maxBlocks {
		ids, err := b.Contacts.IDs(ctx, asked.Organization.UUID, meant, behind, aPage)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := add(ids); err != nil {
			return err
		}
		behind = ids[len(ids)-1]
	}
	return nil
}

// Work does the action to each.
func (b Bulk) Work(ctx context.Context, asked Asked, things []Thing) ([]Outcome, error) {
	what, err := bulkOf(asked)
	if err != nil {
		return nil, err
	}
	return toEach(ctx, asked, things, func(ctx context.Context, id uuid.UUID) (commands.Outcome, error) {
		return b.Commands.DoInBulk(ctx, what.BulkAction, contact.ID{UUID: id})
	})
}

func bulkOf(asked Asked) (what commands.AskedBulk, err error) {
	if err := json.Unmarshal([]byte(asked.Asked.Reveal()), &what); err != nil {
		return what, fmt.Errorf("read what was asked of operation %s: %w", asked.ID, err)
	}
	return what, nil
}

// toEach does something to each, a few at a time, each as a step of the operation.
func toEach(ctx context.Context, asked Asked, things []Thing, do func(context.Context, uuid.UUID) (commands.Outcome, error)) ([]Outcome, error) {
	outcomes := make([]Outcome, len(things))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	for i, thing := range things {
		group.Go(func() error {
			step := commands.ForOperation(ctx, asked.Organization, asked.ID, asked.Operation, thing.ID.String())
			found, err := do(step, thing.ID)
			if err != nil {
				return err
			}
			outcomes[i].Result = found.Result
			if found.Fault != nil {
				outcomes[i].Code, outcomes[i].Details = found.Fault.Code, found.Fault.Details
			}
			return nil
		})
	}
	return outcomes, group.Wait()
}

// Undo takes another operation back.
type Undo struct {
	Commands *commands.Service
	Events   readmodels.Events
	Show     func(ctx context.Context, position event.Position) error // returns once the tables that Events reads show it
	// Carriers answers how many contacts carry a tag by now.
	Carriers func(ctx context.Context, org organization.ID, id tag.ID) (int64, error)
}

// Kind is that of undoing operations.
func (Undo) Kind() operation.Kind { return operation.Undo }

// Select answers whom the other operation did something to. Tags that it took out of the catalogue come first, as contacts may
// be given them again, and those that it gave come last, when no contact may carry them any more.
func (u Undo) Select(ctx context.Context, asked Asked, add func([]uuid.UUID) error) error {
	if err := u.Show(ctx, asked.Position); err != nil {
		return err
	}
	tags, err := u.tags(ctx, asked)
	if err != nil {
		return err
	}
	if err := add(idsOf(tags.Taken)); err != nil {
		return err
	}
	behind := int64(0)
	for {
		found, err := u.Events.Touched(ctx, asked.Organization.UUID, asked.Undoes.UUID, behind, aPage)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return add(idsOf(tags.Given))
		}
		ids := make([]uuid.UUID, len(found))
		for i, each := range found {
			ids[i], behind = each.Contact, each.Position
		}
		if err := add(ids); err != nil {
			return err
		}
	}
}

func (u Undo) tags(ctx context.Context, asked Asked) (commands.TagsOfOperation, error) {
	return u.Commands.TagsOf(commands.ForOperation(ctx, asked.Organization, asked.ID, asked.Operation), asked.Undoes)
}

func idsOf(tags []tag.ID) []uuid.UUID {
	ids := make([]uuid.UUID, len(tags))
	for i, t := range tags {
		ids[i] = t.UUID
	}
	return ids
}

// Work takes back on each what the other operation did to it.
func (u Undo) Work(ctx context.Context, asked Asked, things []Thing) ([]Outcome, error) {
	tags, err := u.tags(ctx, asked)
	if err != nil {
		return nil, err
	}
	taken, given := idsOf(tags.Taken), idsOf(tags.Given)
	first := slices.IndexFunc(things, func(t Thing) bool { return !slices.Contains(taken, t.ID) })
	if first < 0 {
		first = len(things)
	}
	behind := first
	for behind < len(things) && !slices.Contains(given, things[behind].ID) {
		behind++
	}
	onTag := func(ctx context.Context, id uuid.UUID) (commands.Outcome, error) {
		carriers, err := u.Carriers(ctx, asked.Organization, tag.ID{UUID: id})
		if err != nil {
			return commands.Outcome{}, err
		}
		return u.Commands.UndoOnTag(ctx, tags, tag.ID{UUID: id}, carriers)
	}
	onContact := func(ctx context.Context, id uuid.UUID) (commands.Outcome, error) {
		return u.Commands.UndoOn(ctx, asked.Undoes, contact.ID{UUID: id})
	}
	var all []Outcome
	for _, part := range []struct {
		things []Thing
		do     func(context.Context, uuid.UUID) (commands.Outcome, error)
	}{{things[:first], onTag}, {things[first:behind], onContact}, {things[behind:], onTag}} {
		outcomes, err := toEach(ctx, asked, part.things, part.do)
		if err != nil {
			return nil, err
		}
		all = append(all, outcomes...)
	}
	return all, nil
}
