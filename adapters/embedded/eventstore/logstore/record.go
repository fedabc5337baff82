package logstore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// A record is the stored form of an event:
//
//	flags 1 | id 16 | revision 8 | created 8 | lengths of stream, type, metadata (uvarint) | stream | type | metadata | data
//
// Its position is its key. The fixed part comes first, so that an id is found without decoding the rest.
const (
	flagJSON   = 1
	fixedSize  = 1 + 16 + 8 + 8
	idAt       = 1
	revisionAt = idAt + 16
	createdAt  = revisionAt + 8
)

var errRecord = errors.New("a record does not hold together")

func recordSize(stream string, e *eventlog.Proposed) int {
	return fixedSize + uvarintSize(len(stream)) + uvarintSize(len(e.Type)) + uvarintSize(len(e.Metadata)) +
		len(stream) + len(e.Type) + len(e.Metadata) + len(e.Data)
}

// encodeRecord fills to, which is exactly as large as recordSize says.
func encodeRecord(to []byte, stream string, revision int64, created eventlog.Ticks, e *eventlog.Proposed) {
	var flags byte
	if e.JSON {
		flags |= flagJSON
	}
	b := append(to[:0], flags)
	b = append(b, e.ID[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(revision))
	b = binary.BigEndian.AppendUint64(b, uint64(created))
	b = binary.AppendUvarint(b, uint64(len(stream)))
	b = binary.AppendUvarint(b, uint64(len(e.Type)))
	b = binary.AppendUvarint(b, uint64(len(e.Metadata)))
	b = append(b, stream...)
	b = append(b, e.Type...)
	b = append(b, e.Metadata...)
	_ = append(b, e.Data...)
}

// record is a stored event that still lies in the store's memory.
type record struct {
	bytes  []byte
	stream []byte
	kind   []byte
	meta   []byte
	data   []byte
}

func openRecord(b []byte) (record, error) {
	if len(b) < fixedSize {
		return record{}, errRecord
	}
	rest := b[fixedSize:]
	var lengths [3]int
	for i := range lengths {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > uint64(len(rest)) {
			return record{}, errRecord
		}
		lengths[i], rest = int(n), rest[size:]
	}
	stream, kind, meta := lengths[0], lengths[1], lengths[2]
	if stream+kind+meta > len(rest) {
		return record{}, errRecord
	}
	return record{
		bytes:  b,
		stream: rest[:stream],
		kind:   rest[stream : stream+kind],
		meta:   rest[stream+kind : stream+kind+meta],
		data:   rest[stream+kind+meta:],
	}, nil
}

func (r record) id() eventlog.ID { return eventlog.ID(r.bytes[idAt:revisionAt]) }

func (r record) revision() int64 { return int64(binary.BigEndian.Uint64(r.bytes[revisionAt:])) }

func (r record) created() eventlog.Ticks {
	return eventlog.Ticks(binary.BigEndian.Uint64(r.bytes[createdAt:]))
}

// event copies the record out of the store's memory, all texts in one allocation.
func (r record) event(at eventlog.Position) eventlog.Event {
	text := string(r.bytes[len(r.bytes)-len(r.stream)-len(r.kind)-len(r.meta)-len(r.data):])
	cut := func(n int) string {
		part := text[:n]
		text = text[n:]
		return part
	}
	return eventlog.Event{
		ID:       r.id(),
		Revision: r.revision(),
		Position: at,
		Created:  r.created(),
		JSON:     r.bytes[0]&flagJSON != 0,
		Stream:   cut(len(r.stream)),
		Type:     cut(len(r.kind)),
		Metadata: cut(len(r.meta)),
		Data:     text,
	}
}

func decodeEvent(at eventlog.Position, b []byte) (eventlog.Event, error) {
	r, err := openRecord(b)
	if err != nil {
		return eventlog.Event{}, fmt.Errorf("decode the event at %d: %w", at, err)
	}
	return r.event(at), nil
}

func uvarintSize(n int) int {
	size := 1
	for n >= 0x80 {
		n >>= 7
		size++
	}
	return size
}
