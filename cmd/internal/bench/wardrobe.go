package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/tag"
)

// garment is a tag and how many of all contacts carry it.
type garment struct {
	name   string
	share  float64
	kind   tag.Kind
	values []string

	id     tag.ID
	number tag.Number
}

// mostWorn is how many tags a contact of the bench carries at most.
const mostWorn = 8

// wardrobe is a catalogue as teams have it: a few tags that many carry, many that few carry, two with values. A contact
// carries about two and a half of them. "new" and "regular" are never on the same contact.
func wardrobe() []*garment {
	all := []*garment{
		{name: "new", share: 0.5},
		{name: "regular", share: 0.25},
		{name: "language", share: 0.1, kind: tag.Valued, values: []string{"English", "Spanish", "Portuguese", "Chinese"}},
		{name: "city", share: 0.04, kind: tag.Valued},
		{name: "unused"},
		{name: "trial"},
	}
	for i, share := range []float64{0.3, 0.25, 0.2, 0.2, 0.15, 0.12, 0.1, 0.08, 0.07, 0.06, 0.05, 0.05, 0.04, 0.03, 0.02, 0.02, 0.01, 0.01, 0.005, 0.005, 0.002, 0.001, 1e-3, 5e-4, 2e-4, 1e-4, 5e-5, 2e-5, 1e-5, 2e-6} {
		all = append(all, &garment{name: fmt.Sprint("tag ", i), share: share})
	}
	for _, g := range all {
		if g.kind == "" {
			g.kind = tag.Label
		}
	}
	return all
}

// hang lets the tags enter the catalogue, which numbers them in their order.
func (s *service) hang(ctx context.Context, all []*garment) error {
	for i, g := range all {
		id, _, err := s.commands.CreateTag(s.asking(ctx), commands.CreateTag{Name: g.name, Kind: g.kind, Values: g.values})
		if err != nil {
			return fmt.Errorf("create the tag %s: %w", g.name, err)
		}
		g.id, g.number = id, tag.Number(i+1)
	}
	return nil
}

// dress chooses what one contact carries.
func dress(r *rand.Rand, all []*garment) []*garment {
	var worn []*garment
	for _, g := range all {
		odds := g.share
		if g.name == "regular" {
			if len(worn) > 0 {
				continue // it is new
			}
			odds *= 2
		}
		if r.Float64() < odds && len(worn) < mostWorn {
			worn = append(worn, g)
		}
	}
	return worn
}

// draw answers a random id that is the same in every run.
func draw(r *rand.Rand) (id uuid.UUID) {
	for i := range id {
		id[i] = byte(r.Uint32())
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

// funnel chooses a lead status: most are cold.
func funnel(r *rand.Rand) contact.LeadStatus {
	switch f := r.Float64(); {
	case f < 0.7:
		return contact.Cold
	case f < 0.9:
		return contact.Warm
	case f < 0.97:
		return contact.Hot
	default:
		return contact.Customer
	}
}
