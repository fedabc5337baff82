package commands

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
	"tagtrail/domain/importing"
	"tagtrail/domain/tag"
	"tagtrail/domain/text"
)

// resolved are the tags that a row names, with those that the catalogue is to get.
type resolved struct {
	catalog *tag.Catalog
	limit   int // of active tags on a contact
	missing []missing

	labels, values             []contact.RowTag // as they are put on
	labelColumns, valueColumns []int
}

// missing is a tag that the catalogue does not have yet.
type missing struct {
	tag.Tag
	column int
}

// Find answers a tag of the catalogue, or one that it is to get.
func (r *resolved) Find(id tag.ID) (tag.Tag, bool) {
	for _, m := range r.missing {
		if m.ID == id {
			return m.Tag, true
		}
	}
	return r.catalog.Find(id)
}

// resolve finds the tags of a row by their names.
func (im *running) resolve(operation uuid.UUID, wish importing.Wish) (*resolved, *importing.Refusal) {
	im.turn.Lock()
	found := &resolved{catalog: im.catalog, limit: im.tagLimit}
	im.turn.Unlock()
	for _, named := range wish.Tags {
		id, value, refused := im.named(operation, found, named, tag.Label)
		switch {
		case refused != nil:
			return nil, &importing.Refusal{Fault: refused, Column: named.Column}
		case id == tag.ID{}:
		case value != "":
			found.values, found.valueColumns = append(found.values, contact.RowTag{Tag: id, Value: value}), append(found.valueColumns, named.Column)
		default:
			found.labels, found.labelColumns = append(found.labels, contact.RowTag{Tag: id}), append(found.labelColumns, named.Column)
		}
	}
	for _, named := range wish.Values {
		id, known := found.catalog.Named(named.Name)
		switch {
		case known:
		case named.Value == "":
			continue
		default:
			var refused *fault.Fault
			if id, _, refused = im.named(operation, found, importing.Named{Name: named.Name, Column: named.Column}, tag.Valued); refused != nil {
				return nil, &importing.Refusal{Fault: refused, Column: named.Column}
			}
		}
		if (id != tag.ID{}) {
			found.values, found.valueColumns = append(found.values, contact.RowTag{Tag: id, Value: named.Value}), append(found.valueColumns, named.Column)
		}
	}
	return found, nil
}

// named answers a tag by its name. Our lists write a valued tag as name:value, which is meant where no tag is called so.
func (im *running) named(operation uuid.UUID, found *resolved, n importing.Named, kind tag.Kind) (tag.ID, string, *fault.Fault) {
	if id, known := found.catalog.Named(n.Name); known {
		return id, "", nil
	}
	if key, value, valued := strings.Cut(n.Name, ":"); valued && strings.TrimSpace(value) != "" {
		if id, known := found.catalog.Named(key); known {
			if t, _ := found.catalog.Find(id); t.Kind == tag.Valued {
				return id, strings.TrimSpace(value), nil
			}
		}
	}
	switch im.settings.UnknownTags {
	case importing.SkipUnknown:
		return tag.ID{}, "", nil
	case importing.RejectUnknown:
		if _, deleted := found.catalog.DeletedNamesake(n.Name); deleted {
			return tag.ID{}, "", importing.ErrDeletedTag
		}
		return tag.ID{}, "", importing.ErrUnknownTag
	case importing.CreateUnknown:
	}
	id := tag.ID{UUID: created(tagCommand(operation, n.Name), "tag", 0)}
	if _, known := found.Find(id); !known {
		t := tag.Tag{ID: id, Name: n.Name, Kind: kind, Active: true}
		if kind == tag.Valued {
			t.Policy = tag.FreeText
		}
		found.missing = append(found.missing, missing{t, n.Column})
	}
	return id, "", nil
}

// tagCommand answers the id of the command that gives the catalogue a tag of the import.
func tagCommand(operation uuid.UUID, name string) uuid.UUID {
	return derive(operation, "tag", text.Fold(name))
}

// createTags gives the catalogue tags, one import's worker at a time, and takes the catalogue as it is then.
func (im *running) createTags(ctx context.Context, wanted []missing) (*importing.Refusal, error) {
	im.turn.Lock()
	defer im.turn.Unlock()
	origin := originOf(ctx)
	for _, m := range wanted {
		if _, known := im.catalog.Named(m.Name); known {
			continue
		}
		origin.CommandID = tagCommand(origin.OperationID, m.Name)
		_, _, err := im.CreateTag(WithOrigin(ctx, origin), CreateTag{Name: m.Name, Kind: m.Kind})
		if refused := refusalIn(err); refused != nil && !errors.Is(err, tag.ErrNameTaken) {
			return &importing.Refusal{Fault: refused, Column: m.column}, nil
		}
		if err != nil && !errors.Is(err, tag.ErrNameTaken) {
			return nil, err
		}
	}
	return nil, im.refresh(ctx)
}
