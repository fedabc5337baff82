// Package filter is the language in which somebody says which contacts are meant.
//
// A filter is a JSON object with one member. "all" and "any" hold filters, "not"
// holds one, and every other member is a leaf: something that a contact is, has
// or did. Reading one checks its form and its bounds. What it finds is told by
// the read models, which compile it; a segment keeps it as it was written.
package filter

import (
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/fault"
)

// Filter says which contacts are meant.
//
//sumtype:decl
type Filter interface{ isFilter() }

// All means the contacts that every one of the filters means; without any it means everybody.
type All []Filter

// Any means the contacts that one of the filters means.
type Any []Filter

// Not means everybody else.
type Not struct{ Filter Filter }

// Text means those who have it in a name, a number in whatever form it is written, or an e-mail address.
type Text string

// Flag means those of whom something is so, or is not.
type Flag struct {
	Of Name
	Is bool
}

// Words means those of whom something is one of the words.
type Words struct {
	Of    Name
	Words []string
}

// IDs means those who have to do with one of the things, or, of tags_all, with each, or, of tags_none, with none.
type IDs struct {
	Of  Name
	IDs []uuid.UUID
}

// Value means those who carry a valued tag actively, with one of the values or with a value that contains a text.
type Value struct {
	Tag      uuid.UUID
	Is       []string
	IsNot    []string // means also those who do not carry the tag at all
	Contains string
}

// Field means those who hold something in a custom field: anything, one of the values, one that contains a text, or one
// that lies between two. Values are written as people write them; what the field takes is told by its type.
type Field struct {
	Field     uuid.UUID
	Held      bool
	IsNot     bool // means everybody of whom the rest is not so, those who hold nothing included
	Is        []string
	Contains  string
	AtLeast   string
	Below     string
	OlderThan int // days ago, and more
	Within    int // days ago, and less, or yet to come
}

// Consent means those whose last word on a purpose is this.
type Consent struct {
	Purpose string
	Is      string
}

// The last words on a purpose. Where several contacts are one person, who said no as any of them says no.
const (
	Given     = "given"
	Withdrawn = "withdrawn"
	Unknown   = "unknown"
)

// Time means those of whom something happened at a time, or never.
type Time struct {
	Of           Name
	From, Before *Bound
	OlderThan    int // days ago, and more
	Within       int // days ago, and less
	Never        bool
}

func (All) isFilter()   {}
func (Any) isFilter()   {}
func (Not) isFilter()   {}
func (Text) isFilter()  {}
func (Flag) isFilter()  {}
func (Words) isFilter() {}
func (IDs) isFilter()   {}
func (Value) isFilter() {}
func (Time) isFilter()  {}
func (Field) isFilter() {}

func (Consent) isFilter() {}

// Name is what a member of a filter is called.
type Name string

// The leaves that share a form.
const (
	TagsAll  Name = "tags_all"  // carries each of them actively
	TagsAny  Name = "tags_any"  // carries one of them actively
	TagsNone Name = "tags_none" // carries none of them actively
	Owner    Name = "owner"
	Channel  Name = "channel" // was met there
	Segment  Name = "segment" // is meant by the filter of one of them

	LeadStatus Name = "lead_status"
	Country    Name = "country" // of the number that is shown
	Source     Name = "source"  // by which way the contact came
	Origin     Name = "origin"
	Language   Name = "language" // as it is shown; a language means all that is said of it, such as pt of pt-BR

	Conversation Name = "conversation" // how the conversations with the contact stand

	NoTags   Name = "no_tags" // carries none actively
	NoOwner  Name = "no_owner"
	HasEmail Name = "has_email"
	Archived Name = "archived"

	LegalHold Name = "legal_hold" // nothing of the person is erased

	OverLimit Name = "over_limit" // carries more active tags than a contact may be given
	OverPlan  Name = "over_plan"  // came by itself when the plan allowed no more contacts

	Created    Name = "created"
	FirstSeen  Name = "first_seen"
	LastSeen   Name = "last_seen"
	LastActive Name = "last_active"
)

