package commands

import (
	"context"

	"tagtrail/domain/tag"
)

// CreateTag asks for a new tag in the catalogue. Values makes a valued tag one with a fixed list.
type CreateTag struct {
	Name        string
	Description string
	Color       string // "" is the default
	Kind        tag.Kind
	Values      []string
}

// CreateTag answers the id of the tag, which is the same when the command is repeated.
func (s *Service) CreateTag(ctx context.Context, cmd CreateTag) (tag.ID, Receipt, error) {
	id := tag.ID{UUID: created(originOf(ctx).CommandID, "tag", 0)}
	receipt, err := s.decideCatalog(ctx, func(c *tag.Catalog) ([]tag.Event, error) {
		return c.Create(id, cmd.draft())
	})
	return id, receipt, err
}

func (cmd CreateTag) draft() tag.Draft {
	return tag.Draft{Name: cmd.Name, Description: cmd.Description, Color: cmd.Color, Kind: cmd.Kind, Values: cmd.Values}
}

// LookAlikes answers the active tags whose names a person can hardly tell from that of a tag.
func (s *Service) LookAlikes(ctx context.Context, of tag.ID, name string) ([]tag.ID, error) {
	catalog, _, err := s.catalog(ctx, originOf(ctx).Organization)
	if err != nil {
		return nil, err
	}
	return catalog.LookAlikes(of, name), nil
}

// DeletedNamesake answers the deleted tag whose name a tag has, for whoever might
// rather have restored it; the zero id says that there is none.
func (s *Service) DeletedNamesake(ctx context.Context, name string) (tag.ID, error) {
	catalog, _, err := s.catalog(ctx, originOf(ctx).Organization)
	if err != nil {
		return tag.ID{}, err
	}
	namesake, _ := catalog.DeletedNamesake(name)
	return namesake, nil
}
