package eventstore

import (
	"context"
	"sync"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// batch is what has arrived since the one before was taken.
type batch struct {
	frame        []byte
	count        int
	first        uint64 // the position of the first event
	reached      uint64 // the position of the last event, or of a checkpoint behind it
	lastRevision uint64
}

// intake is where one subscription's events wait while the handler is busy.
// They are written into the frame of the next batch as they come, so that
// taking a batch costs nothing; a full batch holds the subscription back.
type intake struct {
	maxCount, maxBytes int

	mu      sync.Mutex
	next    batch
	arrived chan struct{} // holds a token when there is something new
	taken   chan struct{} // holds a token when there is room again
}

func newIntake(maxCount, maxBytes int) *intake {
	return &intake{
		maxCount: maxCount, maxBytes: maxBytes,
		arrived: make(chan struct{}, 1), taken: make(chan struct{}, 1),
	}
}

// put adds an event and waits for room where there is none. A batch takes its
// first event whatever its size.
func (in *intake) put(ctx context.Context, e *esdb.RecordedEvent) error {
	size := len(e.Data) + len(e.UserMetadata) + len(e.StreamID) + len(e.EventType) + 64
	for {
		in.mu.Lock()
		n := &in.next
		if n.count == 0 || n.count < in.maxCount && len(n.frame)+size <= in.maxBytes {
			if n.count == 0 {
				n.first = e.Position.Commit
			}
			r := recordOf(e)
			n.frame = appendRecord(n.frame, &r)
			n.count++
			n.reached, n.lastRevision = e.Position.Commit, e.EventNumber
			in.mu.Unlock()
			signal(in.arrived)
			return nil
		}
		in.mu.Unlock()
		select {
		case <-in.taken:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// reach says that nothing else was to be delivered up to the position.
func (in *intake) reach(position uint64) {
	in.mu.Lock()
	in.next.reached = max(in.next.reached, position)
	in.mu.Unlock()
	signal(in.arrived)
}

// waiting answers how many events wait, and how far they and the checkpoints reach.
func (in *intake) waiting() (count int, reached uint64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.next.count, in.next.reached
}

func (in *intake) take() batch {
	in.mu.Lock()
	taken := in.next
	in.next = batch{reached: taken.reached}
	in.mu.Unlock()
	signal(in.taken)
	return taken
}

func signal(tokens chan struct{}) {
	select {
	case tokens <- struct{}{}:
	default:
	}
}
