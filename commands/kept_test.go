package commands_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// watched is a log whose reads a test sees, and can hold up once they have seen what is there.
type watched struct {
	*commandstest.Store
	read func(ctx context.Context, stream string, from event.Revision) error

	mu    sync.Mutex
	reads []string
}

func (w *watched) ReadStream(ctx context.Context, stream string, from event.Revision) iter.Seq2[event.Recorded[event.Event], error] {
	return func(yield func(event.Recorded[event.Event], error) bool) {
		w.mu.Lock()
		w.reads = append(w.reads, fmt.Sprintf("%s from %d", stream, from))
		w.mu.Unlock()
		var seen []event.Recorded[event.Event]
		for recorded, err := range w.Store.ReadStream(context.WithoutCancel(ctx), stream, from) {
			if err != nil {
				yield(recorded, err)
				return
			}
			seen = append(seen, recorded)
		}
		if w.read != nil {
			if err := w.read(ctx, stream, from); err != nil {
				yield(event.Recorded[event.Event]{}, err)
				return
			}
		}
		for _, recorded := range seen {
			if !yield(recorded, nil) {
				return
			}
		}
	}
}

func (w *watched) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	reads := w.reads
	w.reads = nil
	return reads
}

// opened is a log with one organisation, a key of it, and a service that has not read yet.
func opened(t *testing.T) (*watched, *commandstest.World, *commands.Service, commands.MintedKey) {
	t.Helper()
	w := commandstest.New(t)
	key, _, err := w.Service.CreateKey(w.Ask(t.Context()), commands.CreateKey{Kind: organization.Agent, Name: "Desk"})
	check(t, err)
	log := &watched{Store: w.Store}
	return log, w, commands.New(log, w.Vault, w.Counts, time.Now), key
}

func TestAFoldedStreamIsReadOnFromWhereItStands(t *testing.T) {
	t.Parallel()
	log, w, service, key := opened(t)
	for _, from := range []int{0, 3, 3} {
		_, err := service.Authenticate(t.Context(), key.Token)
		check(t, err)
		want := fmt.Sprintf("%s from %d", w.Organization.Stream(), from)
		if reads := log.taken(); len(reads) != 1 || reads[0] != want {
			t.Errorf("read %v, want %s", reads, want)
		}
	}
}

// Who asks after a key was revoked never shares a read that began before it was.
func TestAReadThatBeganEarlierIsNotShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, w, service, key := opened(t)
		held, release := make(chan struct{}), make(chan struct{})
		var first sync.Once
		log.read = func(context.Context, string, event.Revision) error {
			first.Do(func() { close(held); <-release })
			return nil
		}
		before, after := make(chan error, 1), make(chan error, 1)
		go func() { _, err := service.Authenticate(t.Context(), key.Token); before <- err }()
		<-held
		_, err := w.Service.RevokeKey(w.Ask(t.Context()), commands.RevokeKey{Key: key.Key})
		check(t, err)
		go func() { _, err := service.Authenticate(t.Context(), key.Token); after <- err }()
		synctest.Wait()
		close(release)
		check(t, <-before)
		refused(t, <-after, organization.ErrUnknownKey)
	})
}

func TestManyWhoAskAtOnceShareARead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, _, service, key := opened(t)
		release := make(chan struct{})
		log.read = func(context.Context, string, event.Revision) error { <-release; return nil }
		errs := make(chan error)
		for range 50 {
			go func() { _, err := service.Authenticate(t.Context(), key.Token); errs <- err }()
		}
		synctest.Wait()
		close(release)
		for range 50 {
			check(t, <-errs)
		}
		if reads := len(log.taken()); reads != 2 {
			t.Errorf("50 at once took %d reads, want the first and one for all the others", reads)
		}
	})
}

