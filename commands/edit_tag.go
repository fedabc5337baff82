package commands

import (
	"context"

	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// EditTag asks for another name, description, colour or list of values; nil leaves a thing as it is.
type EditTag struct {
	Tag         tag.ID
	Name        *string
	Description *string
	Color       *string
	Values      *[]string        // the whole list of fixed values
	IfMatch     []event.Revision // one of them is the tag's own last; none asks for nothing
}

// EditTag edits an active tag; each thing that changes is an event of its own.
func (s *Service) EditTag(ctx context.Context, cmd EditTag) (Receipt, error) {
	return s.decideCatalog(ctx, func(c *tag.Catalog) ([]tag.Event, error) {
		return asSeen(cmd.IfMatch, func(ifMatch *event.Revision) ([]tag.Event, error) {
			return c.Edit(cmd.Tag, tag.Changes{
				Name: cmd.Name, Description: cmd.Description, Color: cmd.Color, Values: cmd.Values,
			}, ifMatch)
		})
	})
}
