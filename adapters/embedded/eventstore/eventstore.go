// Package eventstore is an EventStoreDB for one machine: any EventStoreDB client can append to it, read it and subscribe to it, and it needs nothing but a directory.
//
// wire speaks the protocol, logstore keeps the events, eventlog is the vocabulary between them.
//
// # Decisions
//
// Rights are EventStoreDB's: who has an account may use every stream that is not a system stream, system streams and
// the whole log are for $admins, unless the stream's $acl or else $settings says otherwise. Accounts are made when the
// server starts, not over the wire.
package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
	"tagtrail/adapters/embedded/eventstore/wire"
)

var (
	// ErrInUse says that another store holds the data directory.
	ErrInUse = logstore.ErrInUse
	// ErrNewerFormat says that a later build wrote the data directory.
	ErrNewerFormat = logstore.ErrNewerFormat
	// ErrDamaged says that something acknowledged is missing from the data directory or cannot be read.
	ErrDamaged = logstore.ErrDamaged
	// ErrNotLoopback refuses to serve other machines without Security: nobody would be asked who is calling.
	ErrNotLoopback = errors.New("the event store serves without authentication and so only on loopback or a unix socket")
)

// Options says where the events lie. Only Dir is needed.
type Options struct {
	Dir    string
	Logger *slog.Logger
	FS     logstore.FS // nil means the machine's own

	// NoCompression leaves the files readable to whoever looks for bytes in them.
	NoCompression bool
	// MaxAppendSize bounds the data of one append in bytes; zero means 1 MiB.
	MaxAppendSize int
	// Security lets other machines in, by TLS and passwords. Without it everybody who reaches the server may do everything.
	Security *Security
}

// Server is an open event store.
type Server struct {
	log      *logstore.Store
	wire     *wire.Server
	logger   *slog.Logger
	secure   bool
	watching sync.WaitGroup
	closed   chan struct{}
	closing  sync.Once
	err      error
}

// Open opens the data directory, and creates it where it is missing. It belongs to this server until Close.
func Open(opts Options) (*Server, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	log, err := logstore.Open(logstore.Options{Dir: opts.Dir, Logger: opts.Logger, FS: opts.FS, NoCompression: opts.NoCompression})
	if err != nil {
		return nil, fmt.Errorf("open the event store: %w", err)
	}
	s := &Server{
		log:    log,
		wire:   wire.NewServer(log, opts.wire()),
		secure: opts.Security != nil,
		logger: opts.Logger,
		closed: make(chan struct{}),
	}
	s.watching.Go(s.stopWithTheLog)
	return s, nil
}

func (o Options) wire() wire.Options {
	w := wire.Options{MaxAppendSize: o.MaxAppendSize}
	if o.Security != nil {
		w.TLS, w.Accounts = o.Security.tls, o.Security.accounts
	}
	return w
}

// Scavenged says what was reclaimed.
type Scavenged = logstore.Scavenged

// Scavenge gives back the space of events that nobody can read any more, in a directory that no server holds. No position changes.
func Scavenge(ctx context.Context, opts Options) (Scavenged, error) {
	found, err := logstore.Scavenge(ctx, logstore.Options{Dir: opts.Dir, Logger: opts.Logger, FS: opts.FS, NoCompression: opts.NoCompression})
	if err != nil {
		return found, fmt.Errorf("reclaim space of the event store: %w", err)
	}
	return found, nil
}

// stopWithTheLog hangs up when a write could not be made durable, so that Serve returns and somebody takes notice.
func (s *Server) stopWithTheLog() {
	select {
	case <-s.log.Stopped():
		s.wire.Stop()
	case <-s.closed:
	}
}

// Serve answers clients until Close, and closes the listener. Without Security it takes only a unix socket or a loopback address. It returns
// an error when the disk fails under the log. It may be called for several listeners.
func (s *Server) Serve(lis net.Listener) error {
	if !s.secure && !local(lis.Addr()) {
		return errors.Join(fmt.Errorf("serve %s: %w", lis.Addr(), ErrNotLoopback), lis.Close())
	}
	s.logger.Debug("event store serves", "address", lis.Addr().String())
	if err := errors.Join(s.wire.Serve(lis), s.log.Err()); err != nil {
		return fmt.Errorf("serve %s: %w", lis.Addr(), err)
	}
	return nil
}

func local(addr net.Addr) bool {
	switch a := addr.(type) {
	case *net.UnixAddr:
		return true
	case *net.TCPAddr:
		return a.IP.IsLoopback()
	}
	return false
}

// Head is the position of the last durable event; zero while there is none.
func (s *Server) Head() eventlog.Position { return s.log.Head() }

// Faults is the switchboard that makes this server misbehave on purpose, for tests.
func (s *Server) Faults() *wire.Faults { return s.wire.Faults() }

// Close ends subscriptions with Unavailable, answers what was accepted, and gives the directory back. It may be called more than once.
func (s *Server) Close() error {
	s.closing.Do(func() {
		close(s.closed)
		s.wire.Stop()
		s.watching.Wait()
		s.err = s.log.Close()
	})
	return s.err
}
