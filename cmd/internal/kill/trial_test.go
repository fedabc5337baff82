package kill_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"tagtrail/cmd/internal/app"
	"tagtrail/cmd/internal/processtest"
	"tagtrail/commands"
	"tagtrail/domain/event"
)

// The load of one installation.
const (
	clerks  = 8
	senders = 2
	readers = 2
	known   = 6 // contacts that everybody asks about, and people who write
	tagged  = 6 // tags that everybody uses
)

// trial is one installation under load, from its beginning to its end.
type trial struct {
	site       site
	caller     *caller
	random     *rand.Rand
	credential commands.MintedKey
	channel    uuid.UUID
	valued     uuid.UUID // the tag that takes a value
	book       *book
	tally      *tally
	backends   *app.Backends
	log        uuid.UUID
	shadow     *shadow
	judged     int // orders that the tally has
	events     int // in the log

	gate sync.RWMutex // held by whoever asks for something; held alone, it stops the load
	// storms counts the times in which PostgreSQL was killed: then what was shown may be taken back for a moment.
	storms atomic.Int64

	mu       sync.Mutex
	contacts []uuid.UUID
	tags     []uuid.UUID
}

// run deals the blows to an installation, and looks at everything after each. It answers the first finding, or why it
// could not look.
func (t *trial) run(ctx context.Context, blows []blow) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, t.site.transcripts())
		}
		if t.backends != nil {
			err = errors.Join(err, t.backends.Close())
		}
		err = errors.Join(err, t.site.raze())
	}()
	if err := t.begin(ctx); err != nil {
		return err
	}
	var load sync.WaitGroup
	failed := make(chan error, clerks+senders+readers)
	t.gate.Lock()
	t.startLoad(ctx, &load, failed)
	defer func() {
		cancel()
		t.gate.Unlock()
		load.Wait()
	}()
	for i, b := range blows {
		err := t.cycle(ctx, b)
		select {
		case first := <-failed:
			err = errors.Join(first, err)
		default:
		}
		if err != nil {
			return fmt.Errorf("after blow %d of %d, at the %s: %w", i+1, len(blows), b.target, err)
		}
		t.tally.survived()
	}
	return t.rebuild(ctx)
}

// begin makes the installation, and what the load is about.
func (t *trial) begin(ctx context.Context) (err error) {
	within, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	if err := t.site.start(within); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if t.backends, err = open(ctx, t.site); err != nil {
		return err
	}
	if t.log, err = t.backends.LogID(ctx); err != nil {
		return err
	}
	if t.credential, err = commands.ParseKey(t.site.key()); err != nil {
		return err
	}
	c := &clerk{trial: t, random: t.random, name: "first"}
	channel := c.order(http.MethodPost, "/v1/channels", map[string]string{
		"name": "Sales", "phone_number_id": phoneNumberID, "app_secret": appSecret, "verify_token": "a-token-of-ours",
	})
	if t.channel, err = t.make(ctx, &channel); err != nil {
		return err
	}
	for i := range tagged {
		o := c.createTag()
		if i == 0 {
			o = c.order(http.MethodPost, "/v1/tags", map[string]string{"name": "valued", "kind": "valued"})
			o.left = func([]event.Event) error { return nil }
			o.stream = t.catalogStream()
		}
		id, err := t.make(ctx, &o)
		if err != nil {
			return err
		}
		if i == 0 {
			t.valued = id
		}
		t.tags = append(t.tags, id)
		t.book.ordered(o)
	}
	for len(t.contacts) < known {
		o := c.create()
		id, err := t.make(ctx, &o)
		if err != nil {
			return err
		}
		t.contacts = append(t.contacts, id)
		t.book.ordered(o)
	}
	return nil
}

// make has an order carried out that makes something, and answers its id.
func (t *trial) make(ctx context.Context, o *order) (id uuid.UUID, err error) {
	if o.answer, o.sendings, err = t.caller.settle(ctx, o.request); err != nil {
		return uuid.Nil, err
	}
	if !o.ok() {
		return uuid.Nil, fmt.Errorf("%s is answered %d %s", o.path, o.status, o.said)
	}
	return o.answer.id()
}

