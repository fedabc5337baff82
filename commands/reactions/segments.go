package reactions

import (
	"context"
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
	reviewed bool           // everything, since this process leads
	recorded event.Position // up to where this process recorded members
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
	if err := s.Members.Await(ctx, max(events[len(events)-1].Position, s.recorded)); err != nil {
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
	why := reason{org: org, upTo: c.last.Position, asked: func(what string, ordinal int) context.Context {
		return Because(ctx, Segmenting+"/"+what, c.last, ordinal, event.System)
	}}
	var looks []look
	for _, each := range segments {
		switch {
		case c.segments[each.ID]:
			why.among, why.cause = nil, segment.OfSegment
		case c.all:
			why.among, why.cause = nil, segment.OfReview
		case len(touched) > 0:
			why.among, why.cause = touched, segment.OfContacts
		default:
			continue
		}
		looks = append(looks, look{each, why})
	}
	return s.compare(ctx, looks)
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
		why := reason{org: org, cause: segment.OfReview, upTo: done, asked: asking(ctx, org)}
		var looks []look
		for _, each := range segments {
			if !s.reviewed || filter.CountsDays(each.Filter) {
				looks = append(looks, look{each, why})
			}
		}
		if err := s.compare(ctx, looks); err != nil {
			return 0, err
		}
	}
	s.reviewed = true
	return max(s.Every, reviewShare*time.Since(began)), nil
}

// asking answers the contexts of commands that follow from no event.
func asking(ctx context.Context, org organization.ID) func(string, int) context.Context {
	return func(string, int) context.Context {
		return commands.WithOrigin(ctx, commands.Origin{Organization: org, Actor: event.Actor{Kind: "system"}, Source: event.System})
	}
}
