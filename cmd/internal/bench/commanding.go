package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/tag"
)

// commanding measures from a command to the tables: goals 4, 8 and 13.
func commanding(ctx context.Context, t *table, h *house) (err error) {
	const many = "commands made visible, 16 writers"
	light := times{name: "command → visible, one at a time", goal50: "8: ≤ 2", goal99: "8: ≤ 2, ≤ 5 ms"}
	catalogue := times{name: "a tag that half of all contacts carry: renamed, deleted, restored", goal50: "13: ≤ 1.5, ≤ 2 ms"}
	if !t.wanted(append(append(light.names(), catalogue.names()...), many)...) {
		return nil
	}
	if err := h.stop(); err != nil {
		return err
	}
	if h.stop, err = h.serve(ctx); err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(h.known))
	for i, id := range h.known {
		ids[i] = id.UUID
	}
	c, err := newCRUD(ctx, h, ids)
	if err != nil {
		return err
	}
	w := h.writing()
	w.crud = c
	const at = 16
	if err := t.add(ctx, row{many, "4: ≥ 1.1", "/s", false, w.commands(t, at), w.updates(t, at)}); err != nil {
		return err
	}
	alone := rand.New(rand.NewPCG(3, 3)) //nolint:gosec // the same commands each time
	conn, err := pgx.ConnectConfig(ctx, h.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	nth := 0
	light.ours = sample{"command", oneByOne(t.turn, func(ctx context.Context) error { nth++; return w.command(ctx, alone, 0, len(w.stands), nth) })}
	light.yardstick = sample{"CRUD with audit", oneByOne(t.turn, func(ctx context.Context) error { nth++; return c.change(ctx, conn, alone, nth) })}
	if err := t.addTimes(ctx, light); err != nil {
		return err
	}
	worn, unworn := &edited{house: h, garment: h.garment("new")}, &edited{house: h, garment: h.garment("unused")}
	catalogue.ours, catalogue.yardstick = sample{"that tag", oneByOne(t.turn, worn.edit)}, sample{"one that nobody does", oneByOne(t.turn, unworn.edit)}
	return t.addTimes(ctx, catalogue)
}

// writers share out the contacts, so that no two write to one.
type writers struct {
	*house
	crud   *crud
	tag    tag.ID
	stands []standing
	mu     sync.Mutex
	next   int
}

// writing answers those who write. What they did stays as they left it.
func (h *house) writing() *writers {
	if h.writers == nil {
		h.writers = &writers{house: h, tag: h.garment("trial").id}
		for _, id := range h.known {
			h.writers.stands = append(h.writers.stands, standing{id: id, status: contact.Hot})
		}
	}
	return h.writers
}

func (w *writers) number() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	return w.next
}

func (w *writers) commands(t *table, at int) side {
	return side{"commands", func(ctx context.Context) (float64, error) {
		return together(ctx, at, t.turn, func(ctx context.Context) func() (int, error) {
			n := w.number()
			r := rand.New(rand.NewPCG(uint64(n), 4)) //nolint:gosec // the same commands each time
			share, nth := len(w.stands)/at, 0
			return func() (int, error) {
				nth++
				return 1, w.command(ctx, r, n%at*share, share, nth)
			}
		})
	}}
}

func (w *writers) updates(t *table, at int) side {
	return side{"CRUD with audit", func(ctx context.Context) (float64, error) {
		conns := make([]*pgx.Conn, at)
		for i := range conns {
			conn, err := pgx.ConnectConfig(ctx, w.pool.Config().ConnConfig)
			if err != nil {
				return 0, err
			}
			defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
			conns[i] = conn
		}
		return together(ctx, at, t.turn, func(ctx context.Context) func() (int, error) {
			n := w.number()
			r := rand.New(rand.NewPCG(uint64(n), 4)) //nolint:gosec // as above
			nth := 0
			return func() (int, error) {
				nth++
				return 1, w.crud.change(ctx, conns[n%at], r, nth)
			}
		})
	}}
}

// command changes one of the contacts, which always is a change, and waits until the lists show it.
func (w *writers) command(ctx context.Context, r *rand.Rand, from, among, nth int) error {
	c := &w.stands[from+r.IntN(among)]
	ctx = w.asking(ctx)
	var receipt commands.Receipt
	var err error
	switch {
	case nth%3 == 0:
		c.status = map[contact.LeadStatus]contact.LeadStatus{contact.Cold: contact.Warm, contact.Warm: contact.Hot, contact.Hot: contact.Customer, contact.Customer: contact.Cold}[c.status]
		receipt, err = w.service.commands.ChangeLeadStatus(ctx, commands.ChangeLeadStatus{Contact: c.id, Status: c.status})
	case c.worn:
		c.worn = false
		receipt, err = w.service.commands.RemoveTag(ctx, commands.RemoveTag{Contact: c.id, Tag: w.tag})
	default:
		c.worn = true
		receipt, err = w.service.commands.AssignTag(ctx, commands.AssignTag{Contact: c.id, Tag: w.tag})
	}
	if err != nil {
		return err
	}
	return w.positions.Wait(ctx, console().Name, receipt.Position)
}

// standing is how a contact stands after what the bench did to it.
type standing struct {
	id     contact.ID
	status contact.LeadStatus
	worn   bool // the tag that is put on and taken off
}

// edited is a tag that is renamed, deleted and restored in turn.
type edited struct {
	*house
	*garment
	nth int
}

func (e *edited) edit(ctx context.Context) error {
	e.nth++
	ctx = e.asking(ctx)
	var receipt commands.Receipt
	var err error
	switch e.nth % 3 {
	case 1:
		name := fmt.Sprint(e.name, " ", e.nth)
		receipt, err = e.service.commands.EditTag(ctx, commands.EditTag{Tag: e.id, Name: &name})
	case 2:
		receipt, err = e.service.commands.DeleteTags(ctx, commands.DeleteTags{Tags: []tag.ID{e.id}})
	default:
		receipt, err = e.service.commands.RestoreTag(ctx, commands.RestoreTag{Tag: e.id})
	}
	if err != nil {
		return err
	}
	return e.positions.Wait(ctx, console().Name, receipt.Position)
}
