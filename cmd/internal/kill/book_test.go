package kill_test

import (
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/google/uuid"

	"tagtrail/domain/event"
)

// book is all that was asked of an installation, and what it answered.
type book struct {
	mu         sync.Mutex
	orders     []order
	deliveries []delivery
	readings   []reading
	newest     map[string]event.Position // the newest acknowledged position of each contact's stream
}

// reading is what a read showed that named a position.
type reading struct {
	stream   string
	named    event.Position
	revision event.Revision
}

func newBook() *book { return &book{newest: map[string]event.Position{}} }

func (b *book) ordered(o order) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.orders = append(b.orders, o)
	if o.ok() && o.stream != "" {
		b.newest[o.stream] = max(b.newest[o.stream], o.position)
	}
}

func (b *book) delivered(d delivery) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deliveries = append(b.deliveries, d)
}

func (b *book) read(r reading) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.readings = append(b.readings, r)
}

// positionOf answers the newest position of a contact that was acknowledged to anybody.
func (b *book) positionOf(stream string) event.Position {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.newest[stream]
}

// lasting are some of the orders that left something in the log, to be sent again.
func (b *book) lasting(random *rand.Rand, events map[uuid.UUID][]recorded, count int) []order {
	b.mu.Lock()
	defer b.mu.Unlock()
	var some []order
	for _, i := range random.Perm(len(b.orders)) {
		if o := b.orders[i]; o.ok() && len(events[o.id]) > 0 {
			if some = append(some, o); len(some) == count {
				break
			}
		}
	}
	return some
}

// anyDelivery is one that was acknowledged at some time.
func (b *book) anyDelivery(random *rand.Rand) (delivery, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.deliveries) == 0 {
		return delivery{}, false
	}
	return pick(random, b.deliveries), true
}

// all answers the orders and deliveries of the whole trial, and the readings since it was last asked.
func (b *book) all() ([]order, []delivery, []reading) {
	b.mu.Lock()
	defer b.mu.Unlock()
	readings := b.readings
	b.readings = nil
	return slices.Clone(b.orders), slices.Clone(b.deliveries), readings
}
