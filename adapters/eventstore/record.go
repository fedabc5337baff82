package eventstore

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
)

// Record is an event as the log holds it, with its data and metadata as they were written.
type Record struct {
	ID         uuid.UUID
	Stream     string
	Type       string
	Revision   uint64
	Position   uint64
	RecordedAt time.Time
	JSON       bool // whether the data was declared to be JSON
	Data       []byte
	Metadata   []byte
}

// System says whether the event store wrote the event for itself.
func (r *Record) System() bool { return isSystem(r.Type, r.Stream) }

func isSystem(eventType, stream string) bool {
	return len(eventType) > 0 && eventType[0] == '$' || len(stream) > 0 && stream[0] == '$'
}

func recordOf(e *esdb.RecordedEvent) Record {
	return Record{
		ID: e.EventID, Stream: e.StreamID, Type: e.EventType, Revision: e.EventNumber, Position: e.Position.Commit,
		RecordedAt: e.CreatedDate, JSON: e.ContentType == "application/json", Data: e.Data, Metadata: e.UserMetadata,
	}
}

// frameVersion is the first byte of every frame.
const frameVersion = 1

var errFrame = errors.New("the payload is no frame of recorded events")

// appendRecord adds one record to a frame: fixed numbers first, then the four variable parts with their lengths.
func appendRecord(frame []byte, r *Record) []byte {
	if len(frame) == 0 {
		frame = append(frame, frameVersion)
	}
	frame = append(frame, r.ID[:]...)
	frame = binary.AppendUvarint(frame, r.Revision)
	frame = binary.AppendUvarint(frame, r.Position)
	frame = binary.AppendVarint(frame, r.RecordedAt.UnixNano())
	var flags byte
	if r.JSON {
		flags = 1
	}
	frame = append(frame, flags)
	frame = appendPart(frame, r.Stream)
	frame = appendPart(frame, r.Type)
	frame = appendPart(frame, r.Metadata)
	return appendPart(frame, r.Data)
}

func appendPart[S string | []byte](frame []byte, part S) []byte {
	frame = binary.AppendUvarint(frame, uint64(len(part)))
	return append(frame, part...)
}

// readFrame answers the records of a frame; their data and metadata are parts of the frame, not copies.
func readFrame(frame []byte, count int) ([]Record, error) {
	if len(frame) == 0 && count == 0 {
		return nil, nil
	}
	if len(frame) == 0 || frame[0] != frameVersion || count < 0 || count > len(frame)/minRecord {
		return nil, errFrame
	}
	rest := reader{frame[1:], false}
	records := make([]Record, 0, count)
	stream, eventType := "", ""
	for len(rest.bytes) > 0 && !rest.short {
		var r Record
		copy(r.ID[:], rest.take(16))
		r.Revision = rest.uvarint()
		r.Position = rest.uvarint()
		r.RecordedAt = time.Unix(0, rest.varint()).UTC()
		flags := rest.take(1)
		r.JSON = len(flags) == 1 && flags[0]&1 == 1
		// Neighbours often share a stream or a type: one string serves them all.
		stream = rest.text(stream)
		eventType = rest.text(eventType)
		r.Stream, r.Type = stream, eventType
		r.Metadata = rest.part()
		r.Data = rest.part()
		records = append(records, r)
	}
	if rest.short || len(records) != count {
		return nil, errFrame
	}
	return records, nil
}

// minRecord is the size of a record whose every part is empty.
const minRecord = 16 + 1 + 1 + 1 + 1 + 4

// reader takes a frame apart and remembers when it ran out of bytes.
type reader struct {
	bytes []byte
	short bool
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.bytes)) {
		r.short, r.bytes = true, nil
		return nil
	}
	taken := r.bytes[:n:n]
	r.bytes = r.bytes[n:]
	return taken
}

func (r *reader) uvarint() uint64 {
	value, n := binary.Uvarint(r.bytes)
	if n <= 0 {
		r.short, r.bytes = true, nil
		return 0
	}
	r.bytes = r.bytes[n:]
	return value
}

func (r *reader) varint() int64 {
	value, n := binary.Varint(r.bytes)
	if n <= 0 {
		r.short, r.bytes = true, nil
		return 0
	}
	r.bytes = r.bytes[n:]
	return value
}

func (r *reader) part() []byte { return r.take(r.uvarint()) }

func (r *reader) text(previous string) string {
	if part := r.part(); string(part) != previous {
		return string(part)
	}
	return previous
}
