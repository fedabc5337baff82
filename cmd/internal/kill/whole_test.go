package kill_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"tagtrail/cmd/internal/config"
	"tagtrail/cmd/internal/processtest"
)

// whole is tagtrail in one process, with the PostgreSQL that it starts for itself.
type whole struct {
	ground
	p     *processtest.Process
	owner string
	at    atomic.Pointer[string]
}

func newWhole(program string) (*whole, error) {
	g, err := newGround(program)
	if err != nil {
		return nil, err
	}
	s := &whole{ground: g}
	s.at.Store(new(string))
	return s, nil
}

func (s *whole) start(ctx context.Context) error {
	if err := s.mend(ctx); err != nil {
		return err
	}
	key, err := os.ReadFile(s.file("data/owner.key"))
	s.owner = strings.TrimSpace(string(key))
	return err
}

// mend starts the process again. A PostgreSQL that was killed alone is its own business.
func (s *whole) mend(ctx context.Context) error {
	if !s.p.IsDead() {
		return nil
	}
	p, at, err := s.launch(ctx, "ready at http://", "serve", "--data-dir", s.file("data"), "--listen", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.p = p
	s.at.Store(&at)
	return nil
}

func (s *whole) strike(ctx context.Context, b blow) (int, error) {
	switch b.target {
	case atProcess:
		s.killProcess()
		return 1, nil
	case atPostgres:
		return 1, killPostmaster(s.file("data/postgres"))
	case atBackend:
		var at struct{ Postgres string }
		text, err := os.ReadFile(s.file("data/running.json"))
		if err != nil {
			return 0, err
		}
		if err := json.Unmarshal(text, &at); err != nil {
			return 0, err
		}
		return 1, killBackend(ctx, at.Postgres, b.chance%3 > 0)
	case atEverything:
		err := killPostmaster(s.file("data/postgres"))
		s.killProcess()
		return 2, err
	default:
		return 0, fmt.Errorf("there is no %s to kill", b.target)
	}
}

func (s *whole) killProcess() {
	s.at.Store(new(string))
	s.p.Kill()
}

func (s *whole) key() string { return s.owner }
func (s *whole) api() string { return *s.at.Load() }

func (s *whole) settings() config.Config { return config.Config{DataDir: s.file("data")} }

func (s *whole) transcripts() string {
	if s.p == nil {
		return ""
	}
	return lastWords(s.p)
}

// raze asks the process to stop first: it knows best what it has put where.
func (s *whole) raze() error {
	if !s.p.IsDead() {
		s.p.Signal(syscall.SIGTERM)
		select {
		case <-s.p.Ended:
		case <-time.After(patience):
		}
	}
	s.p.Kill()
	return s.clear(s.file("data/postgres"))
}
