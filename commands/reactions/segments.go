package reactions

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/filter"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
	"tagtrail/domain/rule"
	"tagtrail/domain/segment"
)

// Segmenting is the name of the reaction that records who enters dynamic segments and who leaves them.
const Segmenting = "segments"

// DynamicSegment is a segment as it is compared with its members. The condition of a rule is one too, under the rule's id.
type DynamicSegment struct {
	ID         segment.ID
	Filter     filter.Filter  // nil means nobody
	Definition event.Revision // its own revision
	Since      event.Position // from where on it means whom it means
	Seen       event.Revision // of its members' own stream
}

// Members are the tables in which segments are compared with their members.
type Members interface {
	// Await waits until the tables show a position, and answers an error when they do not in time.
	Await(ctx context.Context, at event.Position) error
	// Segments answers the dynamic segments that can have members.
	Segments(ctx context.Context, org organization.ID) ([]DynamicSegment, error)
	// Differ answers who entered and who left, among some contacts or, nil, among all; of each at most so many.
	Differ(ctx context.Context, org organization.ID, s DynamicSegment, among []contact.ID, most int) (entered, left []contact.ID, err error)
}

const (
	// most is how many contacts are recorded at once: a few hundred kilobytes.
	most = 10_000
	// reviewEvery is how often time alone may let contacts in and out; a review that takes long comes less often.
	reviewEvery = time.Minute
	reviewShare = 20
)

// Segmentation is what it takes to record members of segments.
type Segmentation struct {
	Commands *commands.Service
	Members  Members
	Head     func(context.Context) (event.Position, error)
	Logger   *slog.Logger
	// Every is how often time alone lets contacts in and out; a minute when zero.
	Every time.Duration
}

// Reaction answers the reaction.
func (s Segmentation) Reaction() Reaction {
	if s.Every == 0 {
		s.Every = reviewEvery
	}
	r := &segmentation{Segmentation: s}
	return Reaction{Name: Segmenting, Asks: concernsSegments, React: r.react, Most: 1_000, Review: r.review, Patience: 10 * time.Minute}
}

type segmentation struct {
	Segmentation
	reviewed bool // everything, since this process leads
}

// concernsSegments says whether an event may let contacts into a segment or out of it.
func concernsSegments(eventType string) bool {
	category, what, _ := strings.Cut(eventType, ".")
	switch category {
	case "contact", "message", "conversation":
		return true
	case "segment", "rule":
		return !strings.HasPrefix(what, "members-") && what != "renamed" && what != "acted"
	}
	return concernsAll(eventType)
}

// concernsAll says whether an event may do so with any contact of the organisation.
func concernsAll(eventType string) bool {
	switch eventType {
	case "tag.deleted", "tag.restored", "tag.merged", "tag.unmerged", "organization.tag-limit-changed":
		return true
	}
	return strings.HasPrefix(eventType, "organization.field-")
}

// change is what was recorded of an organisation: about some contacts, about segments, or what may concern all.
type change struct {
	contacts map[contact.ID]bool
	segments map[segment.ID]bool
	all      bool
	last     Event
}

func (c *change) add(e Event) {
	c.last = e
	switch said := e.Data.(type) {
	case message.Event:
		if of := event.Subject(e.Stream, said); of != uuid.Nil {
			c.contacts[contact.ID{UUID: of}] = true
		}
	case conversation.Event:
		if with, ok := conversation.Of(e.Stream); ok {
			c.contacts[with] = true
		}
	case contact.Event:
		c.contacts[contact.ID{UUID: event.Subject(e.Stream, said)}] = true
	case segment.Event:
		c.segments[segment.ID{UUID: event.Subject(e.Stream, said)}] = true
	case rule.Event:
		c.segments[segment.ID{UUID: event.Subject(e.Stream, said)}] = true
	default:
		c.all = true
	}
}

// react compares the segments of each organisation with those whom something was recorded about.
func (s *segmentation) react(ctx context.Context, events []Event) error {
	changes := map[uuid.UUID]*change{}
	for _, e := range events {
		of := changes[e.Org()]
		if of == nil {
			of = &change{contacts: map[contact.ID]bool{}, segments: map[segment.ID]bool{}}
			changes[e.Org()] = of
		}
		of.add(e)
	}
	if err := s.Members.Await(ctx, events[len(events)-1].Position); err != nil {
		return err
	}
	for _, id := range slices.SortedFunc(maps.Keys(changes), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }) {
		if err := s.follow(ctx, organization.ID{UUID: id}, changes[id]); err != nil {
			return err
		}
	}
	return nil
}

