// Package eventlog is the vocabulary that the wire and the store share: events, expected revisions, and how a request can be refused.
package eventlog

import (
	"errors"
	"math"
	"strings"
	"time"
)

// DeletedRevision is the revision of the tombstone that ends a stream for good.
const DeletedRevision int64 = math.MaxInt64

// NoRevision is the last revision of a stream that holds no event.
const NoRevision int64 = -1

// Types that the store writes by itself.
const (
	MetadataType  = "$metadata"
	TombstoneType = "$streamDeleted"
	LinkType      = "$>"
)

var (
	// ErrStreamDeleted says that the stream carries a tombstone, or that it was to exist and is soft-deleted.
	ErrStreamDeleted = errors.New("the stream is deleted")
	// ErrStreamNotFound says that the stream never held an event, or is soft-deleted.
	ErrStreamNotFound = errors.New("the stream is not found")
	// ErrInvalidStream says that no stream can have this name.
	ErrInvalidStream = errors.New("the stream name is not valid")
	// ErrClosed says that the log takes no more requests.
	ErrClosed = errors.New("the log is closed")
	// ErrFull says that the disk is full; the log goes on by itself when there is space.
	ErrFull = errors.New("there is no space left for the log")
	// ErrStopped says that a write could not be made durable, after which nothing more is accepted.
	ErrStopped = errors.New("the log stopped after a failed write")
)

// WrongRevision refuses an append: the stream is elsewhere than the writer expected.
type WrongRevision struct {
	Expected Expected
	Current  int64
}

// Error names the difference without naming the stream.
func (e *WrongRevision) Error() string { return "the stream is at another revision than expected" }

// Position is a place in the log. The first event has a position above zero.
type Position uint64

// Expected is what a writer believes of a stream: a revision from zero, or one of the constants.
type Expected int64

// What can be expected besides a revision.
const (
	NoStream     Expected = -1
	Any          Expected = -2
	StreamExists Expected = -4
)

// ID identifies an event; the store compares ids to recognise a repeated append.
type ID [16]byte

// Proposed is an event on its way into a stream.
type Proposed struct {
	ID       ID
	Type     string
	JSON     bool
	Data     []byte
	Metadata []byte
}

// Ticks is an instant as the wire tells it: hundreds of nanoseconds since the Unix epoch.
type Ticks int64

// TicksOf rounds an instant down to the tick.
func TicksOf(t time.Time) Ticks { return Ticks(t.Unix()*1e7 + int64(t.Nanosecond())/100) }

// Time is the instant in UTC.
func (t Ticks) Time() time.Time {
	return time.Unix(int64(t)/1e7, int64(t)%1e7*100).UTC()
}

// Event is a recorded event. Its texts share one immutable string, so that reading one costs one allocation.
type Event struct {
	ID       ID
	Stream   string
	Revision int64
	Position Position
	Created  Ticks
	Type     string
	JSON     bool
	Data     string
	Metadata string
}

// Append asks for events at the end of a stream: all or none, contiguous.
type Append struct {
	Stream   string
	Expected Expected
	Events   []Proposed
}

// Appended says where the last event of an append is, now or since an earlier identical append.
// Position is zero when there is none: after an append of no events.
type Appended struct {
	Revision int64
	Position Position
}

// StreamRead asks for one page of a stream.
type StreamRead struct {
	Stream    string
	From      int64 // inclusive; DeletedRevision backwards means from the end
	Backwards bool
	Limit     int // events at most
	// Untruncated shows also what metadata hides, as a live subscription does: it was there when it was written.
	Untruncated bool
}

// StreamPage is one page of a stream, and where the next begins.
type StreamPage struct {
	Events []Event
	Next   int64
	End    bool
	First  int64 // lowest revision that metadata leaves visible
	Last   int64 // last revision of the stream
}

// AllRead asks for one page of the whole log.
type AllRead struct {
	From      Position // inclusive forwards, exclusive backwards
	Backwards bool
	Limit     int                                 // matching events at most
	Consider  int                                 // events to look at at most; zero means no bound of its own
	Match     func(stream, eventType []byte) bool // nil matches all; it must not keep its arguments
}

// AllPage is one page of the log. Next continues it in the direction of the read.
type AllPage struct {
	Events         []Event
	Next           Position
	Considered     int
	LastConsidered Position
	End            bool
}

// MetastreamOf names the stream that holds the metadata of another.
func MetastreamOf(stream string) string { return "$$" + stream }

// OriginalOf names the stream that a metastream describes.
func OriginalOf(stream string) (string, bool) { return strings.CutPrefix(stream, "$$") }

// MaxStreamName bounds the length of a stream name in bytes.
const MaxStreamName = 16 << 10

// ValidStream reports whether a stream can have this name.
func ValidStream(name string) bool {
	return name != "" && name != "$$" && len(name) <= MaxStreamName
}
