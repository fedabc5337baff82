package commands

import (
	"context"

	"tagtrail/domain/tag"
)

// RestoreTag asks for a deleted tag back, under another name where As gives one.
type RestoreTag struct {
	Tag tag.ID
	As  *string
}

// RestoreTag makes the tag's assignments count again.
func (s *Service) RestoreTag(ctx context.Context, cmd RestoreTag) (Receipt, error) {
	return s.decideCatalog(ctx, func(c *tag.Catalog) ([]tag.Event, error) {
		return c.Restore(cmd.Tag, cmd.As)
	})
}
