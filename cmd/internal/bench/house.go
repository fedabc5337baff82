package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tagtrail/domain/contact"
)

// house is a service whose tables hold a crowd.
type house struct {
	*service
	*crowd
	known   []contact.ID // whose events are in the log
	stop    func() error // of the projections
	writers *writers     // once somebody wrote
}

// tables measures what readers and writers of the tables see of them while a crowd is in them.
func tables(ctx context.Context, t *table) (err error) {
	if !t.wanted(inTheHouse...) {
		return nil
	}
	h, err := t.build(ctx)
	if h != nil {
		defer func() { err = errors.Join(err, h.close()) }()
	}
	if err != nil {
		return err
	}
	var failed []error
	for _, rows := range []func(context.Context, *table, *house) error{projecting, lists, searching, commanding, seeing, transfer} {
		failed = append(failed, rows(ctx, t, h))
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

// inTheHouse names what is measured there, so that nobody moves in for rows that are not wanted.
var inTheHouse = []string{
	"catch-up of the console's tables", "rebuild of the console's tables, contacts", "pages and filters while a rebuild runs",
	"page of 50, anywhere in the list", "the first page", "page of any tag, status, filter", "count of any filter, to 10,000",
	"commands made visible, 16 writers", "command → visible, one at a time", "a tag that half of all contacts carry: renamed, deleted, restored",
	"part of a name", "a name that nobody has", lastSeen,
	exporting, importingIn, decided, "command → visible while an import runs",
}

func (t *table) build(ctx context.Context) (*house, error) {
	began := time.Now()
	h := &house{stop: func() error { return nil }}
	var err error
	if h.service, err = openService(ctx, filepath.Join(t.dir, "house")); err != nil {
		return nil, err
	}
	garments := wardrobe()
	if err := h.hang(ctx, garments); err != nil {
		return h, err
	}
	if h.known, err = h.live(ctx, t.lives, garments); err != nil {
		return h, err
	}
	fmt.Fprintf(os.Stderr, "%d events of %d contacts after %s\n", len(h.known)*eventsEach, len(h.known), time.Since(began).Round(time.Second))
	stop, err := h.project(ctx, console())
	if err != nil {
		return h, err
	}
	h.stop = stop
	h.crowd = newCrowd(h.service.org.UUID, t.crowd, garments)
	if err := h.move(ctx, h.pool, console()); err != nil {
		return h, err
	}
	fmt.Fprintf(os.Stderr, "%d contacts moved in after %s\n", len(h.all), time.Since(began).Round(time.Second))
	return h, nil
}

func (h *house) close() error { return errors.Join(h.stop(), h.service.close()) }
