package logstore_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

// BenchmarkAppend appends one event of 300 bytes at a time, each writer to a stream of its own. BenchmarkRawPebble is
// what the disk and Pebble allow for the same bytes.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint("writers=", writers), func(b *testing.B) {
			l := open(b, logstore.Options{Dir: b.TempDir()})
			data := bytes.Repeat([]byte("x"), 300)
			share(b, writers, func(w, i int) error {
				_, err := l.try(eventlog.Append{
					Stream:   fmt.Sprint("contact-", w),
					Expected: eventlog.Expected(i - 1),
					Events:   []eventlog.Proposed{{ID: eventlog.ID(uuid.New()), Type: "contact.tag-assigned", JSON: true, Data: data}},
				})
				return err
			})
		})
	}
}

func BenchmarkRawPebble(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint("writers=", writers), func(b *testing.B) {
			db, err := pebble.Open(b.TempDir(), &pebble.Options{FormatMajorVersion: pebble.FormatNewest, MemTableSize: 32 << 20})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			data := bytes.Repeat([]byte("x"), 370)
			var position atomic.Uint64
			share(b, writers, func(int, int) error {
				return db.Set(binary.BigEndian.AppendUint64(nil, position.Add(1)), data, pebble.Sync)
			})
		})
	}
}

// share lets writers do b.N things together.
func share(b *testing.B, writers int, do func(writer, i int) error) {
	b.Helper()
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := 0; left.Add(-1) >= 0; i++ {
				if err := do(w, i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	writing.Wait()
}

// BenchmarkAppendBesideFollowers appends to one stream while many others are followed and rest.
func BenchmarkAppendBesideFollowers(b *testing.B) {
	for _, followers := range []int{0, 100, 1000} {
		b.Run(fmt.Sprint("followers=", followers), func(b *testing.B) {
			l := open(b, logstore.Options{FS: vfs.NewMem(), Dir: "log"})
			ctx, cancel := context.WithCancel(context.Background())
			var following sync.WaitGroup
			for i := range followers {
				stream := fmt.Sprint("followed-", i)
				l.append(stream, noStream, "begin")
				following.Go(func() { follow(ctx, l.Store, stream) })
			}
			data := bytes.Repeat([]byte("x"), 300)
			share(b, 16, func(w, i int) error {
				_, err := l.try(eventlog.Append{
					Stream:   fmt.Sprint("contact-", w),
					Expected: eventlog.Expected(i - 1),
					Events:   []eventlog.Proposed{{ID: eventlog.ID(uuid.New()), Type: "contact.tag-assigned", JSON: true, Data: data}},
				})
				return err
			})
			b.StopTimer()
			cancel()
			following.Wait()
		})
	}
}

// follow reads a stream as a subscription does.
func follow(ctx context.Context, store *logstore.Store, stream string) {
	query := eventlog.StreamRead{Stream: stream, Limit: 256, Untruncated: true}
	for {
		seen := store.Head()
		page, err := store.ReadStream(ctx, query)
		if err != nil {
			return
		}
		query.From = max(query.From, page.Last+1)
		if store.WaitStream(ctx, stream, seen) != nil {
			return
		}
	}
}

// BenchmarkReadBehindExpired reads the one event of a stream that is not too old to be shown.
func BenchmarkReadBehindExpired(b *testing.B) {
	for _, expired := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint("expired=", expired), func(b *testing.B) {
			now := time.Now()
			l := open(b, logstore.Options{FS: vfs.NewMem(), Dir: "log", Now: func() time.Time { return now }})
			for i := 0; i < expired; i += 100 {
				var names strings.Builder
				for n := range 100 {
					fmt.Fprint(&names, "old", i+n, " ")
				}
				l.append("s", anyState, names.String())
			}
			now = now.Add(time.Hour)
			l.append("s", anyState, "young")
			l.metadata("s", `{"$maxAge":60}`)
			for b.Loop() {
				if revisions, err := l.revisions("s", false); err != nil || len(revisions) != 1 {
					b.Fatal(revisions, err)
				}
			}
		})
	}
}
