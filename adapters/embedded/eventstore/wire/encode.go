package wire

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// frame is a message that is encoded already.
type frame []byte

// codec sends frames as they are and leaves all else to the stock codec. Recorded events are written field by field
// from the store's bytes, and proposed ones are read where they lie: building the generated messages and their maps cost
// most of a catch-up, and more than the store's part of an append.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(proto.Name)} }

// Unmarshal takes the messages of an append apart without the generated ones.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if m, ok := v.(*appendMessage); ok {
		return m.receive(data)
	}
	return c.CodecV2.Unmarshal(data, v)
}

func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if f, ok := v.(frame); ok {
		return mem.BufferSlice{mem.SliceBuffer(f)}, nil
	}
	return c.CodecV2.Marshal(v)
}

// Field numbers of ReadResp, AppendResp and the messages within them. Newer servers say more in checkpoint and caught_up than the
// messages that the official client was generated from can hold.
const (
	respEvent      = 1
	respCheckpoint = 3
	respCaughtUp   = 8

	checkpointCommit  = 1
	checkpointPrepare = 2
	checkpointAt      = 3

	caughtUpAt       = 1
	caughtUpRevision = 2
	caughtUpPosition = 3

	appendRespSuccess = 1
	successRevision   = 1
	successNoStream   = 2
	successPosition   = 3
	successNoPosition = 4

	timestampSeconds = 1
	timestampNanos   = 2

	readEvent          = 1
	readLink           = 2
	readCommitPosition = 3

	recordedID       = 1
	recordedStream   = 2
	recordedRevision = 3
	recordedPrepare  = 4
	recordedCommit   = 5
	recordedProperty = 6
	recordedCustom   = 7
	recordedData     = 8

	streamName     = 3
	uuidStructured = 1
	uuidString     = 2
)

// encodeEvent is a ReadResp with an event, and with the link that led to it. A link whose event is gone comes alone.
func encodeEvent(event, link *eventlog.Event, idsAsText bool) frame {
	original := event
	if link != nil {
		original = link
	}
	var eventSize, linkSize, size int
	if event != nil {
		eventSize = recordedSize(event, idsAsText)
		size += 1 + protowire.SizeBytes(eventSize)
	}
	if link != nil {
		linkSize = recordedSize(link, idsAsText)
		size += 1 + protowire.SizeBytes(linkSize)
	}
	size += 1 + protowire.SizeVarint(uint64(original.Position))

	b := make([]byte, 0, 1+protowire.SizeBytes(size))
	b = appendHeader(b, respEvent, size)
	if event != nil {
		b = appendHeader(b, readEvent, eventSize)
		b = appendRecorded(b, event, idsAsText)
	}
	if link != nil {
		b = appendHeader(b, readLink, linkSize)
		b = appendRecorded(b, link, idsAsText)
	}
	return appendNumber(b, readCommitPosition, uint64(original.Position))
}

// encodeAppended is the AppendResp of an append that succeeded.
func encodeAppended(a eventlog.Appended) frame {
	var b []byte
	if a.Revision == eventlog.NoRevision {
		b = appendHeader(b, successNoStream, 0)
	} else {
		b = appendNumber(b, successRevision, uint64(a.Revision))
	}
	if a.Position > 0 {
		b = append(b, within(successPosition, appendPosition(nil, 1, 2, a.Position))...)
	} else {
		b = appendHeader(b, successNoPosition, 0)
	}
	return within(appendRespSuccess, b)
}

// encodeCheckpoint is a ReadResp that says up to where a filtered reader has been sent all that matched.
func encodeCheckpoint(position eventlog.Position, at time.Time) frame {
	b := appendPosition(nil, checkpointCommit, checkpointPrepare, position)
	return within(respCheckpoint, appendTime(b, checkpointAt, at))
}

// encodeCaughtUp is a ReadResp that says from where a reader could go on: at a revision of its stream, or at a position
// of the log. Both are absent where there is no event yet.
func encodeCaughtUp(at time.Time, revision int64, position eventlog.Position) frame {
	b := appendTime(nil, caughtUpAt, at)
	if revision >= 0 {
		b = appendNumber(b, caughtUpRevision, uint64(revision))
	}
	if position > 0 {
		b = append(b, within(caughtUpPosition, appendPosition(nil, 1, 2, position))...)
	}
	return within(respCaughtUp, b)
}

