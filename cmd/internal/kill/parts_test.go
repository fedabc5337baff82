package kill_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	embedded "tagtrail/adapters/embedded/postgres"
	"tagtrail/adapters/postgres"
	"tagtrail/cmd/internal/config"
	"tagtrail/cmd/internal/processtest"
	"tagtrail/projections"
)

// parts is tagtrail as processes of their own beside two databases: an event store, a
// PostgreSQL, the API, and a projector for each group.
type parts struct {
	ground
	owner      string
	events     string // address of the event store, which stays the same
	cluster    *embedded.Cluster
	noPostgres bool // it was killed
	store      *processtest.Process
	front      *processtest.Process
	frontAt    atomic.Pointer[string]
	projectors map[string]*processtest.Process
}

func newParts(program string) (*parts, error) {
	g, err := newGround(program)
	if err != nil {
		return nil, err
	}
	s := &parts{ground: g, projectors: map[string]*processtest.Process{}}
	s.frontAt.Store(new(string))
	return s, nil
}

func (s *parts) start(ctx context.Context) error {
	var eventsAt string
	var err error
	if s.store, eventsAt, err = s.launch(ctx, "ready at esdb://", "eventstore", "--data-dir", s.file("store"), "--listen", "127.0.0.1:0"); err != nil {
		return err
	}
	s.events, _, _ = strings.Cut(strings.TrimPrefix(eventsAt, "esdb://"), "?")
	if err := s.startPostgres(ctx); err != nil {
		return err
	}
	s.set("TAGTRAIL_EVENTSTORE_URL", s.settings().EventStoreURL)
	s.set("TAGTRAIL_POSTGRES_URL", s.settings().PostgresURL)
	s.set("TAGTRAIL_KEYS_DIR", s.settings().KeysDir)
	if s.owner, err = s.organization(ctx); err != nil {
		return err
	}
	return s.mend(ctx)
}

func (s *parts) startPostgres(ctx context.Context) (err error) {
	// What the kernel has is safe from a kill, so nothing need be synced; the rest is as tagtrail's own cluster runs.
	s.cluster, err = embedded.Start(ctx, embedded.Options{Dir: s.file("postgres"), Ephemeral: true, Settings: map[string]string{
		"synchronous_commit": "on", "shared_buffers": "32MB", "autovacuum": "on",
	}})
	return err
}

func (s *parts) settings() config.Config {
	return config.Config{
		EventStoreURL: "esdb://" + s.events + "?tls=false", PostgresURL: s.cluster.URL(),
		KeysDir: s.file("keys"), DataDir: s.file("none"),
	}
}

func (s *parts) key() string { return s.owner }
func (s *parts) api() string { return *s.frontAt.Load() }

// mend starts the databases first: the others do not start without.
func (s *parts) mend(ctx context.Context) error {
	databases, within := errgroup.WithContext(ctx)
	databases.Go(func() error {
		if !s.store.IsDead() {
			return nil
		}
		return s.startStore(within)
	})
	databases.Go(func() error {
		if !s.noPostgres {
			return nil
		}
		if err := s.cluster.Stop(ctx); err != nil {
			return fmt.Errorf("what was left of PostgreSQL: %w", err)
		}
		s.noPostgres = false
		return s.startPostgres(ctx)
	})
	if err := databases.Wait(); err != nil {
		return err
	}
	type ended struct {
		group string
		p     *processtest.Process
	}
	started := make(chan ended, len(projections.All()))
	rest, within := errgroup.WithContext(ctx)
	if s.front.IsDead() {
		rest.Go(func() error {
			p, at, err := s.launch(within, "ready at http://", "api", "--listen", "127.0.0.1:0")
			if err != nil {
				return err
			}
			s.front = p
			s.frontAt.Store(&at)
			return nil
		})
	}
	for _, g := range projections.All() {
		if s.projectors[g.Name].IsDead() {
			rest.Go(func() error {
				p, _, err := s.project(within, g.Name)
				started <- ended{g.Name, p}
				return err
			})
		}
	}
	err := rest.Wait()
	close(started)
	for one := range started {
		s.projectors[one.group] = one.p
	}
	return err
}

