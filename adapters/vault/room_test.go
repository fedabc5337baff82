package vault_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/embedded/postgres/postgrestest"
	"tagtrail/adapters/postgres"
	"tagtrail/adapters/vault"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// room is a vault on a database of its own, whose line can be watched, held and cut.
type room struct {
	url       string
	pool      *pgxpool.Pool
	directory string
	keep      time.Duration // what the next vault is opened with
	size      int
	vault     *vault.Vault

	questions atomic.Int64
	isCut     atomic.Bool
	held      sync.RWMutex
}

func newRoom(tb testing.TB) *room {
	tb.Helper()
	r := &room{url: postgrestest.Database(tb), directory: filepath.Join(tb.TempDir(), "keys"), keep: 20 * time.Millisecond}
	if err := postgres.Migrate(tb.Context(), r.url); err != nil {
		tb.Fatal(err)
	}
	config, err := pgxpool.ParseConfig(r.url)
	if err != nil {
		tb.Fatal(err)
	}
	config.ConnConfig.Tracer = r
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if r.isCut.Load() {
			return nil, errors.New("the line is cut")
		}
		return dial(ctx, network, address)
	}
	if r.pool, err = pgxpool.NewWithConfig(tb.Context(), config); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(r.pool.Close)
	r.vault = r.another(tb)
	return r
}

// another opens a vault like the room's, as another process would: it shares the database and the directory only.
func (r *room) another(tb testing.TB) *vault.Vault {
	tb.Helper()
	v, err := vault.New(tb.Context(), r.config())
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func (r *room) config() vault.Config {
	return vault.Config{DB: r.pool, Directory: r.directory, Keep: r.keep, Size: r.size}
}

func (r *room) execute(tb testing.TB, sql string, arguments ...any) {
	tb.Helper()
	if _, err := r.pool.Exec(tb.Context(), sql, arguments...); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
}

// cut ends all connections, and lets none begin until it is mended.
func (r *room) cut() {
	r.isCut.Store(true)
	r.pool.Reset()
}

func (r *room) mend() { r.isCut.Store(false) }

// hold keeps all questions from being answered until the answered function is called.
func (r *room) hold() (answer func()) {
	r.held.Lock()
	return r.held.Unlock
}

// TraceQueryStart counts a question.
func (r *room) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	r.ask()
	return ctx
}

// TraceQueryEnd is the other half of a tracer.
func (r *room) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart counts a batch as one question.
func (r *room) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	r.ask()
	return ctx
}

// TraceBatchQuery is a part of a tracer.
func (r *room) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd is a part of a tracer.
func (r *room) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (r *room) ask() {
	r.questions.Add(1)
	r.held.RLock()
	defer r.held.RUnlock()
}