func within(field protowire.Number, message []byte) frame {
	return append(appendHeader(nil, field, len(message)), message...)
}

func appendPosition(b []byte, commit, prepare protowire.Number, position eventlog.Position) []byte {
	return appendNumber(appendNumber(b, commit, uint64(position)), prepare, uint64(position))
}

func appendTime(b []byte, field protowire.Number, at time.Time) []byte {
	t := appendNumber(nil, timestampSeconds, uint64(at.Unix()))
	return append(b, within(field, appendNumber(t, timestampNanos, uint64(at.Nanosecond())))...)
}

func recordedSize(e *eventlog.Event, idsAsText bool) int {
	position := 1 + protowire.SizeVarint(uint64(e.Position))
	return 1 + protowire.SizeBytes(idSize(e.ID, idsAsText)) +
		1 + protowire.SizeBytes(1+protowire.SizeBytes(len(e.Stream))) +
		1 + protowire.SizeVarint(uint64(e.Revision)) +
		position + position +
		propertySize("type", e.Type) + propertySize("created", created(e)) + propertySize("content-type", contentType(e)) +
		1 + protowire.SizeBytes(len(e.Metadata)) +
		1 + protowire.SizeBytes(len(e.Data))
}

func appendRecorded(b []byte, e *eventlog.Event, idsAsText bool) []byte {
	b = appendHeader(b, recordedID, idSize(e.ID, idsAsText))
	b = appendID(b, e.ID, idsAsText)
	b = appendHeader(b, recordedStream, 1+protowire.SizeBytes(len(e.Stream)))
	b = appendText(b, streamName, e.Stream)
	b = appendNumber(b, recordedRevision, uint64(e.Revision))
	b = appendNumber(b, recordedPrepare, uint64(e.Position))
	b = appendNumber(b, recordedCommit, uint64(e.Position))
	b = appendProperty(b, "type", e.Type)
	b = appendProperty(b, "created", created(e))
	b = appendProperty(b, "content-type", contentType(e))
	b = appendText(b, recordedCustom, e.Metadata)
	return appendText(b, recordedData, e.Data)
}

// created is always a number: the official client ends its process over one that does not parse.
func created(e *eventlog.Event) string { return strconv.FormatInt(int64(e.Created), 10) }

func contentType(e *eventlog.Event) string {
	if e.JSON {
		return jsonContent
	}
	return "application/octet-stream"
}

func idSize(id eventlog.ID, asText bool) int {
	if asText {
		return 1 + protowire.SizeBytes(36)
	}
	return 1 + protowire.SizeBytes(structuredSize(id))
}

func structuredSize(id eventlog.ID) int {
	return 2 + protowire.SizeVarint(binary.BigEndian.Uint64(id[:8])) + protowire.SizeVarint(binary.BigEndian.Uint64(id[8:]))
}

func appendID(b []byte, id eventlog.ID, asText bool) []byte {
	if asText {
		return appendText(b, uuidString, uuid.UUID(id).String())
	}
	b = appendHeader(b, uuidStructured, structuredSize(id))
	b = appendNumber(b, 1, binary.BigEndian.Uint64(id[:8]))
	return appendNumber(b, 2, binary.BigEndian.Uint64(id[8:]))
}

// A map travels as repeated entries, each with its key and its value.
func propertySize(key, value string) int {
	return 1 + protowire.SizeBytes(2+protowire.SizeBytes(len(key))+protowire.SizeBytes(len(value)))
}

func appendProperty(b []byte, key, value string) []byte {
	b = appendHeader(b, recordedProperty, 2+protowire.SizeBytes(len(key))+protowire.SizeBytes(len(value)))
	b = appendText(b, 1, key)
	return appendText(b, 2, value)
}

func appendHeader(b []byte, field protowire.Number, size int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.BytesType), uint64(size))
}

func appendText(b []byte, field protowire.Number, text string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), text)
}

func appendNumber(b []byte, field protowire.Number, n uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), n)
}
