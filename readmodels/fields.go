package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Fields answers: which custom fields has an organisation?
//
// Lists are ordered by name, regardless of case, then by id.
type Fields struct{ DB DB }

// Field is one custom field.
type Field struct {
	ID        uuid.UUID
	Name      string
	Type      string
	Options   []FieldOption // that can be chosen, in the order in which they were added
	CreatedAt time.Time
	CreatedBy Actor
	RetiredAt *time.Time // nil while it can be filled
	Revision  int64      // of the field's own last event

	sortName string
}

// FieldOption is one of the answers that a choice takes.
type FieldOption struct {
	Number int32  `json:"number"`
	Name   string `json:"name"`
}

// FieldKey is a field's place in a list.
type FieldKey struct {
	Name  string // as it is ordered
	Field uuid.UUID
}

// FieldStatus says which fields are asked for.
type FieldStatus string

// The statuses to ask for.
const (
	ActiveFields  FieldStatus = "active"
	RetiredFields FieldStatus = "retired"
	AllFields     FieldStatus = "all"
)

// List answers the fields of a status, beginning behind a key, and where the next page begins; nil is the end.
func (r Fields) List(ctx context.Context, org uuid.UUID, status FieldStatus, after *FieldKey, limit int) ([]Field, *FieldKey, error) {
	where := status.of(org)
	if after != nil {
		where.and("(f.sort_name, f.field) > (%s, %s)", after.Name, after.Field)
	}
	sql := selectFields + ` where ` + where.sql() + ` order by f.sort_name, f.field limit ` + where.parameter(limit+1)
	found, err := ask(ctx, r.DB, org, planReuse, scanField, sql, where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the custom fields of %s: %w", org, err)
	}
	items, next := page(found, limit, func(f Field) FieldKey { return FieldKey{Name: f.sortName, Field: f.ID} })
	return items, next, nil
}

// Count answers how many fields have a status, counting no further than one above the bound.
func (r Fields) Count(ctx context.Context, org uuid.UUID, status FieldStatus, bound int) (int, error) {
	return count(ctx, r.DB, org, "fields f", status.of(org), bound)
}

// Get answers one field, retired or not.
func (r Fields) Get(ctx context.Context, org, field uuid.UUID) (Field, error) {
	found, err := one(ask(ctx, r.DB, org, planReuse, scanField, selectFields+` where f.org = $1 and f.field = $2`, org, field))
	if err != nil {
		return Field{}, fmt.Errorf("get custom field %s: %w", field, err)
	}
	return found, nil
}

// of answers the conditions on fields f of an organisation that have the status.
func (s FieldStatus) of(org uuid.UUID) *conditions {
	where := &conditions{}
	where.and("f.org = %s", org)
	switch s {
	case RetiredFields:
		where.and("f.retired_at is not null")
	case AllFields:
	case ActiveFields:
		where.and("f.retired_at is null")
	}
	return where
}

const selectFields = `
	select f.field, f.name, f.type,
		(select json_agg(json_build_object('number', o.number, 'name', o.name) order by o.number)
			from field_options o where o.org = f.org and o.field = f.field and o.retired_at is null),
		f.created_at, f.created_by_kind, f.created_by,
		coalesce((select a.name from actors a where a.org = f.org and a.actor = f.created_by), ''),
		f.retired_at, f.revision, f.sort_name
	from fields f`

func scanField(row pgx.CollectableRow) (f Field, err error) {
	err = row.Scan(&f.ID, &f.Name, &f.Type, &encoded[[]FieldOption]{&f.Options},
		&f.CreatedAt, &f.CreatedBy.Kind, &f.CreatedBy.ID, &f.CreatedBy.Name, &f.RetiredAt, &f.Revision, &f.sortName)
	return f, err
}

// encoded reads a column that PostgreSQL encoded as JSON; NULL is the zero value.
type encoded[T any] struct{ into *T }

// ScanBytes implements pgtype.BytesScanner.
func (e *encoded[T]) ScanBytes(column []byte) error {
	if column == nil {
		return nil
	}
	if err := json.Unmarshal(column, e.into); err != nil {
		return fmt.Errorf("read a %T: %w", *e.into, err)
	}
	return nil
}
