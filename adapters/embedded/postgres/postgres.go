package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// The reasons why a cluster does not start that a person can do something about.
var (
	ErrNotInstalled = errors.New("no PostgreSQL 15 or newer is installed")
	ErrVersion      = errors.New("the data is of another PostgreSQL version")
	ErrExtensions   = errors.New("PostgreSQL lacks extensions")
	ErrInUse        = errors.New("the cluster is in use by another process")
	ErrOwner        = errors.New("the cluster belongs to another user")
	ErrNotACluster  = errors.New("not a PostgreSQL data directory")
	ErrEnded        = errors.New("postgres ended by itself")
)

// stopLimit is how long the server may take to write everything down and end.
const stopLimit = 30 * time.Second

// role and database are the superuser and the database that every cluster is made with.
const (
	role     = "tagtrail"
	database = "tagtrail"
)

// Options says where a cluster lives and how it runs. Only Dir is needed.
type Options struct {
	Dir      string            // holds the cluster and its lock; made when it is missing
	Logger   *slog.Logger      // nil is silence
	Binaries string            // directory of postgres and initdb; empty searches the machine
	Settings map[string]string // over ours, but for those that keep the server private
	// Ephemeral is for clusters that are thrown away: small and quick, and not durable.
	Ephemeral bool
}

// Cluster is a running server, which whoever started it has to stop.
type Cluster struct {
	log     *slog.Logger
	data    string
	sockets string
	lock    *os.File
	server  *process
	said    *serverLog

	stop    sync.Once
	stopErr error
}

// Start makes the cluster when there is none, ends what an earlier process left running on it, starts the server and
// answers when it takes connections. Recovery after a crash may take a while; only ctx limits it. When Start answers an
// error, nothing is left running.
func Start(ctx context.Context, opts Options) (_ *Cluster, err error) {
	log := opts.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	dir, err := prepareDir(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", opts.Dir, err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{log: log, data: filepath.Join(dir, "data"), lock: lock}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.release())
		}
	}()

	who, err := accountFor(c.data)
	if err != nil {
		return nil, err
	}
	bin, err := choose(ctx, opts.Binaries, c.data)
	if err != nil {
		return nil, err
	}
	if err := endServers(ctx, c.data, log, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL); err != nil {
		return nil, fmt.Errorf("end the postgres left running on %s: %w", c.data, err)
	}
	if err := create(ctx, bin, who, c.data, opts.Ephemeral, log); err != nil {
		return nil, fmt.Errorf("create the cluster in %s: %w", c.data, err)
	}
	if c.sockets, err = socketDir(dir, who); err != nil {
		return nil, fmt.Errorf("make the socket directory: %w", err)
	}
	if err := c.launch(ctx, bin, who, opts); err != nil {
		return nil, fmt.Errorf("start postgres on %s: %w", c.data, err)
	}
	return c, nil
}

// URL is the connection string of the superuser in the database that the cluster was made with. It stays the same when
// the cluster is started again.
func (c *Cluster) URL() string { return c.url(database) }

func (c *Cluster) url(db string) string {
	q := url.Values{"host": {c.sockets}, "port": {socketPort}, "sslmode": {"disable"}}
	return (&url.URL{Scheme: "postgres", User: url.User(role), Host: "", Path: "/" + db, RawQuery: q.Encode()}).String()
}

// Done is closed when the server has ended, by itself or by Stop; Err tells which.
func (c *Cluster) Done() <-chan struct{} { return c.server.done }

// Err says how the server ended by itself. It is nil while the server runs and after it was stopped.
func (c *Cluster) Err() error {
	select {
	case <-c.server.done:
	default:
		return nil
	}
	if !c.server.byself {
		return nil
	}
	return c.said.explain(fmt.Errorf("%w: %s", ErrEnded, c.server.cmd.ProcessState))
}

// Stop shuts the server down and waits for it: sessions are rolled back, and everything committed is on disk. When that
// takes longer than half a minute or than ctx, the server is ended at once and recovers at the next start. Stopping twice
// is no error.
func (c *Cluster) Stop(ctx context.Context) error {
	c.stop.Do(func() {
		if err := errors.Join(c.end(ctx), c.release()); err != nil {
			c.stopErr = fmt.Errorf("stop postgres on %s: %w", c.data, err)
		}
	})
	return c.stopErr
}

func (c *Cluster) end(ctx context.Context) error {
	c.server.expectEnd()
	limited, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	if c.server.signal(syscall.SIGINT); !c.endsBefore(limited) {
		c.log.Warn("postgres did not end in time")
	}
	// Mostly nothing is left to end. ctx may be over by now; this has limits of its own. A server that died by itself
	// leaves its children behind for a moment.
	if err := endServers(context.WithoutCancel(ctx), c.data, c.log, syscall.SIGQUIT, syscall.SIGKILL); err != nil {
		return err
	}
	<-c.server.done
	return nil
}

func (c *Cluster) endsBefore(ctx context.Context) bool {
	select {
	case <-c.server.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// release gives back what is held besides the server.
func (c *Cluster) release() error {
	var err error
	if c.sockets != "" {
		err = os.RemoveAll(c.sockets)
	}
	return errors.Join(err, unlock(c.lock))
}
