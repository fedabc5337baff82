package readmodels

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Catalog is what can be put on contacts now, for those who choose by reading descriptions.
type Catalog struct {
	Tags     []CatalogTag
	Revision int64 // of the catalogue's own last event; -1 where there is none
}

// CatalogTag is an active tag in short.
type CatalogTag struct {
	ID          uuid.UUID
	Name        string
	Description string
	Kind        string // label, valued
	Policy      string // of a valued tag: free, fixed
	Values      []TagValue
}

// Catalog answers the active tags, by name, with the revision that they are of.
func (r Tags) Catalog(ctx context.Context, org uuid.UUID) (Catalog, error) {
	type row struct {
		CatalogTag
		revision int64
	}
	// The row without a tag says the revision of a catalogue whose tags are all deleted.
	found, err := ask(ctx, r.DB, org, planReuse, func(of pgx.CollectableRow) (found row, err error) {
		err = of.Scan(&found.ID, &found.Name, &found.Description, &found.Kind, &found.Policy, &encoded[[]TagValue]{&found.Values}, &found.revision)
		return found, err
	}, `
		with catalog as (select coalesce(max(t.revision), -1) as revision from tags t where t.org = $1)
		select t.tag, coalesce(t.name, ''), coalesce(t.description, ''), coalesce(t.kind, ''), coalesce(t.policy, ''),
			(select json_agg(json_build_object('number', v.number, 'name', v.name) order by v.number)
				from tag_values v where v.org = t.org and v.tag = t.tag and v.retired_at is null),
			c.revision
		from catalog c left join tags t on t.org = $1 and t.deleted_at is null and t.merged_into is null
		order by t.sort_name, t.number`, org)
	if err != nil {
		return Catalog{}, fmt.Errorf("read the tag catalogue of %s: %w", org, err)
	}
	catalog := Catalog{Revision: -1}
	for _, each := range found {
		catalog.Revision = each.revision
		if each.ID != uuid.Nil {
			catalog.Tags = append(catalog.Tags, each.CatalogTag)
		}
	}
	return catalog, nil
}
