package logstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// head is the end of a stream and of its metastream: all that an append must know. They share one head because nearly
// every question about a stream is also one about its metadata.
type head struct {
	last     int64             // NoRevision before the first event, DeletedRevision after a tombstone
	metaLast int64             // the same for the metastream
	position eventlog.Position // of the latest event of either
	metadata eventlog.Metadata
	moved    bool // by the writer's group under way
}

// metastreams behave as if their own metadata said so, and nothing can change it.
var metastreamMetadata = eventlog.Metadata{MaxCount: 1}

// place says which head a stream's end is kept in, and which half of it.
type place struct {
	owner string
	meta  bool
}

func placeOf(stream string) place {
	if original, ok := eventlog.OriginalOf(stream); ok {
		return place{original, true}
	}
	return place{stream, false}
}

func newHead() head { return head{last: eventlog.NoRevision, metaLast: eventlog.NoRevision} }

// end is the last revision of the stream at p; a tombstone ends the metastream with its stream.
func (h *head) end(p place) int64 {
	if p.meta && h.last != eventlog.DeletedRevision {
		return h.metaLast
	}
	return h.last
}

func (h *head) setEnd(p place, revision int64) {
	if p.meta {
		h.metaLast = revision
	} else {
		h.last = revision
	}
}

func (h *head) visible(p place) eventlog.Metadata {
	if p.meta {
		return metastreamMetadata
	}
	return h.metadata
}

func (h *head) softDeleted(p place) bool { return !p.meta && h.metadata.SoftDeleted() }

// exists reports whether anything was ever written to the stream, metadata included.
func (h *head) exists(p place) bool {
	return h.end(p) >= 0 || !p.meta && h.metaLast >= 0
}

var errHead = errors.New("a stream's head does not hold together")

func (h *head) encode(b []byte) []byte {
	b = binary.AppendVarint(b, h.last)
	b = binary.AppendVarint(b, h.metaLast)
	b = binary.AppendUvarint(b, uint64(h.position))
	b = binary.AppendVarint(b, h.metadata.TruncateBefore)
	b = binary.AppendVarint(b, h.metadata.MaxCount)
	return binary.AppendVarint(b, int64(h.metadata.MaxAge/time.Second))
}

func decodeHead(b []byte) (head, error) {
	var fields [6]int64
	for i := range fields {
		var size int
		if i == 2 {
			var position uint64
			position, size = binary.Uvarint(b)
			fields[i] = int64(position)
		} else {
			fields[i], size = binary.Varint(b)
		}
		if size <= 0 {
			return head{}, errHead
		}
		b = b[size:]
	}
	return head{
		last:     fields[0],
		metaLast: fields[1],
		position: eventlog.Position(fields[2]),
		metadata: eventlog.Metadata{
			TruncateBefore: fields[3],
			MaxCount:       fields[4],
			MaxAge:         time.Duration(fields[5]) * time.Second,
		},
	}, nil
}

// readHead answers a new head for a stream that was never written.
func readHead(db *pebble.DB, owner string) (head, error) {
	value, closer, err := db.Get(headKey(owner))
	if errors.Is(err, pebble.ErrNotFound) {
		return newHead(), nil
	}
	if err != nil {
		return head{}, fmt.Errorf("read the head of %q: %w", owner, err)
	}
	defer func() { _ = closer.Close() }()
	h, err := decodeHead(value)
	if err != nil {
		return head{}, fmt.Errorf("read the head of %q: %w", owner, err)
	}
	return h, nil
}

// heads remembers the heads that the writer used last. Two generations bound it: when the younger is full, the older is dropped.
type heads struct {
	known      *known
	young, old map[string]*head
	limit      int
}

func newHeads(k *known, limit int) heads {
	return heads{known: k, young: map[string]*head{}, old: map[string]*head{}, limit: limit}
}

func (c *heads) load(db *pebble.DB, owner string) (*head, error) {
	if h, ok := c.young[owner]; ok {
		return h, nil
	}
	h, ok := c.old[owner]
	if !ok {
		read := newHead()
		if c.known.mayHave(owner) {
			var err error
			if read, err = readHead(db, owner); err != nil {
				return nil, err
			}
		}
		h = &read
	}
	if len(c.young) >= c.limit {
		c.young, c.old = c.old, c.young
		clear(c.young)
	}
	c.young[owner] = h
	return h, nil
}

// begins says of a stream without a head that it is about to get one.
func (c *heads) begins(h *head, owner string) {
	if h.position == 0 {
		c.known.begun.Add(owner)
	}
}
