package logstore_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2"
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
