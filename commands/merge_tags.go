package commands

import (
	"context"

	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// MergeTags asks that a tag is another one from now on.
type MergeTags struct {
	Tag     tag.ID
	Into    tag.ID
	IfMatch []event.Revision // one of them is the tag's own last; none asks for nothing
}

// MergeTags changes the catalogue alone: whoever carries the tag carries the other one, without an event for each contact.
func (s *Service) MergeTags(ctx context.Context, cmd MergeTags) (Receipt, error) {
	return s.decideCatalog(ctx, func(c *tag.Catalog) ([]tag.Event, error) {
		return asSeen(cmd.IfMatch, func(ifMatch *event.Revision) ([]tag.Event, error) { return c.Merge(cmd.Tag, cmd.Into, ifMatch) })
	})
}
