package main

import (
	"bytes"
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// What an event of the bench looks like: about the size of a tag that was assigned.
const (
	eventType    = "contact.tag-assigned"
	dataSize     = 180
	metadataSize = 220
)

var (
	data     = payload(dataSize)
	metadata = payload(metadataSize)
)

func payload(size int) []byte {
	const frame = `{"x":""}`
	return append(append([]byte(`{"x":"`), bytes.Repeat([]byte("t"), size-len(frame))...), `"}`...)
}

// streams gives every writer of every turn a stream that nobody has written to.
type streams struct{ given atomic.Int64 }

func (s *streams) next() string { return "contact-" + strconv.FormatInt(s.given.Add(1), 10) }

// together lets workers work until the turn is over, and answers how much was done in a second. What a worker does
// answers how much that was.
func together(ctx context.Context, workers int, turn time.Duration, worker func(ctx context.Context) func() (int, error)) (float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var done atomic.Int64
	var working sync.WaitGroup
	began := time.Now()
	for range workers {
		working.Go(func() {
			work, mine := worker(ctx), 0
			for time.Since(began) < turn && ctx.Err() == nil {
				n, err := work()
				if err != nil {
					cancel(err)
					return
				}
				mine += n
			}
			done.Add(int64(mine))
		})
	}
	working.Wait()
	return float64(done.Load()) / time.Since(began).Seconds(), context.Cause(ctx)
}
