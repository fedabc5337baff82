package wire

import (
	"cmp"
	"context"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// pageSize is how many events are fetched from the log at once.
const pageSize = 256

// reader is one call of Read.
type reader struct {
	log           Log
	stream        streams.Streams_ReadServer
	options       *streams.ReadReq_Options
	name          string // the stream's; empty for the whole log
	filter        *filter
	backwards     bool
	idsAsText     bool
	compatibility uint32
	release       release
}

// Read serves reads and subscriptions, of one stream and of the whole log.
func (s *service) Read(req *streams.ReadReq, stream streams.Streams_ReadServer) error {
	o := req.GetOptions()
	if err := checkRead(o); err != nil {
		return err
	}
	r := &reader{
		log:           s.log,
		stream:        stream,
		options:       o,
		backwards:     o.GetReadDirection() == streams.ReadReq_Options_Backwards,
		idsAsText:     o.GetUuidOption().GetString_() != nil,
		compatibility: o.GetControlOption().GetCompatibility(),
	}
	var err error
	if r.filter, err = filterOf(o); err != nil {
		return err
	}
	if o.GetStream() != nil {
		r.name = string(o.GetStream().GetStreamIdentifier().GetStreamName())
		if !eventlog.ValidStream(r.name) {
			return refusalOf(r.name, eventlog.ErrInvalidStream)
		}
	}
	if err := s.access.permit(stream.Context(), cmp.Or(r.name, "$all"), toRead); err != nil {
		return err
	}
	switch {
	case o.GetSubscription() != nil:
		r.release = s.faults.release()
		return r.subscribe(s.subscriptions)
	case r.name != "":
		return r.readStream(stream.Context())
	}
	return r.readAll(stream.Context())
}

func (r *reader) readStream(ctx context.Context) error {
	left := r.options.GetCount()
	query := eventlog.StreamRead{Stream: r.name, From: r.firstRevision(), Backwards: r.backwards}
	for first := true; ; first = false {
		query.Limit = int(min(left, pageSize))
		page, err := r.log.ReadStream(ctx, query)
		if errors.Is(err, eventlog.ErrStreamNotFound) {
			return r.stream.Send(&streams.ReadResp{Content: &streams.ReadResp_StreamNotFound_{
				StreamNotFound: &streams.ReadResp_StreamNotFound{
					StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(r.name)},
				},
			}})
		}
		if err != nil {
			return refusalOf(r.name, err)
		}
		if first {
			if err := r.beginStream(query.From, page); err != nil {
				return err
			}
		}
		if err := r.sendAll(ctx, page.Events); err != nil {
			return err
		}
		left -= uint64(len(page.Events))
		if page.End || left == 0 {
			return r.endStream(page.Last)
		}
		query.From = page.Next
	}
}

// skipped is how many events EventStoreDB looks at before it tells a client that there is nothing where it began.
const skipped = 32

// beginStream says where there is something to read to clients that ask, when it is elsewhere than they began: behind
// what is truncated, or before the end.
func (r *reader) beginStream(from int64, page eventlog.StreamPage) error {
	var begin int64
	switch {
	case r.compatibility < 1 || r.backwards:
		return nil
	case from > page.Last+1:
		begin = page.Last + 1
	case from+int64(min(r.options.GetCount(), skipped)) <= page.First:
		begin = page.First
	default:
		return nil
	}
	return r.stream.Send(&streams.ReadResp{Content: &streams.ReadResp_FirstStreamPosition{FirstStreamPosition: uint64(begin)}})
}

// endStream says where the stream ends to clients that ask; the others take such a message for a broken server.
func (r *reader) endStream(last int64) error {
	if r.compatibility < 1 {
		return nil
	}
	return r.stream.Send(&streams.ReadResp{Content: &streams.ReadResp_LastStreamPosition{LastStreamPosition: uint64(last)}})
}

func (r *reader) firstRevision() int64 {
	from := r.options.GetStream()
	switch {
	case from.GetStart() != nil:
		return 0
	case from.GetEnd() != nil:
		return math.MaxInt64
	}
	return int64(min(from.GetRevision(), math.MaxInt64))
}

func (r *reader) readAll(ctx context.Context) error {
	left := r.options.GetCount()
	query := eventlog.AllRead{From: r.firstPosition(), Backwards: r.backwards}
	if r.filter != nil {
		query.Match = r.filter.match
	}
	for left > 0 {
		query.Limit = int(min(left, pageSize))
		page, err := r.log.ReadAll(ctx, query)
		if err != nil {
			return refusalOf("$all", err)
		}
		if err := r.sendAll(ctx, page.Events); err != nil {
			return err
		}
		left -= uint64(len(page.Events))
		if page.End {
			return nil
		}
		query.From = page.Next
	}
	return nil
}

func (r *reader) firstPosition() eventlog.Position {
	from := r.options.GetAll()
	switch {
	case from.GetStart() != nil:
		return 0
	case from.GetEnd() != nil:
		return math.MaxUint64
	}
	return eventlog.Position(from.GetPosition().GetCommitPosition())
}

func (r *reader) sendAll(ctx context.Context, events []eventlog.Event) error {
	for i := range events {
		if err := r.send(ctx, &events[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) send(ctx context.Context, e *eventlog.Event) error {
	if !r.options.GetResolveLinks() || e.Type != eventlog.LinkType {
		return r.stream.SendMsg(encodeEvent(e, nil, r.idsAsText))
	}
	target, err := r.follow(ctx, e)
	if err != nil {
		return err
	}
	return r.stream.SendMsg(encodeEvent(target, e, r.idsAsText))
}

// follow finds the event that a link names, "revision@stream"; nil when it is gone.
func (r *reader) follow(ctx context.Context, link *eventlog.Event) (*eventlog.Event, error) {
	number, name, ok := strings.Cut(link.Data, "@")
	revision, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || revision < 0 {
		return nil, nil
	}
	page, err := r.log.ReadStream(ctx, eventlog.StreamRead{Stream: name, From: revision, Limit: 1})
	switch {
	case errors.Is(err, eventlog.ErrStreamNotFound), errors.Is(err, eventlog.ErrStreamDeleted), errors.Is(err, eventlog.ErrInvalidStream):
		return nil, nil
	case err != nil:
		return nil, refusalOf(name, err)
	case len(page.Events) == 0 || page.Events[0].Revision != revision:
		return nil, nil
	}
	return &page.Events[0], nil
}
