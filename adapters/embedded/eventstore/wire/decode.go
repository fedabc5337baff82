package wire

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"

	"github.com/google/uuid"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"tagtrail/adapters/embedded/eventstore/eventlog"
)

// appendMessage is an AppendReq, taken apart where it lies: building the generated messages and their maps cost more
// than to store the event.
type appendMessage struct {
	content appendContent
	options appendOptions
	event   appendEvent
	buffer  mem.Buffer // holds the event's data and metadata
}

type appendContent int

const (
	noContent appendContent = iota
	optionsContent
	eventContent
)

type appendOptions struct {
	stream   []byte
	expected eventlog.Expected
	said     bool // whether anything is expected
	unknown  bool // whether there is an option that this server does not know
}

type appendEvent struct {
	id            eventlog.ID
	idText        string // what was sent in place of an id in two numbers
	kind          string
	json          bool
	typed, formed bool // whether the event's type and content type were sent
	custom, data  []byte
}

// Field numbers of AppendReq and the messages within it.
const (
	appendReqOptions = 1
	appendReqEvent   = 2

	optionsStream   = 1
	optionsRevision = 2
	optionsNoStream = 3
	optionsAny      = 4
	optionsExists   = 5

	proposedID       = 1
	proposedProperty = 2
	proposedCustom   = 3
	proposedData     = 4

	entryKey   = 1
	entryValue = 2
)

var errNotProtobuf = errors.New("the message is no protobuf")

// receive takes the bytes of one message, and keeps them until release.
func (m *appendMessage) receive(data mem.BufferSlice) error {
	*m = appendMessage{buffer: data.MaterializeToBuffer(mem.DefaultBufferPool())}
	c := cursor{rest: m.buffer.ReadOnlyData()}
	for c.next() {
		switch {
		case c.is(appendReqOptions, protowire.BytesType):
			if m.content != optionsContent {
				m.content, m.options = optionsContent, appendOptions{}
			}
			c.fail(m.options.decode(c.bytes()))
		case c.is(appendReqEvent, protowire.BytesType):
			if m.content != eventContent {
				m.content, m.event = eventContent, appendEvent{}
			}
			c.fail(m.event.decode(c.bytes()))
		default:
			c.skip()
		}
	}
	return c.err
}

// release gives the bytes of the message back. Nothing of the event may be used after it.
func (m *appendMessage) release() { m.buffer.Free() }

func (o *appendOptions) decode(b []byte) error {
	c := cursor{rest: b}
	for c.next() {
		switch {
		case c.is(optionsStream, protowire.BytesType):
			inner := cursor{rest: c.bytes()}
			for inner.next() {
				if inner.is(streamName, protowire.BytesType) {
					o.stream = inner.bytes()
				} else {
					inner.skip()
				}
			}
			c.fail(inner.err)
		case c.is(optionsRevision, protowire.VarintType):
			o.expected, o.said = expectedRevision(c.varint()), true
		case c.is(optionsNoStream, protowire.BytesType):
			o.expects(eventlog.NoStream, &c)
		case c.is(optionsAny, protowire.BytesType):
			o.expects(eventlog.Any, &c)
		case c.is(optionsExists, protowire.BytesType):
			o.expects(eventlog.StreamExists, &c)
		default:
			o.unknown = true
			c.skip()
		}
	}
	return c.err
}

func (o *appendOptions) expects(what eventlog.Expected, c *cursor) {
	o.expected, o.said = what, true
	empty := cursor{rest: c.bytes()}
	for empty.next() {
		empty.skip()
	}
	c.fail(empty.err)
}

func (e *appendEvent) decode(b []byte) error {
	c := cursor{rest: b}
	for c.next() {
		switch {
		case c.is(proposedID, protowire.BytesType):
			c.fail(e.decodeID(c.bytes()))
		case c.is(proposedProperty, protowire.BytesType):
			c.fail(e.decodeProperty(c.bytes()))
		case c.is(proposedCustom, protowire.BytesType):
			e.custom = c.bytes()
		case c.is(proposedData, protowire.BytesType):
			e.data = c.bytes()
		default:
			c.skip()
		}
	}
	return c.err
}

func (e *appendEvent) decodeID(b []byte) error {
	c := cursor{rest: b}
	for c.next() {
		switch {
		case c.is(uuidStructured, protowire.BytesType):
			e.idText = ""
			c.fail(e.decodeNumbers(c.bytes()))
		case c.is(uuidString, protowire.BytesType):
			e.id, e.idText = eventlog.ID{}, string(c.text())
		default:
			c.skip()
		}
	}
	return c.err
}

func (e *appendEvent) decodeNumbers(b []byte) error {
	c := cursor{rest: b}
	for c.next() {
		switch {
		case c.is(1, protowire.VarintType):
			binary.BigEndian.PutUint64(e.id[:8], c.varint())
		case c.is(2, protowire.VarintType):
			binary.BigEndian.PutUint64(e.id[8:], c.varint())
		default:
			c.skip()
		}
	}
	return c.err
}

func (e *appendEvent) decodeProperty(b []byte) error {
	var key, value []byte
	c := cursor{rest: b}
	for c.next() {
		switch {
		case c.is(entryKey, protowire.BytesType):
			key = c.text()
		case c.is(entryValue, protowire.BytesType):
			value = c.text()
		default:
			c.skip()
		}
	}
	switch string(key) {
	case "type":
		e.kind, e.typed = string(value), true
	case "content-type":
		e.json, e.formed = string(value) == jsonContent, true
	}
	return c.err
}

// identity is the event's id, whichever way it was sent.
func (e *appendEvent) identity() (eventlog.ID, error) {
	if e.idText == "" {
		return e.id, nil
	}
	parsed, err := uuid.Parse(e.idText)
	if err != nil {
		return eventlog.ID{}, invalid("an event id is no UUID")
	}
	return eventlog.ID(parsed), nil
}

// cursor walks through the fields of a message and remembers the first thing that is wrong.
type cursor struct {
	rest   []byte
	number protowire.Number
	kind   protowire.Type
	err    error
}

// next goes to the next field, whose value must then be taken or skipped.
func (c *cursor) next() bool {
	if c.err != nil || len(c.rest) == 0 {
		return false
	}
	number, kind, n := protowire.ConsumeTag(c.rest)
	if number > protowire.MaxValidNumber {
		n = -1
	}
	c.number, c.kind = number, kind
	return c.advance(n)
}

func (c *cursor) advance(n int) bool {
	if n < 0 {
		c.fail(errNotProtobuf)
		return false
	}
	c.rest = c.rest[n:]
	return true
}

func (c *cursor) is(number protowire.Number, kind protowire.Type) bool {
	return c.number == number && c.kind == kind
}

func (c *cursor) skip() { c.advance(protowire.ConsumeFieldValue(c.number, c.kind, c.rest)) }

func (c *cursor) varint() uint64 {
	value, n := protowire.ConsumeVarint(c.rest)
	c.advance(n)
	return value
}

func (c *cursor) bytes() []byte {
	value, n := protowire.ConsumeBytes(c.rest)
	c.advance(n)
	return value
}

// text are bytes that spell a text.
func (c *cursor) text() []byte {
	value := c.bytes()
	if !utf8.Valid(value) {
		c.fail(errNotProtobuf)
	}
	return value
}

func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}
