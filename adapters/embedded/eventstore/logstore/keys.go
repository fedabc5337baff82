package logstore

import (
	"encoding/binary"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// The first byte of a key says what it holds. The bytes are part of the format on disk.
const (
	eventKeys = 'e' // position → record
	headKeys  = 'h' // stream → head
	indexKeys = 'i' // stream, revision → position
	spaceKeys = 's' // → position up to which events may have been reclaimed
)

func scavengedKey() []byte { return []byte{spaceKeys} }

const eventKeySize = 1 + 8

func eventKey(p eventlog.Position) []byte {
	return appendEventKey(make([]byte, 0, eventKeySize), p)
}

func appendEventKey(b []byte, p eventlog.Position) []byte {
	return binary.BigEndian.AppendUint64(append(b, eventKeys), uint64(p))
}

func positionOf(eventKey []byte) eventlog.Position {
	return eventlog.Position(binary.BigEndian.Uint64(eventKey[1:]))
}

func headKey(stream string) []byte {
	return appendHeadKey(make([]byte, 0, 1+len(stream)), stream)
}

func appendHeadKey(b []byte, stream string) []byte {
	return append(append(b, headKeys), stream...)
}

// An index key carries the length of the name before the name, so that no stream's keys lie between those of another.
func appendIndexKey(b []byte, stream string, revision int64) []byte {
	b = binary.BigEndian.AppendUint16(append(b, indexKeys), uint16(len(stream)))
	return binary.BigEndian.AppendUint64(append(b, stream...), uint64(revision))
}

func indexKey(stream string, revision int64) []byte {
	return appendIndexKey(make([]byte, 0, indexKeySize(stream)), stream, revision)
}

func indexKeySize(stream string) int { return 1 + 2 + len(stream) + 8 }

func revisionOf(indexKey []byte) int64 {
	return int64(binary.BigEndian.Uint64(indexKey[len(indexKey)-8:]))
}
