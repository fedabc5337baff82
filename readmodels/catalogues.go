package readmodels

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Catalogues keeps what the tags of organisations are called, so that a page of contacts need not ask for it.
//
// Every page says by which revision of the catalogue it was read; a catalogue that is kept serves the pages of its own
// revision, and nothing else. So whoever waits for a rename or a merge and then reads a list finds it there.
type Catalogues struct {
	mu   sync.Mutex
	kept map[uuid.UUID]*catalogue
}

// NewCatalogues keeps none yet.
func NewCatalogues() *Catalogues { return &Catalogues{kept: map[uuid.UUID]*catalogue{}} }

// mostCatalogues is how many are kept, of whichever organisations asked last; a catalogue takes some hundred bytes a tag.
const mostCatalogues = 500

// at answers the catalogue of an organisation as of a revision, or of a later one where it has moved on meanwhile.
func (c *Catalogues) at(ctx context.Context, db DB, org uuid.UUID, revision int64) (*catalogue, error) {
	if c == nil {
		return readCatalogue(ctx, db, org)
	}
	c.mu.Lock()
	kept := c.kept[org]
	c.mu.Unlock()
	if kept != nil && kept.revision == revision {
		return kept, nil
	}
	read, err := readCatalogue(ctx, db, org)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for other := range c.kept {
		if len(c.kept) < mostCatalogues {
			break
		}
		delete(c.kept, other)
	}
	c.kept[org] = read
	return read, nil
}

// catalogue is the tags of an organisation as chips show them. Nobody changes it.
type catalogue struct {
	revision int64            // of the last event of its tags; -1 of a catalogue without tags, since the first event is 0
	tags     []tagRecord      // in their order; of those that are one tag by now the one that counts first
	places   map[int32]int    // of tags by their numbers
	values   map[fixed]string // what fixed values are called
}

// fixed is a value of the list of a tag.
type fixed struct{ tag, value int32 }

type tagRecord struct{ Chip }

// ScanNull implements pgtype.CompositeIndexScanner.
func (*tagRecord) ScanNull() error { return errors.New("a tag is NULL") }

// ScanIndex implements pgtype.CompositeIndexScanner.
func (r *tagRecord) ScanIndex(i int) any {
	return []any{&r.Tag.Number, &r.Tag.ID, &r.Tag.Name, &r.Tag.Color, &r.DeletedAt}[i]
}

func newCatalogue(tags []tagRecord) *catalogue {
	c := &catalogue{tags: tags, places: make(map[int32]int, len(tags))}
	for i, t := range tags {
		c.places[t.Tag.Number] = i
	}
	return c
}

func readCatalogue(ctx context.Context, db DB, org uuid.UUID) (*catalogue, error) {
	c := &catalogue{revision: -1, values: map[fixed]string{}}
	tags, err := ask(ctx, db, org, planReuse, func(row pgx.CollectableRow) (t tagRecord, err error) {
		var revision int64
		var values []TagValue
		err = row.Scan(&t.Tag.Number, &t.Tag.ID, &t.Tag.Name, &t.Tag.Color, &t.DeletedAt, &revision, &encoded[[]TagValue]{&values})
		c.revision = max(c.revision, revision)
		for _, v := range values {
			c.values[fixed{t.Tag.Number, v.Number}] = v.Name
		}
		return t, err
	}, `
		select t.number, s.tag, s.name, s.color, s.deleted_at, t.revision,
			(select json_agg(json_build_object('number', v.number, 'name', v.name)) from tag_values v where v.org = t.org and v.tag = t.tag)
		from tags t join tags s on s.org = t.org and s.tag = coalesce(t.merged_into, t.tag)
		where t.org = $1
		order by s.sort_name, s.number, t.number <> s.number, t.number`, org)
	if err != nil {
		return nil, fmt.Errorf("read the tags of %s: %w", org, err)
	}
	ordered := newCatalogue(tags)
	c.tags, c.places = ordered.tags, ordered.places
	return c, nil
}

// chips answers the tags that a contact carries, in the order of the catalogue. Of those that are one tag by now it
// carries the first.
func (c *catalogue) chips(carried carried) (active, deleted []Chip) {
	places := make([]int, 0, 16)
	for _, number := range carried.numbers {
		if place, known := c.places[number]; known {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	var last uuid.UUID
	for _, place := range places {
		chip := c.tags[place].Chip
		if chip.Tag.ID == last {
			continue
		}
		last = chip.Tag.ID
		for _, v := range carried.values {
			if v.number == chip.Tag.Number {
				chip.Value = v.called(c.values)
			}
		}
		if chip.DeletedAt == nil {
			active = append(active, chip)
		} else {
			deleted = append(deleted, chip)
		}
	}
	return active, deleted
}