// The bounds of a filter.
const (
	MaxDepth  = 8     // filters within filters
	MaxNodes  = 200   // filters in all
	MaxValues = 50    // of one leaf
	MaxText   = 200   // characters of a text
	MaxDays   = 36500 // of a time that is counted back
)

// The faults of filters.
var (
	ErrForm    = fault.New(fault.Invalid, "filter.invalid", "a filter is an object with one member: all, any, not, or one of the leaves")
	ErrUnknown = fault.New(fault.Invalid, "filter.unknown-leaf", "there is no such leaf")
	ErrTooDeep = fault.New(fault.Invalid, "filter.too-deep", "filters are nested at most 8 deep")
	ErrTooMany = fault.New(fault.Invalid, "filter.too-many", "a filter is made of at most 200 filters, and a leaf holds at most 50 values")
	ErrValue   = fault.New(fault.Invalid, "filter.invalid-value", "this is not what the leaf takes")
	ErrTime    = fault.New(fault.Invalid, "filter.invalid-time", "a time is an instant with its zone or a date, and a range ends behind its beginning")
	ErrSegment = fault.New(fault.Invalid, "filter.segment-in-segment", "the filter of a segment names no segment")
	ErrField   = fault.New(fault.Invalid, "filter.invalid-field", "the field does not take this: values are written as its type says, texts and addresses are searched, numbers, amounts and dates are compared, and days are counted to dates")
	ErrAsOf    = fault.New(fault.Invalid, "filter.not-as-of", "this cannot be asked as of then: what was known of persons is sealed, and lists of then are ordered by last seen")
)

// Faults lists every fault of filters.
func Faults() []*fault.Fault {
	return []*fault.Fault{ErrForm, ErrUnknown, ErrTooDeep, ErrTooMany, ErrValue, ErrTime, ErrSegment, ErrField, ErrAsOf}
}

// Bound is an instant, or a date, which begins in the organisation's zone.
type Bound struct {
	At   time.Time
	Date bool // At is midnight of the date in UTC
}

// Clock is what a filter that speaks of times is read by.
type Clock struct {
	Now  time.Time
	Zone *time.Location // UTC where it is nil
}

// Range answers from when on, and before when, something happened; nil is unbounded.
func (t Time) Range(clock Clock) (from, before *time.Time) {
	from, before = t.From.in(clock.zone()), t.Before.in(clock.zone())
	if t.Within > 0 {
		from = clock.daysAgo(t.Within)
	}
	if t.OlderThan > 0 {
		before = clock.daysAgo(t.OlderThan)
	}
	return from, before
}

func (b *Bound) in(zone *time.Location) *time.Time {
	if b == nil {
		return nil
	}
	at := b.At
	if b.Date {
		at = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone)
	}
	return &at
}

func (c Clock) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

func (c Clock) daysAgo(days int) *time.Time {
	at := c.Now.In(c.zone()).AddDate(0, 0, -days)
	return &at
}

// Each calls visit with every filter that a filter is made of, itself first.
func Each(f Filter, visit func(Filter)) {
	visit(f)
	switch f := f.(type) {
	case All:
		for _, part := range f {
			Each(part, visit)
		}
	case Any:
		for _, part := range f {
			Each(part, visit)
		}
	case Not:
		Each(f.Filter, visit)
	case Text, Flag, Words, IDs, Value, Time, Field, Consent:
	}
}

// CountsDays says whether time alone lets contacts be meant, or be meant no longer.
func CountsDays(f Filter) bool {
	found := false
	if f != nil {
		Each(f, func(f Filter) {
			switch leaf := f.(type) {
			case Time:
				found = found || leaf.OlderThan > 0 || leaf.Within > 0
			case Field:
				found = found || leaf.OlderThan > 0 || leaf.Within > 0
			case All, Any, Not, Text, Flag, Words, IDs, Value, Consent:
			}
		})
	}
	return found
}