func TestWhoGoesAwayLeavesTheOthersTheirAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, _, service, key := opened(t)
		log.read = func(ctx context.Context, _ string, _ event.Revision) error {
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		errs, contexts := make(chan error), []context.CancelFunc{}
		for range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			contexts = append(contexts, cancel)
			go func() { _, err := service.Authenticate(ctx, key.Token); errs <- err }()
			synctest.Wait()
		}
		contexts[0]() // reads
		refused(t, <-errs, context.Canceled)
		contexts[1]() // reads by now, and the last one waits for what it finds
		refused(t, <-errs, context.Canceled)
		check(t, <-errs)
		contexts[2]()
	})
}

func TestAReadThatFailsIsMadeAnew(t *testing.T) {
	t.Parallel()
	log, _, service, key := opened(t)
	broken := errors.New("no route to host")
	log.read = func(context.Context, string, event.Revision) error { return broken }
	_, err := service.Authenticate(t.Context(), key.Token)
	refused(t, err, broken)
	log.read = nil
	_, err = service.Authenticate(t.Context(), key.Token)
	check(t, err)
}

func TestOnlyTheLastUsedOrganisationsAreKept(t *testing.T) {
	t.Parallel()
	log, w, service, key := opened(t)
	authenticate := func(key commands.MintedKey) {
		t.Helper()
		_, err := service.Authenticate(t.Context(), key.Token)
		check(t, err)
	}
	authenticate(key)
	for range 500 {
		stranger, err := commands.MintKey(organization.ID{UUID: uuid.New()})
		check(t, err)
		_, err = service.Authenticate(t.Context(), stranger.Token)
		refused(t, err, organization.ErrUnknownKey)
	}
	for range 999 {
		authenticate(another(t, log.Store))
	}
	log.taken()
	authenticate(key)
	if reads := log.taken(); reads[0] != w.Organization.Stream()+" from 3" {
		t.Errorf("%s: the organisations that do not exist took the place of one that does", reads[0])
	}
	for range 1000 {
		authenticate(another(t, log.Store))
	}
	log.taken()
	authenticate(key)
	if reads := log.taken(); reads[0] != w.Organization.Stream()+" from 0" {
		t.Errorf("%s: more organisations are kept than 1,000", reads[0])
	}
}

// another puts one more organisation into the log.
func another(t *testing.T, store *commandstest.Store) commands.MintedKey {
	t.Helper()
	org := organization.ID{UUID: uuid.New()}
	key, err := commands.MintKey(org)
	check(t, err)
	store.Put(org.Stream(), event.Metadata{Organization: org.UUID, CommandID: uuid.New()},
		organization.Created{Name: "Acme", IdentityScope: organization.ScopeOrganization, Zone: "UTC"},
		organization.KeyCreated{Key: key.Key, Kind: organization.Owner, Name: personal.New("desk"), Hash: key.Hash})
	return key
}

// Readers hold a catalogue while others make the next one.
func TestACatalogueIsReadWhileItGrows(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	for i, err := range together(40, func(i int) error {
		ctx := w.Ask(t.Context())
		id, _, err := w.Service.CreateTag(ctx, commands.CreateTag{Name: fmt.Sprint("tag ", i), Kind: tag.Valued, Values: []string{"a"}})
		if err != nil {
			return err
		}
		_, err = w.Service.EditTag(w.Ask(t.Context()), commands.EditTag{Tag: id, Values: &[]string{"a", "b"}})
		return err
	}) {
		if err != nil {
			t.Errorf("tag %d: %v", i, err)
		}
	}
	if got := len(w.Store.Events(w.Organization.CatalogStream())); got != 80 {
		t.Errorf("the catalogue has %d events, want 80", got)
	}
}

// An event that this build does not know is no reason to decide without it.
func TestAStreamWithAForeignEventIsNotDecidedOn(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	w.Store.Put(w.Organization.CatalogStream(), w.Metadata(), organization.KeyRevoked{Key: uuid.New()})
	_, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
	refused(t, err, event.ErrUnknown)
}
