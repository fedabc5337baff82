package eventstore

import (
	"context"
	"time"
)

// crew are the goroutines that calls run on. One that is done with its call
// takes the next: a new goroutine would begin with a small stack, and growing
// it is a tenth of what a call costs.
type crew struct{ work chan func() }

func newCrew() crew { return crew{make(chan func())} }

// rest is how long a goroutine waits for another call.
const rest = time.Second

// do runs work on a goroutine that waits for some, or on a new one. Those that wait go when stop ends.
func (c crew) do(stop context.Context, work func()) {
	select {
	case c.work <- work:
	default:
		go c.serve(stop, work)
	}
}

func (c crew) serve(stop context.Context, work func()) {
	idle := time.NewTimer(rest)
	defer idle.Stop()
	for {
		work()
		idle.Reset(rest)
		select {
		case work = <-c.work:
		case <-idle.C:
			return
		case <-stop.Done():
			return
		}
	}
}
