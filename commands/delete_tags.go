package commands

import (
	"context"

	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// DeleteTags asks that one or several tags can no longer be applied: all of them or, on a fault, none.
type DeleteTags struct {
	Tags    []tag.ID
	IfMatch []event.Revision // one of them is the own last of each of the tags; meant for one tag, and none asks for nothing
}

// DeleteTags deletes softly: what carries the tags keeps them as history.
func (s *Service) DeleteTags(ctx context.Context, cmd DeleteTags) (Receipt, error) {
	return s.decideCatalog(ctx, func(c *tag.Catalog) ([]tag.Event, error) {
		return asSeen(cmd.IfMatch, func(ifMatch *event.Revision) ([]tag.Event, error) { return c.Delete(cmd.Tags, ifMatch) })
	})
}
