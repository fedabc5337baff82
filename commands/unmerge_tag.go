package commands

import (
	"context"

	"tagtrail/domain/tag"
)

// UnmergeTag asks that a merged tag stands for itself again, under another name where As gives one.
type UnmergeTag struct {
	Tag tag.ID
	As  *string
}

// UnmergeTag changes the catalogue alone.
func (s *Service) UnmergeTag(ctx context.Context, cmd UnmergeTag) (Receipt, error) {
	return s.decideCatalog(ctx, func(c *tag.Catalog) ([]tag.Event, error) { return c.Unmerge(cmd.Tag, cmd.As) })
}
