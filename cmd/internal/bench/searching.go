package main

import (
	"context"
	"strings"

	"tagtrail/readmodels"
)

// searching measures how somebody is found by a part of a name: goal 16.
func searching(ctx context.Context, t *table, h *house) error {
	found := times{name: "part of a name", goal99: "16: ≤ 0.5"}
	missed := times{name: "a name that nobody has", goal50: "16: ≤ 2"}
	if !t.wanted(append(found.names(), missed.names()...)...) {
		return nil
	}
	at, err := h.reader(ctx)
	if err != nil {
		return err
	}
	defer at.close(ctx)
	if _, err := at.bare.Exec(ctx, `set enable_bitmapscan = off; set enable_indexscan = off`); err != nil {
		return err
	}
	found.ours = sample{"Page", oneByOne(t.turn, func(ctx context.Context) error { return at.search(ctx, at.partOfAName()) })}
	found.yardstick = sample{"a scan", oneByOne(t.turn, at.scan)}
	if err := t.addTimes(ctx, found); err != nil {
		return err
	}
	if _, err := at.bare.Exec(ctx, `reset enable_bitmapscan; reset enable_indexscan`); err != nil {
		return err
	}
	missed.ours = sample{"Page", oneByOne(t.turn, func(ctx context.Context) error { return at.search(ctx, "Xylqvz"+at.partOfAName()) })}
	missed.yardstick = sample{"key lookup", oneByOne(t.turn, at.lookup)}
	return t.addTimes(ctx, missed)
}

// partOfAName answers some letters out of the middle of somebody's name.
func (at *reader) partOfAName() string {
	name := strings.Fields(at.all[at.r.IntN(len(at.crowd.contacts))].name)[0]
	return name[:min(len(name), 4)]
}

func (at *reader) search(ctx context.Context, typed string) error {
	_, _, err := at.contacts.Page(ctx, at.org, readmodels.ContactFilter{Q: typed}, nil, pageSize)
	return err
}

// scan looks at each name, as one has to without an index.
func (at *reader) scan(ctx context.Context) error {
	var n int
	return at.bare.QueryRow(ctx, `select count(*) from `+at.schema+`.contact_search where org = $1 and name ilike $2`, at.org, "%"+at.partOfAName()+"%").Scan(&n)
}