// startLoad has clerks, senders and readers at work whenever the gate is open.
func (t *trial) startLoad(ctx context.Context, load *sync.WaitGroup, failed chan<- error) {
	work := func(do func() error) {
		load.Go(func() {
			for ctx.Err() == nil {
				t.gate.RLock()
				err := do()
				t.gate.RUnlock()
				if err != nil && ctx.Err() == nil {
					failed <- err
					return
				}
			}
		})
	}
	for i := range clerks {
		c := &clerk{trial: t, random: t.hand(), name: fmt.Sprint("clerk", i)}
		work(func() error { return c.work(ctx) })
	}
	for i := range senders {
		s := &sender{trial: t, random: t.hand(), name: fmt.Sprint("sender", i)}
		work(func() error { return s.work(ctx) })
	}
	for range readers {
		r := &reader{trial: t, random: t.hand(), seen: map[uuid.UUID]event.Revision{}}
		work(func() error { return r.work(ctx) })
	}
}

// hand is the chance of one of those who work.
func (t *trial) hand() *rand.Rand { return rand.New(rand.NewPCG(t.random.Uint64(), t.random.Uint64())) }

// cycle is one blow under load, what is mended after it, and a look at everything.
func (t *trial) cycle(ctx context.Context, b blow) error {
	ctx, cancel := context.WithTimeout(ctx, 3*patience)
	defer cancel()
	err := func() error {
		t.gate.Unlock()
		defer t.gate.Lock() // waits until every outcome is known
		if err := pause(ctx, b.after); err != nil {
			return err
		}
		if b.target.takesPostgres() {
			t.storms.Add(1)
		}
		killed, err := t.site.strike(ctx, b)
		if err != nil {
			return fmt.Errorf("kill: %w", err)
		}
		t.tally.killed(b.target, killed)
		if err := pause(ctx, b.outage); err != nil {
			return err
		}
		broken := time.Now()
		defer func() { t.tally.mending.Add(int64(time.Since(broken))) }()
		if err := t.site.mend(ctx); err != nil {
			if errors.Is(err, processtest.ErrEnded) {
				return found("what was killed does not start again: %v", err)
			}
			return fmt.Errorf("mend: %w", err)
		}
		return nil
	}()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := t.look(ctx); err != nil {
		return err
	}
	t.tally.looking.Add(int64(time.Since(began)))
	if b.target.takesPostgres() {
		t.storms.Add(1)
	}
	return nil
}

// work carries one order out to its end, or several at the same moment.
func (c *clerk) work(ctx context.Context) error {
	if c.random.IntN(5) > 0 {
		return c.carryOut(ctx, c.next())
	}
	at, within := errgroup.WithContext(ctx)
	for _, o := range c.rush() {
		at.Go(func() error { return c.carryOut(within, o) })
	}
	return at.Wait()
}

func (t *trial) carryOut(ctx context.Context, o order) (err error) {
	if o.answer, o.sendings, err = t.caller.settle(ctx, o.request); err != nil {
		return err
	}
	t.book.ordered(o)
	return nil
}

func (t *trial) people() []uuid.UUID {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.contacts)
}

func (t *trial) catalog() []uuid.UUID {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.tags)
}

// catalogStream is the stream of all tags.
func (t *trial) catalogStream() string { return "tagcatalog-" + t.credential.Organization.String() }

// rebuild looks once more, with keys and tables that nobody had in hand before: the log is read by a new vault, and all
// tables are made of it in one go.
func (t *trial) rebuild(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	if err := t.backends.Close(); err != nil {
		return err
	}
	var err error
	if t.backends, err = open(ctx, t.site); err != nil {
		return err
	}
	if err := t.shadow.forget(ctx); err != nil {
		return err
	}
	if err := t.look(ctx); err != nil {
		return fmt.Errorf("rebuilt from the first event on: %w", err)
	}
	rows, err := t.shadow.rows(ctx)
	t.tally.rebuilds.Add(1)
	t.tally.events.Add(int64(t.events))
	t.tally.rows.Add(rows)
	return err
}