func (s *segmentation) follow(ctx context.Context, org organization.ID, c *change) error {
	segments, err := s.Members.Segments(ctx, org)
	if err != nil {
		return err
	}
	touched := slices.Collect(maps.Keys(c.contacts))
	look := comparison{org: org, upTo: c.last.Position, asked: func(ordinal int) context.Context {
		return Because(ctx, Segmenting, c.last, ordinal, event.System)
	}}
	for _, each := range segments {
		switch {
		case c.segments[each.ID]:
			look.among, look.cause = nil, segment.OfSegment
		case c.all:
			look.among, look.cause = nil, segment.OfReview
		case len(touched) > 0:
			look.among, look.cause = touched, segment.OfContacts
		default:
			continue
		}
		if err := s.compare(ctx, look, each); err != nil {
			return err
		}
	}
	return nil
}

// review compares every segment when this process begins to lead, since it may have begun after all that is recorded, and
// those that speak of so many days ago each time.
func (s *segmentation) review(ctx context.Context, done event.Position) (time.Duration, error) {
	began := time.Now()
	head, err := s.Head(ctx)
	if err != nil {
		return 0, err
	}
	if err := s.Members.Await(ctx, head); err != nil { // tables that are being built show contacts that seem to have left
		return 0, err
	}
	orgs, err := s.Commands.Organizations(ctx)
	if err != nil {
		return 0, err
	}
	for _, org := range orgs {
		segments, err := s.Members.Segments(ctx, org)
		if err != nil {
			return 0, err
		}
		look := comparison{org: org, cause: segment.OfReview, upTo: done, asked: asking(ctx, org)}
		for _, each := range segments {
			if s.reviewed && !filter.CountsDays(each.Filter) {
				continue
			}
			if err := s.compare(ctx, look, each); err != nil {
				return 0, err
			}
		}
	}
	s.reviewed = true
	return max(s.Every, reviewShare*time.Since(began)), nil
}

// asking answers the contexts of commands that follow from no event.
func asking(ctx context.Context, org organization.ID) func(int) context.Context {
	return func(int) context.Context {
		return commands.WithOrigin(ctx, commands.Origin{Organization: org, Actor: event.Actor{Kind: "system"}, Source: event.System})
	}
}

// comparison is why segments are compared with their members, and among whom.
type comparison struct {
	org   organization.ID
	among []contact.ID // nil is all
	cause segment.Cause
	upTo  event.Position // up to where what was recorded is the reason
	asked func(ordinal int) context.Context
}

// compare records who entered and who left until there is nothing more to record. What it records next depends on what the
// tables showed, so each command is told apart by that: one that meets a stream which moved since is refused, and the
// comparison is made again.
//
// A segment that was defined behind the reason is left alone: the event that defines it is a reason of its own, and whom the
// definition means from its beginning on must not be taken for those who came later.
func (s *segmentation) compare(ctx context.Context, c comparison, of DynamicSegment) error {
	for of.Since <= c.upTo {
		entered, left, err := s.Members.Differ(ctx, c.org, of, c.among, most)
		if f := fault.Of(err); f != nil && f.Kind != fault.Unavailable {
			// It was right when somebody wrote it: a field is of another type by now, or an option is gone.
			s.Logger.WarnContext(ctx, "segment cannot be compared with its members", "organization", c.org.String(), "segment", of.ID.String(), "code", f.Code)
			return nil
		}
		if err != nil || len(entered)+len(left) == 0 {
			return err
		}
		cmd := commands.RecordMembers{Segment: of.ID, Entered: entered, Left: left, Definition: of.Definition, Cause: c.cause, Seen: of.Seen}
		receipt, err := s.Commands.RecordMembers(c.asked(int(of.Seen)+1), cmd)
		if err != nil {
			return err
		}
		s.Logger.DebugContext(ctx, "members of a segment recorded", "segment", of.ID.String(), "entered", len(entered), "left", len(left))
		if err := s.Members.Await(ctx, receipt.Position); err != nil {
			return err
		}
		if of, err = s.again(ctx, c.org, of.ID); errors.Is(err, errNoSegment) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

var errNoSegment = errors.New("the segment has no members and means nobody")

// again answers a segment as the tables show it now.
func (s *segmentation) again(ctx context.Context, org organization.ID, id segment.ID) (DynamicSegment, error) {
	segments, err := s.Members.Segments(ctx, org)
	if err != nil {
		return DynamicSegment{}, err
	}
	for _, each := range segments {
		if each.ID == id {
			return each, nil
		}
	}
	return DynamicSegment{}, errNoSegment
}
