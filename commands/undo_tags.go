package commands

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/operation"
	"tagtrail/domain/tag"
)

// ErrTagInUse says of a tag that an undo leaves it in the catalogue.
var ErrTagInUse = fault.New(fault.Conflict, "undo.tag-in-use", "contacts carry this tag besides, and it stays")

// TagsOfOperation are the tags that an operation gave the catalogue, or brought back into it, and those that it took out.
type TagsOfOperation struct {
	Given, Taken []tag.ID
	Changed      []tag.ID // of them those that somebody else changed since
}

// TagsOf answers what an operation did to the catalogue. What takes the operation back, which the origin names, is nobody else.
func (s *Service) TagsOf(ctx context.Context, id operation.ID) (TagsOfOperation, error) {
	var found TagsOfOperation
	origin, catalog, by := originOf(ctx), tag.NewCatalog(), map[event.Revision]uuid.UUID{}
	for recorded, err := range s.store.ReadStream(ctx, origin.Organization.CatalogStream(), 0) {
		if err != nil {
			return TagsOfOperation{}, fmt.Errorf("read what operation %s did to the catalogue: %w", id, err)
		}
		own, err := as[tag.Event](recorded)
		if err != nil {
			return TagsOfOperation{}, err
		}
		catalog.Apply(own)
		by[recorded.Revision] = recorded.Metadata.OperationID
		if recorded.Metadata.OperationID != id.UUID {
			continue
		}
		switch e := recorded.Data.(type) {
		case tag.Created:
			found.Given = append(found.Given, e.Tag)
		case tag.Restored:
			found.Given = append(found.Given, e.Tag)
		case tag.Deleted:
			found.Taken = append(found.Taken, e.Tag)
		}
	}
	for _, each := range slices.Concat(found.Given, found.Taken) {
		t, _ := catalog.Find(each)
		if last := by[t.Revision]; last != id.UUID && last != origin.OperationID {
			found.Changed = append(found.Changed, each)
		}
	}
	return found, nil
}

// UndoOnTag takes back what an operation did to one tag of the catalogue: a tag that it gave goes again where no contact
// carries it, and a tag that it took comes back. One that was changed since stays as it is.
func (s *Service) UndoOnTag(ctx context.Context, did TagsOfOperation, id tag.ID, carriers int64) (Outcome, error) {
	var why *fault.Fault
	receipt, err := s.decideCatalog(ctx, func(c *tag.Catalog) ([]tag.Event, error) {
		why = nil
		switch t, _ := c.Find(id); {
		case slices.Contains(did.Changed, id):
			why = ErrChangedSince
		case slices.Contains(did.Taken, id):
			return c.Restore(id, nil)
		case t.Active && carriers > 0:
			why = ErrTagInUse
		default:
			return c.Delete([]tag.ID{id}, nil)
		}
		return nil, nil
	})
	outcome, err := outcomeOf(receipt, err)
	if err == nil && outcome.Fault == nil && why != nil {
		outcome = Outcome{Result: operation.Kept, Fault: why}
	}
	if outcome.Fault != nil {
		outcome.Fault = outcome.Fault.With("kept", "tag:"+id.String())
	}
	return outcome, err
}
