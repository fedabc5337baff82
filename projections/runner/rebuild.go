package runner

import (
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
)

// Kind says what a generation is built for.
type Kind string

// The kinds of rebuilds.
const (
	Replace  Kind = "rebuild"  // it takes the place of the live one, if the rows are the same
	Verify   Kind = "verify"   // it is compared with the live one, and dropped
	Rollback Kind = "rollback" // the previous one is brought up to date, and takes the place of the live one
	Until    Kind = "until"    // it shows the tables as they were, under a name, and stays
)

// Phase says how far a rebuild is.
type Phase string

// The phases of a rebuild. The last four are ends.
const (
	Queued    Phase = "waiting"   // nobody has begun
	Building  Phase = "building"  // it follows the log from the beginning
	Indexing  Phase = "indexing"  // its indexes are made
	Joining   Phase = "joining"   // it catches up with the live one
	Comparing Phase = "comparing" // both get every batch, and are compared
	Done      Phase = "done"
	Differs   Phase = "differs"
	Cancelled Phase = "cancelled"
	Failed    Phase = "failed"
)

// The faults of rebuilds.
var (
	ErrDiffers      = fault.New(fault.Conflict, "projections.differ", "the generation that was built has other rows than the live one, which stays")
	ErrBusy         = fault.New(fault.Conflict, "projections.busy", "another rebuild of this group is not finished")
	ErrNoPrevious   = fault.New(fault.NotFound, "projections.no-previous", "there is no previous generation of this group")
	ErrNoGeneration = fault.New(fault.NotFound, "projections.no-generation", "this build's generation of the group is not there yet; its projector makes it")
	ErrNotFed       = fault.New(fault.Conflict, "projections.not-fed", "the generation beside the live one was not at the same position as that")
	ErrCancelled    = fault.New(fault.Conflict, "projections.cancelled", "the rebuild was cancelled")
	ErrFuture       = fault.New(fault.Invalid, "projections.beyond-the-log", "this is beyond the end of the log")
	ErrName         = fault.New(fault.Invalid, "projections.invalid-name", "a name has 1 to 20 lower-case letters, digits and underscores, and begins with a letter")
	ErrPassed       = fault.New(fault.Conflict, "projections.passed", "the group is past this position: what it shows already cannot be skipped")
	ErrNoRebuild    = fault.New(fault.NotFound, "projections.no-rebuild", "there is no such rebuild")
)

// Faults lists every fault of rebuilds.
func Faults() []*fault.Fault {
	return []*fault.Fault{
		ErrDiffers, ErrBusy, ErrNoPrevious, ErrNoGeneration, ErrNotFed, ErrCancelled, ErrFuture, ErrName, ErrPassed, ErrNoRebuild,
	}
}

// Rebuild is one building of a generation that somebody asked for.
type Rebuild struct {
	ID            uuid.UUID
	Group         string
	Kind          Kind
	Schema        string         // of the live generation
	Beside        string         // of the generation that is built
	Name          string         // of Until
	UntilPosition event.Position // of Until, 0 when a time is meant
	UntilTime     time.Time
	AskedBy       string
	AskedAt       time.Time
	Progress      Progress
	Cancelled     bool // somebody asked to end it
	NotedAt       time.Time
	FinishedAt    time.Time // zero while it is not
	Reason        string    // why it ended as it did
	Comparison    *Comparison
}

// Progress is how far a rebuild is.
type Progress struct {
	Phase    Phase
	Position event.Position // of the generation that is built
	Target   event.Position // where it goes, as far as is known
	Events   int64          // that were projected, since whoever works at it began
}

// Comparison is what came of comparing two generations at one position.
type Comparison struct {
	Position event.Position  `json:"position"`
	Tables   []ComparedTable `json:"tables"`
	// Differences are the first of the rows that differ; Differing says how many there are.
	Differences []Difference `json:"differences,omitempty"`
	Differing   int64        `json:"differing"`
}

// ComparedTable is one table in both generations; the hash is of all its rows in the order of their keys.
type ComparedTable struct {
	Table  string `json:"table"`
	Rows   int64  `json:"rows"`
	Hash   string `json:"hash"`
	Beside string `json:"beside"` // the hash of the table in the generation beside
}

// How a row differs.
const (
	Missing = "missing" // the live generation has it, the one beside has not
	Extra   = "extra"   // the other way round
	Changed = "changed" // both have it, and not the same in all columns
)

// Difference names a row that differs, and never what is in it: keys are ids and never personal.
type Difference struct {
	Table   string            `json:"table"`
	Key     map[string]string `json:"key"`
	How     string            `json:"how"`
	Columns []string          `json:"columns,omitempty"`
}

// Equal says whether no row differs.
func (c *Comparison) Equal() bool { return c.Differing == 0 }
