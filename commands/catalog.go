package commands

import (
	"context"

	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
)

// keptOrganizations bounds how many organisations' folded states are kept; the least recently used goes first.
const keptOrganizations = 1000

// catalogs keeps the organisations' tag catalogues.
type catalogs = kept[tag.Event, *tag.Catalog]

func newCatalogs(store Store) *catalogs {
	return keep[tag.Event](store, keptOrganizations, tag.NewCatalog)
}

// catalog answers the organisation's tag catalogue as it is now. It is shared: read it, never apply to it.
func (s *Service) catalog(ctx context.Context, org organization.ID) (*tag.Catalog, event.Revision, error) {
	at, err := s.catalogs.load(ctx, org.CatalogStream())
	return at.state, at.revision, err
}

// decideCatalog decides on the tag catalogue of whoever asks.
func (s *Service) decideCatalog(ctx context.Context, decision func(*tag.Catalog) ([]tag.Event, error)) (Receipt, error) {
	stream := originOf(ctx).Organization.CatalogStream()
	return decideOn(ctx, s, stream, func(ctx context.Context) (loaded[*tag.Catalog], error) {
		return s.catalogs.load(ctx, stream)
	}, decision)
}
