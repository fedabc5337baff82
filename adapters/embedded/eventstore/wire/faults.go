package wire

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Faults makes a server misbehave on purpose, for tests of whoever talks to it. Only calls of the Streams service are
// affected; nothing happens by chance.
type Faults struct {
	subscriptions *sessions

	mu     sync.Mutex
	delay  time.Duration
	fail   []error
	lose   int
	leader error
	as     release
}

// release is a release of EventStoreDB whose subscriptions can be had: the newest, or an older one that does differently.
type release int

const (
	newest release = iota
	release2310
)

// buffer2310 is how many live events 23.10 keeps for a reader before it drops it.
const buffer2310 = 32

// As2310 lets subscriptions that begin from now on behave as those of 23.10, until AsNewest: they are not told that they
// caught up with a stream that does not exist, nor where; no checkpoint comes before that; and a live reader that is
// more than 32 events behind is dropped with Aborted.
func (f *Faults) As2310() { f.behave(release2310) }

// AsNewest ends As2310.
func (f *Faults) AsNewest() { f.behave(newest) }

func (f *Faults) behave(as release) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.as = as
}

func (f *Faults) release() release {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.as
}

// Delay holds every further call back before anything is done. Zero ends it.
func (f *Faults) Delay(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delay = d
}

// FailNext refuses the next n calls without doing anything.
func (f *Faults) FailNext(n int, code codes.Code, message string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range n {
		f.fail = append(f.fail, status.Error(code, message))
	}
}

// LoseNext does what the next n appends, deletes and tombstones ask, and answers Unavailable: their outcome is unknown to the caller.
func (f *Faults) LoseNext(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lose = n
}

// NotLeader refuses all calls and names another leader, until Leader.
func (f *Faults) NotLeader(host string, port int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leader = notLeader(host, port)
}

// Leader ends NotLeader.
func (f *Faults) Leader() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leader = nil
}

// DropSubscriptions ends every open subscription. Older releases do so with Aborted to a reader that is too slow.
func (f *Faults) DropSubscriptions(code codes.Code, message string) {
	f.subscriptions.drop(status.Error(code, message))
}

// before is what happens instead of a call, if anything.
func (f *Faults) before(ctx context.Context, method string) error {
	if !strings.HasPrefix(method, "/event_store.client.streams.") {
		return nil
	}
	f.mu.Lock()
	delay, err := f.delay, f.leader
	if err == nil && len(f.fail) > 0 {
		err, f.fail = f.fail[0], f.fail[1:]
	}
	f.mu.Unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
	return err
}

// after is what becomes of a call's answer.
func (f *Faults) after(method string, err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || f.lose == 0 || !strings.HasPrefix(method, "/event_store.client.streams.") || strings.HasSuffix(method, "/Read") {
		return err
	}
	f.lose--
	return status.Error(codes.Unavailable, "the answer is lost")
}

func (f *Faults) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if err := f.before(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	resp, err := handle(ctx, req)
	return resp, f.after(info.FullMethod, err)
}

func (f *Faults) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	if err := f.before(stream.Context(), info.FullMethod); err != nil {
		if info.FullMethod == streams.Streams_Append_FullMethodName {
			drain(stream)
		}
		return err
	}
	return f.after(info.FullMethod, handle(srv, stream))
}

// drain reads an append to its end: a client that is still sending would not see why it is refused.
func drain(stream grpc.ServerStream) {
	for {
		if err := stream.RecvMsg(new(streams.AppendReq)); err != nil {
			return
		}
	}
}
