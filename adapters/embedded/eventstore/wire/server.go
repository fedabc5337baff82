// Package wire speaks EventStoreDB's gRPC protocol for streams and subscriptions over any Log.
//
// # Decisions
//
// Only what is served is advertised: Streams, ServerFeatures and Gossip. Every other service answers Unimplemented,
// which clients understand as a feature that this server lacks.
//
// Subscriptions always read from the log, live ones too, and are only woken by writes: a slow reader costs nothing
// but time, and there is no seam between history and the present at which an event could be lost or doubled.
package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// Log is what the wire needs of a store.
type Log interface {
	// Append takes effect in the order of its calls; done is called once it is durable or refused, and must not block.
	Append(ctx context.Context, a eventlog.Append, done func(eventlog.Appended, error)) error
	Delete(ctx context.Context, stream string, expected eventlog.Expected) (eventlog.Position, error)
	Tombstone(ctx context.Context, stream string, expected eventlog.Expected) (eventlog.Position, error)
	ReadStream(ctx context.Context, q eventlog.StreamRead) (eventlog.StreamPage, error)
	ReadAll(ctx context.Context, q eventlog.AllRead) (eventlog.AllPage, error)
	Head() eventlog.Position
	Wait(ctx context.Context, after eventlog.Position) error
	WaitStream(ctx context.Context, stream string, after eventlog.Position) error
}

// Options adjusts a server. The zero value is the usual one.
type Options struct {
	MaxAppendSize int // bytes of event data in one append; zero means 1 MiB, as EventStoreDB has it
	TLS           *tls.Config
	Accounts      []Account // who may call; without any, everybody may do everything
}

const (
	defaultMaxAppendSize = 1 << 20
	maxMessageSize       = 17 << 20
	stopLimit            = 5 * time.Second

	// Calls share so many goroutines, whose stacks need not grow with each call; more calls than that get their own.
	workers = 128
)

// Server serves a log on any number of listeners until Stop.
type Server struct {
	grpc          *grpc.Server
	gossip        *member
	faults        *Faults
	subscriptions *sessions
	batches       *sessions
	stopping      sync.Once
}

// NewServer answers a server that waits to be given listeners.
func NewServer(log Log, opts Options) *Server {
	if opts.MaxAppendSize == 0 {
		opts.MaxAppendSize = defaultMaxAppendSize
	}
	s := &Server{gossip: newMember(), subscriptions: newSessions(), batches: newSessions()}
	s.faults = &Faults{subscriptions: s.subscriptions}
	options := []grpc.ServerOption{
		grpc.ForceServerCodecV2(newCodec()),
		grpc.MaxRecvMsgSize(maxMessageSize),
		grpc.NumStreamWorkers(workers),
		// Clients ping every ten seconds, with no call open too; the stock policy would hang up on them.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}),
		grpc.ChainUnaryInterceptor(trailUnary, s.faults.unary),
		grpc.ChainStreamInterceptor(trailStream, s.faults.stream),
	}
	if opts.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(opts.TLS)))
	}
	s.grpc = grpc.NewServer(options...)
	streams.RegisterStreamsServer(s.grpc, &service{
		log: log, access: &access{log: log, accounts: opts.Accounts}, maxAppendSize: opts.MaxAppendSize,
		subscriptions: s.subscriptions, batches: s.batches, faults: s.faults,
	})
	serverfeatures.RegisterServerFeaturesServer(s.grpc, features{})
	gossip.RegisterGossipServer(s.grpc, s.gossip)
	return s
}

// Serve answers calls on a listener until Stop.
func (s *Server) Serve(lis net.Listener) error {
	s.gossip.at(lis.Addr())
	if err := s.grpc.Serve(lis); !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

// Faults is the switchboard that makes this server misbehave on purpose.
func (s *Server) Faults() *Faults { return s.faults }

// Stop ends subscriptions with Unavailable, lets calls finish for a bounded time, and then hangs up.
func (s *Server) Stop() {
	s.stopping.Do(func() {
		down := status.Error(codes.Unavailable, "the server is shutting down")
		s.subscriptions.close(down)
		s.batches.close(down)
		patience := time.AfterFunc(stopLimit, s.grpc.Stop)
		defer patience.Stop()
		s.grpc.GracefulStop()
	})
}

// service is the Streams service.
type service struct {
	streams.UnimplementedStreamsServer
	log           Log
	access        *access
	maxAppendSize int
	subscriptions *sessions
	batches       *sessions
	faults        *Faults
}

// sessions are the calls that end only when somebody ends them, so that a stopping server can.
type sessions struct {
	mu     sync.Mutex
	open   map[*session]struct{}
	closed error
}

type session struct{ end context.CancelCauseFunc }

func newSessions() *sessions { return &sessions{open: map[*session]struct{}{}} }

// begin gives a call a context that ends with it, or with the reason for which it is ended.
func (s *sessions) begin(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	it := &session{cancel}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed != nil {
		cancel(s.closed)
	}
	s.open[it] = struct{}{}
	return ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, it)
		cancel(nil)
	}
}

func (s *sessions) drop(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for it := range s.open {
		it.end(why)
	}
}

func (s *sessions) close(why error) {
	s.mu.Lock()
	s.closed = why
	s.mu.Unlock()
	s.drop(why)
}
