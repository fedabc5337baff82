package wire

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// subscribe confirms before anything else, also when there is nothing to read: clients wait for it.
func (r *reader) subscribe(sessions *sessions) error {
	ctx, end := sessions.begin(r.stream.Context())
	defer end()
	confirmation := &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: uuid.NewString()}
	if err := r.stream.Send(&streams.ReadResp{Content: &streams.ReadResp_Confirmation{Confirmation: confirmation}}); err != nil {
		return err
	}
	follow := r.followStream
	if r.name == "" {
		follow = r.followAll
	}
	err := follow(ctx)
	if ctx.Err() != nil {
		// Whoever ended the session said why; else it is the caller who left.
		return refusalOf(r.name, context.Cause(ctx))
	}
	return refusalOf(r.name, err)
}

func (r *reader) sendCaughtUp(revision int64, position eventlog.Position) error {
	if r.release == release2310 {
		return r.stream.Send(&streams.ReadResp{Content: &streams.ReadResp_CaughtUp_{CaughtUp: &streams.ReadResp_CaughtUp{}}})
	}
	return r.stream.SendMsg(encodeCaughtUp(time.Now(), revision, position))
}

// tooSlow is how 23.10 ends a live subscription whose reader is more than its buffer behind.
func (r *reader) tooSlow(live bool, events int) error {
	if r.release == release2310 && live && events > buffer2310 {
		return refuse(codes.Aborted, "Operation timed out: Consumer too slow to handle event while live. Client resubscription required.")
	}
	return nil
}

// followStream delivers what a stream shows, and from then on every new event, whatever its metadata hides later.
func (r *reader) followStream(ctx context.Context) error {
	query := eventlog.StreamRead{Stream: r.name, Limit: pageSize}
	if err := r.startStream(ctx, &query); err != nil {
		return err
	}
	for {
		seen := r.log.Head()
		page, err := r.log.ReadStream(ctx, query)
		missing := false
		if errors.Is(err, eventlog.ErrStreamNotFound) {
			page.End, missing = true, true
		} else if err != nil {
			return err
		}
		if err := r.tooSlow(query.Untruncated, len(page.Events)); err != nil {
			return err
		}
		if err := r.sendAll(ctx, page.Events); err != nil {
			return err
		}
		if !page.End {
			query.From = page.Next
			continue
		}
		query.From = max(query.From, page.Last+1)
		if !query.Untruncated && (!missing || r.release != release2310) {
			query.Untruncated = true
			if err := r.sendCaughtUp(query.From-1, 0); err != nil {
				return err
			}
		}
		if err := r.log.WaitStream(ctx, r.name, seen); err != nil {
			return err
		}
	}
}

// startStream finds the first revision to deliver: clients name the last that they have.
func (r *reader) startStream(ctx context.Context, query *eventlog.StreamRead) error {
	from := r.options.GetStream()
	switch {
	case from.GetStart() != nil:
	case from.GetEnd() == nil:
		query.From = int64(min(from.GetRevision(), math.MaxInt64-1)) + 1
	default:
		page, err := r.log.ReadStream(ctx, eventlog.StreamRead{Stream: r.name, From: math.MaxInt64, Backwards: true})
		if err != nil && !errors.Is(err, eventlog.ErrStreamNotFound) {
			return err
		}
		query.From = page.Last + 1
	}
	return nil
}

// followAll delivers the log, or of it what the filter matches. A filtered reader gets checkpoints: positions up to
// which it has been sent all that matched.
func (r *reader) followAll(ctx context.Context) error {
	query := eventlog.AllRead{From: r.startAll(), Limit: pageSize}
	checkpoints := checkpoints{reader: r, reached: query.From - 1}
	if r.options.GetAll().GetEnd() == nil {
		checkpoints.last = checkpoints.reached
	}
	if r.filter != nil {
		query.Match = r.filter.match
	}
	for caughtUp := false; ; {
		if r.filter != nil {
			query.Consider = r.filter.interval - checkpoints.considered
		}
		page, err := r.log.ReadAll(ctx, query)
		if err != nil {
			return err
		}
		query.From = page.Next
		if err := r.tooSlow(caughtUp, len(page.Events)); err != nil {
			return err
		}
		if err := r.sendAll(ctx, page.Events); err != nil {
			return err
		}
		if err := checkpoints.add(page); err != nil {
			return err
		}
		if !page.End {
			continue
		}
		if !caughtUp {
			caughtUp = true
			if r.release != release2310 {
				if err := checkpoints.now(); err != nil {
					return err
				}
			}
			if err := r.sendCaughtUp(eventlog.NoRevision, checkpoints.reached); err != nil {
				return err
			}
		}
		if err := r.log.Wait(ctx, query.From-1); err != nil {
			return err
		}
	}
}

func (r *reader) startAll() eventlog.Position {
	from := r.options.GetAll()
	switch {
	case from.GetStart() != nil:
		return 1
	case from.GetEnd() != nil:
		return r.log.Head() + 1
	}
	return eventlog.Position(min(from.GetPosition().GetCommitPosition(), math.MaxUint64-1)) + 1
}

// checkpoints counts what a filtered subscription looked at, and says where it is: after every interval and before
// CaughtUp, never twice the same.
type checkpoints struct {
	reader     *reader
	considered int
	reached    eventlog.Position // everything up to here was looked at, and sent if it matched
	last       eventlog.Position // the latest checkpoint
}

func (c *checkpoints) add(page eventlog.AllPage) error {
	if page.Considered == 0 {
		return nil
	}
	c.reached = page.LastConsidered
	if c.reader.filter == nil {
		return nil
	}
	c.considered += page.Considered
	if c.considered < c.reader.filter.interval {
		return nil
	}
	return c.now()
}

func (c *checkpoints) now() error {
	if c.reader.filter == nil || c.reached <= c.last {
		return nil
	}
	c.considered, c.last = 0, c.reached
	return c.reader.stream.SendMsg(encodeCheckpoint(c.reached, time.Now()))
}
