package commands_test

import (
	"context"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// counted is a log that knows how often it was read.
type counted struct {
	*commandstest.Store
	reads atomic.Int64
}

func (c *counted) ReadStream(ctx context.Context, stream string, from event.Revision) iter.Seq2[event.Recorded[event.Event], error] {
	c.reads.Add(1)
	return c.Store.ReadStream(ctx, stream, from)
}

func TestManyRevisionsAreOneDecision(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	who, _ := tagged(t, w, 0)
	store := &counted{Store: w.Store}
	service := commands.New(store, w.Vault, w.Counts, time.Now)
	var seen []event.Revision
	for revision := range 1000 {
		seen = append(seen, event.Revision(2000-revision))
	}
	_, err := service.EditContact(w.Ask(t.Context()), commands.EditContact{Contact: who, Name: new("Bea"), IfMatch: seen})
	refused(t, err, contact.ErrStale)
	_, err = service.EditContact(w.Ask(t.Context()), commands.EditContact{Contact: who, Name: new("Bea"), IfMatch: append(seen, 0)})
	check(t, err)
	if reads := store.reads.Load(); reads != 2 {
		t.Errorf("two commands read %d times", reads)
	}
}
