package readmodels

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/personal"
)

// CatalogHistory answers: what became of a tag, when and by whom?
type CatalogHistory struct {
	DB     DB
	Opener Opener
}

// TagEdit is one change of a tag in the catalogue.
type TagEdit struct {
	Change string     // created, renamed, described, recolored, value_added, value_retired, deleted, restored, merged, unmerged
	Before string     // what it was, where one text gave way to another, or a value that can no longer be chosen
	After  string     // what it is, or a value that can be chosen
	Other  *uuid.UUID // the tag that it was merged into, or stands apart from again
	Kind   string     // of a tag that was created: label, valued
	Policy string     // of a valued tag that was created: free, fixed
	Color  string     // of a tag that was created
	Edited Deed
}

// Of answers the edits of a tag, beginning behind a position, and where the next page begins; nil is the end.
func (r CatalogHistory) Of(ctx context.Context, org, tag uuid.UUID, order Order, after *int64, limit int) ([]TagEdit, *int64, error) {
	where := ofTag(org, tag)
	if after != nil {
		where.and("c.position "+order.beyond()+" %s", *after)
	}
	sql := `select ` + tagEditColumns() + ` from catalog_history c where ` + where.sql() + `
		order by c.position ` + order.sql() + `
		limit ` + where.parameter(limit+1)
	found, err := ask(ctx, r.DB, org, planReuse, scanTagEdit, sql, where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("read the history of tag %s: %w", tag, err)
	}
	rows, next := page(found, limit, func(r tagEditRow) int64 { return *r.deed.position })
	edits, err := openEdits(ctx, r.Opener, org, rows)
	if err != nil {
		return nil, nil, fmt.Errorf("read the history of tag %s: %w", tag, err)
	}
	return edits, next, nil
}

// Count answers how many edits a tag had, counting no further than one above the bound.
func (r CatalogHistory) Count(ctx context.Context, org, tag uuid.UUID, bound int) (int, error) {
	return count(ctx, r.DB, org, "catalog_history c", ofTag(org, tag), bound)
}

func ofTag(org, tag uuid.UUID) *conditions {
	where := &conditions{}
	where.and("c.org = %s", org)
	where.and("c.tag = %s", tag)
	return where
}

func tagEditColumns() string {
	return `c.tag, c.change, coalesce(c.before, ''), coalesce(c.after, ''), c.other,
		coalesce(c.kind, ''), coalesce(c.policy, ''), case when c.change = 'created' then c.color else '' end, ` + deedOf("c")
}

type tagEditRow struct {
	tag  uuid.UUID
	edit TagEdit
	deed deedRow
}

func scanTagEdit(row pgx.CollectableRow) (r tagEditRow, err error) {
	err = row.Scan(append([]any{
		&r.tag, &r.edit.Change, &r.edit.Before, &r.edit.After, &r.edit.Other, &r.edit.Kind, &r.edit.Policy, &r.edit.Color,
	}, r.deed.columns()...)...)
	return r, err
}

func openEdits(ctx context.Context, by Opener, org uuid.UUID, rows []tagEditRow) ([]TagEdit, error) {
	var texts []*personal.Text
	for i := range rows {
		texts = append(texts, rows[i].deed.texts()...)
	}
	if err := openAll(ctx, by, org, texts); err != nil {
		return nil, err
	}
	edits := make([]TagEdit, len(rows))
	for i := range rows {
		edits[i] = rows[i].edit
		edits[i].Edited = *rows[i].deed.deed()
	}
	return edits, nil
}
