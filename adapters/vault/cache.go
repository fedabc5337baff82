package vault

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// cache keeps what was used last, and believes it for a while.
type cache[K comparable, V any] struct {
	size int
	keep time.Duration

	mu      sync.Mutex
	entries map[K]*list.Element
	recent  *list.List // of *entry[K, V], the last used in front
}

type entry[K comparable, V any] struct {
	key   K
	value V
	until time.Time // zero is for good
}

func newCache[K comparable, V any](size int, keep time.Duration) *cache[K, V] {
	return &cache[K, V]{size: size, keep: keep, entries: make(map[K]*list.Element), recent: list.New()}
}

func (c *cache[K, V]) get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.entries[key]; ok {
		held := element.Value.(*entry[K, V])
		if held.until.IsZero() || time.Now().Before(held.until) {
			c.recent.MoveToFront(element)
			return held.value, true
		}
	}
	var none V
	return none, false
}

// put keeps what was true when it was asked for. It does not replace what is kept for good, as an answer may be older
// than that.
func (c *cache[K, V]) put(key K, value V, asked time.Time) {
	c.store(entry[K, V]{key: key, value: value, until: asked.Add(c.keep)})
}

// putForGood keeps what will never change.
func (c *cache[K, V]) putForGood(key K, value V) {
	c.store(entry[K, V]{key: key, value: value})
}

func (c *cache[K, V]) store(next entry[K, V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.entries[next.key]; ok {
		held := element.Value.(*entry[K, V])
		if !held.until.IsZero() {
			*held = next
		}
		c.recent.MoveToFront(element)
		return
	}
	c.entries[next.key] = c.recent.PushFront(&next)
	for len(c.entries) > c.size {
		last := c.recent.Back()
		delete(c.entries, c.recent.Remove(last).(*entry[K, V]).key)
	}
}

// flights lets one caller fetch what many ask for at the same time. The zero value is ready.
type flights[K comparable, V any] struct {
	mu    sync.Mutex
	under map[K]*flight[V]
}

type flight[V any] struct {
	landed    chan struct{}
	value     V
	err       error
	abandoned bool // whoever fetched went away, which answers nobody else
}

func (f *flights[K, V]) do(ctx context.Context, key K, fetch func() (V, error)) (V, error) {
	for {
		own, other := f.join(key)
		if own != nil {
			f.fly(ctx, key, own, fetch)
			return own.value, own.err
		}
		select {
		case <-other.landed:
			if !other.abandoned {
				return other.value, other.err
			}
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		}
	}
}

func (f *flights[K, V]) join(key K) (own, other *flight[V]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if other, ok := f.under[key]; ok {
		return nil, other
	}
	if f.under == nil {
		f.under = make(map[K]*flight[V])
	}
	own = &flight[V]{landed: make(chan struct{}), abandoned: true}
	f.under[key] = own
	return own, nil
}

func (f *flights[K, V]) fly(ctx context.Context, key K, own *flight[V], fetch func() (V, error)) {
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.under, key)
		close(own.landed)
	}()
	own.value, own.err = fetch()
	own.abandoned = own.err != nil && ctx.Err() != nil
}
