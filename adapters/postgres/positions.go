package postgres

import (
	"container/heap"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/domain/event"
	"tagtrail/projections"
)

const (
	// positionsLook is the pause between two looks at the checkpoints themselves, should a notification have been lost.
	positionsLook = time.Second
	// positionsLimit is for one look; a server that takes longer is gone.
	positionsLimit = 5 * time.Second
)

// Positions knows where the checkpoints of groups are, and waits for them. It hears of every move through one
// connection, whoever moves them and in whatever process; a [Sink.Telling] of the same process is heard at once.
type Positions struct {
	pool    *pgxpool.Pool
	logger  *slog.Logger
	schemas map[string]string // of groups, by name

	mu     sync.Mutex
	groups map[string]*reached // by schema
}

// reached is how far one group is, and who waits for more.
type reached struct {
	known   bool // false while nothing is heard: after a crash of the server a checkpoint may be behind where it was
	at      event.Position
	waiters waiters
}

// NewPositions makes what knows the checkpoints of the groups; it knows them while it runs.
func NewPositions(pool *pgxpool.Pool, groups []projections.Group, logger *slog.Logger) *Positions {
	p := &Positions{pool: pool, logger: logger, schemas: map[string]string{}, groups: map[string]*reached{}}
	for _, g := range groups {
		p.schemas[g.Name] = Schema(g)
		p.groups[Schema(g)] = &reached{}
	}
	return p
}

// Wait answers nil when the group's tables show the position, or the error of ctx when that ends first.
func (p *Positions) Wait(ctx context.Context, group string, position event.Position) error {
	p.mu.Lock()
	r, ok := p.groups[p.schemas[group]]
	if !ok {
		p.mu.Unlock()
		return fmt.Errorf("wait for position %d: there is no group %s", position, group)
	}
	if r.known && r.at >= position {
		p.mu.Unlock()
		return nil
	}
	w := &waiter{position: position, done: make(chan struct{})}
	heap.Push(&r.waiters, w)
	p.mu.Unlock()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.place >= 0 {
		heap.Remove(&r.waiters, w.place)
	}
	return fmt.Errorf("wait for position %d of %s: %w", position, group, ctx.Err())
}

// Position answers how far the group's tables are.
func (p *Positions) Position(ctx context.Context, group string) (event.Position, error) {
	schema, ok := p.schemas[group]
	if !ok {
		return 0, fmt.Errorf("there is no group %s", group)
	}
	p.mu.Lock()
	known, at := p.groups[schema].known, p.groups[schema].at
	p.mu.Unlock()
	if known {
		return at, nil
	}
	return position(ctx, p.pool, schema)
}

// Run listens until ctx ends, and answers nil then. When the connection is lost it makes another.
func (p *Positions) Run(ctx context.Context) error {
	const shortest, longest = 50 * time.Millisecond, 2 * time.Second
	wait := shortest
	for ctx.Err() == nil {
		began := time.Now()
		err := p.listen(ctx)
		p.forget()
		if ctx.Err() != nil {
			break
		}
		p.logger.Warn("positions are not heard of", "reason", explainSQL(err, "listen to positions"))
		if time.Since(began) > longest {
			wait = shortest
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, longest)
	}
	return nil
}

func (p *Positions) listen(ctx context.Context) error {
	pooled, err := p.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := pooled.Hijack()
	defer closeConn(ctx, conn)
	if _, err := conn.Exec(ctx, "listen "+PositionChannel); err != nil {
		return err
	}
	for {
		if err := p.look(ctx, conn); err != nil {
			return err
		}
		if err := p.hear(ctx, conn); err != nil {
			return err
		}
	}
}

// look reads the checkpoints. What is read counts, even when it is less than what was known before.
func (p *Positions) look(ctx context.Context, conn *pgx.Conn) error {
	for schema := range p.groups {
		if err := p.lookAt(ctx, conn, schema); err != nil {
			return err
		}
	}
	return nil
}

func (p *Positions) lookAt(ctx context.Context, conn *pgx.Conn, schema string) error {
	ctx, cancel := context.WithTimeout(ctx, positionsLimit)
	defer cancel()
	p.mu.Lock()
	since := p.groups[schema].at
	p.mu.Unlock()
	at, err := position(ctx, conn, schema)
	if err == nil {
		p.reach(schema, since, at)
	}
	return err
}

// hear takes in notifications until it is time for another look. Every role of a server can notify, those of analysts
// too: what is heard says only that a look is worth it.
func (p *Positions) hear(ctx context.Context, conn *pgx.Conn) error {
	until, cancel := context.WithTimeout(ctx, positionsLook)
	defer cancel()
	for {
		heard, err := conn.WaitForNotification(until)
		if until.Err() != nil && ctx.Err() == nil && !conn.IsClosed() {
			return nil
		}
		if err != nil {
			return err
		}
		schema, text, _ := strings.Cut(heard.Payload, " ")
		at, err := strconv.ParseUint(text, 10, 64)
		if err == nil && p.isNews(schema, event.Position(at)) {
			if err := p.lookAt(ctx, conn, schema); err != nil {
				return err
			}
		}
	}
}

// isNews says whether a position is further than what is known; a notification may be older than the look before it.
func (p *Positions) isNews(schema string, at event.Position) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ours := p.groups[schema]
	return ours && at > r.at
}

// reach takes note of a position that was read, where another was known before. What was told meanwhile is newer than
// what was read, unless that is behind what was known.
func (p *Positions) reach(schema string, since, at event.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.groups[schema]
	if at >= since {
		at = max(at, r.at)
	}
	r.known = true
	r.move(at)
}

// told takes note of what was committed here. While nothing is heard, what is told may be lost already.
func (p *Positions) told(schema string, at event.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r, ours := p.groups[schema]; ours && r.known && at > r.at {
		r.move(at)
	}
}

func (r *reached) move(at event.Position) {
	r.at = at
	for len(r.waiters) > 0 && r.waiters[0].position <= at {
		close(heap.Pop(&r.waiters).(*waiter).done)
	}
}

func (p *Positions) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.groups {
		r.known = false
	}
}

// waiter waits for one position.
type waiter struct {
	position event.Position
	done     chan struct{}
	place    int // in the heap, -1 when it is no longer there
}

// waiters is a heap, the lowest position first.
type waiters []*waiter

func (w waiters) Len() int           { return len(w) }
func (w waiters) Less(i, j int) bool { return w[i].position < w[j].position }
func (w waiters) Swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].place, w[j].place = i, j
}

// Push is for package heap.
func (w *waiters) Push(x any) {
	added := x.(*waiter)
	added.place = len(*w)
	*w = append(*w, added)
}

// Pop is for package heap.
func (w *waiters) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	last.place = -1
	return last
}