// startStore tries again while something else has the port, which is free for a moment whenever the store is dead.
func (s *parts) startStore(ctx context.Context) (err error) {
	for range 20 {
		s.store, _, err = s.launch(ctx, "ready at esdb://", "eventstore", "--data-dir", s.file("store"), "--listen", s.events)
		if err == nil || !strings.Contains(err.Error(), "address already in use") {
			return err
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return err
}

func (s *parts) project(ctx context.Context, group string) (*processtest.Process, string, error) {
	return s.launch(ctx, "ready at http://", "project", "--group", group, "--listen", "127.0.0.1:0")
}

func (s *parts) strike(ctx context.Context, b blow) (int, error) {
	switch b.target {
	case atAPI:
		s.killFront()
		return 1, nil
	case atProjector:
		group := projections.All()[b.chance%len(projections.All())].Name
		s.projectors[group].Kill()
		return 1, nil
	case atStore:
		s.store.Kill()
		return 1, nil
	case atPostgres:
		return 1, s.killPostgres()
	case atBackend:
		return 1, killBackend(ctx, s.cluster.URL(), b.chance%3 > 0)
	case atLeader:
		return 1, s.overtake(ctx, projections.All()[b.chance%len(projections.All())], b.chance%2 == 0)
	case atEverything:
		err := s.killPostgres()
		s.store.Kill()
		s.killFront()
		for _, p := range s.projectors {
			p.Kill()
		}
		return 3 + len(s.projectors), err
	default:
		return 0, fmt.Errorf("there is no %s to kill", b.target)
	}
}

func (s *parts) killPostgres() error {
	s.noPostgres = true
	return killPostmaster(s.file("postgres"))
}

func (s *parts) killFront() {
	s.frontAt.Store(new(string))
	s.front.Kill()
}

// overtake has a second projector take the lead from one that is stopped and whose session is
// gone, wakes the first up again, and kills one of the two (F10).
func (s *parts) overtake(ctx context.Context, g projections.Group, killFirst bool) error {
	first := s.projectors[g.Name]
	second, _, err := s.project(ctx, g.Name)
	if err != nil {
		return err
	}
	first.Signal(syscall.SIGSTOP)
	defer first.Signal(syscall.SIGCONT)
	err = onPostgres(ctx, s.cluster.URL(), func(conn *pgx.Conn) error {
		read := `select epoch from "` + postgres.Schema(g) + `".checkpoint`
		var before, now int64
		if err := conn.QueryRow(ctx, read).Scan(&before); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, `select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1`, "tagtrail projector "+g.Name); err != nil {
			return err
		}
		for now = before; now == before; {
			if err := conn.QueryRow(ctx, read).Scan(&now); err != nil {
				return err
			}
			select {
			case <-time.After(2 * time.Millisecond):
			case <-ctx.Done():
				return fmt.Errorf("nobody takes over the group %s: %w", g.Name, ctx.Err())
			}
		}
		return nil
	})
	first.Signal(syscall.SIGCONT)
	if killFirst {
		first, second = second, first
	}
	s.projectors[g.Name] = first
	second.Kill()
	return err
}

func (s *parts) transcripts() string {
	var b strings.Builder
	for name, p := range s.processes() {
		if p != nil {
			fmt.Fprintf(&b, "%s:\n%s\n", name, lastWords(p))
		}
	}
	return b.String()
}

func (s *parts) processes() map[string]*processtest.Process {
	all := map[string]*processtest.Process{"event store": s.store, "api": s.front}
	for group, p := range s.projectors {
		all["projector "+group] = p
	}
	return all
}

func (s *parts) raze() error {
	for _, p := range s.processes() {
		p.Kill()
	}
	var err error
	if s.cluster != nil {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		err = s.cluster.Stop(ctx)
	}
	return errors.Join(err, s.clear(s.file("postgres")))
}
