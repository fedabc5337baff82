package reactions_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/commands/commandstest"
	"tagtrail/commands/reactions"
	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/filter"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
	"tagtrail/domain/segment"
	"tagtrail/domain/tag"
)

// group is a segment as its tables show it, and whom it means.
type group struct {
	reactions.DynamicSegment
	means []contact.ID
	in    []contact.ID
	fails error
}

// segments is a world whose tables are in memory and follow the log when somebody waits for them.
type segments struct {
	*commandstest.World
	groups   []*group
	stale    int // how often the tables do not follow although somebody waits
	awaited  event.Position
	compared int
	reaction reactions.Reaction
}

func newSegments(t *testing.T, filters ...filter.Filter) *segments {
	t.Helper()
	s := &segments{World: commandstest.New(t)}
	for i, f := range filters {
		s.groups = append(s.groups, &group{DynamicSegment: reactions.DynamicSegment{
			ID: segment.ID{UUID: uuid.New()}, Filter: f, Definition: event.Revision(i), Seen: event.NoStream,
		}})
	}
	s.reaction = reactions.Segmentation{
		Commands: s.Service, Members: s, Logger: slog.New(slog.DiscardHandler), Every: time.Hour,
		Head: func(context.Context) (event.Position, error) { return event.Position(len(s.Store.All())), nil },
	}.Reaction()
	return s
}

// Await lets the tables follow.
func (s *segments) Await(_ context.Context, at event.Position) error {
	s.awaited = at
	if s.stale > 0 {
		s.stale--
		return nil
	}
	for _, g := range s.groups {
		g.Seen = event.NoStream
		members := segment.Members{}
		for _, e := range s.Store.All() {
			if e, ok := event.As[segment.MembersEvent](e); ok && e.Stream == g.ID.MembersStream() {
				g.Seen = e.Revision
				members.Apply(e)
			}
		}
		g.in = slices.Collect(maps.Keys(members))
	}
	return nil
}

// Segments answers all.
func (s *segments) Segments(context.Context, organization.ID) ([]reactions.DynamicSegment, error) {
	var all []reactions.DynamicSegment
	for _, g := range s.groups {
		all = append(all, g.DynamicSegment)
	}
	return all, nil
}

// Differ compares by hand.
func (s *segments) Differ(_ context.Context, _ organization.ID, of reactions.DynamicSegment, among []contact.ID, most int) (entered, left []contact.ID, err error) {
	s.compared++
	for _, g := range s.groups {
		if g.ID != of.ID {
			continue
		}
		missing := func(from, in []contact.ID) []contact.ID {
			var found []contact.ID
			for _, id := range from {
				if !slices.Contains(in, id) && (among == nil || slices.Contains(among, id)) && len(found) < most {
					found = append(found, id)
				}
			}
			return found
		}
		return missing(g.means, g.in), missing(g.in, g.means), g.fails
	}
	return nil, nil, nil
}

// happened answers events as reactions see them.
func (s *segments) happened(stream string, events ...event.Event) []reactions.Event {
	before := len(s.Store.All())
	s.Store.Put(stream, s.Metadata(), events...)
	return s.Store.All()[before:]
}

var (
	hot   = filter.Words{Of: filter.LeadStatus, Words: []string{"hot"}}
	quiet = filter.Time{Of: filter.LastSeen, OlderThan: 30}
)

// S3-19: members are those of whom something was recorded, and whom the segment means.
func TestWhoIsTouchedEntersAndLeavesOnce(t *testing.T) {
	t.Parallel()
	s := newSegments(t, hot)
	ana, bea, cleo := newContact(), newContact(), newContact()
	s.groups[0].means = []contact.ID{ana, bea, cleo}
	batch := slices.Concat(
		s.happened(ana.Stream(), contact.LeadStatusChanged{To: contact.Hot}),
		s.happened(message.ID{UUID: uuid.New()}.Stream(), message.Received{Contact: bea}, message.StatusReported{}),
	)
	for range 2 { // the second time is after a crash
		if err := s.reaction.React(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	s.groups[0].means = []contact.ID{ana, cleo}
	left := s.happened(conversation.Stream(bea), conversation.Opened{Number: 1})
	if err := s.reaction.React(t.Context(), left); err != nil {
		t.Fatal(err)
	}
	stream := s.groups[0].ID.MembersStream()
	recorded := s.Store.Events(stream)
	if len(recorded) != 2 {
		t.Fatalf("recorded %+v", recorded)
	}
	entered, _ := recorded[0].(segment.MembersEntered)
	if !sameContacts(entered.Contacts, ana, bea) || entered.Cause != segment.OfContacts || entered.Definition != 0 {
		t.Errorf("entered %+v", entered)
	}
	if diff := cmp.Diff(segment.MembersLeft{Contacts: []contact.ID{bea}, Cause: segment.OfContacts}, recorded[1]); diff != "" {
		t.Error(diff)
	}
	for _, e := range s.Store.All() {
		if e.Stream != stream {
			continue
		}
		if m := e.Metadata; m.Source != event.System || m.Actor != (event.Actor{Kind: "system"}) || m.CausationID == "" || m.Organization != s.Organization.UUID {
			t.Errorf("recorded with %+v", m)
		}
	}
	if s.awaited < left[0].Position {
		t.Errorf("the tables were waited for up to %d", s.awaited)
	}
}

func TestEverybodyIsLookedAtWhenTheSegmentOrTheCatalogueChanges(t *testing.T) {
	t.Parallel()
	s := newSegments(t, hot, hot)
	ana := newContact()
	s.groups[0].means, s.groups[1].means = []contact.ID{ana}, []contact.ID{ana}
	for _, test := range []struct {
		stream string
		event  event.Event
		want   segment.Cause
	}{
		{s.groups[0].ID.Stream(), segment.Redefined{}, segment.OfSegment},
		{s.Organization.CatalogStream(), tag.Restored{Tag: tag.ID{UUID: uuid.New()}}, segment.OfReview},
	} {
		if !s.reaction.Asks(test.event.EventName()) {
			t.Errorf("%s is not asked for", test.event.EventName())
		}
		if err := s.reaction.React(t.Context(), s.happened(test.stream, test.event)); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []segment.Cause{segment.OfSegment, segment.OfReview} {
		if diff := cmp.Diff([]event.Event{segment.MembersEntered{Contacts: []contact.ID{ana}, Definition: event.Revision(i), Cause: want}}, s.Store.Events(s.groups[i].ID.MembersStream())); diff != "" {
			t.Error(diff)
		}
	}
	for _, other := range []string{"segment.members-entered", "tag.renamed", "organization.key-created", "operation.started", "identity.claimed", "erasure.asked"} {
		if s.reaction.Asks(other) {
			t.Errorf("%s is asked for", other)
		}
	}
}

// The tables may be behind what was recorded before a crash: nothing is recorded twice then.
func TestNothingIsRecordedTwiceWhereTheTablesAreBehind(t *testing.T) {
	t.Parallel()
	s := newSegments(t, hot)
	ana := newContact()
	s.groups[0].means = []contact.ID{ana}
	batch := s.happened(ana.Stream(), contact.LeadStatusChanged{To: contact.Hot})
	if err := s.reaction.React(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	s.groups[0].in, s.groups[0].Seen, s.stale = nil, event.NoStream, 1
	bea := newContact()
	s.groups[0].means = []contact.ID{ana, bea}
	more := append(batch, s.happened(bea.Stream(), contact.LeadStatusChanged{To: contact.Hot})...)
	if err := s.reaction.React(t.Context(), more); !errors.Is(err, segment.ErrMembersMoved) {
		t.Fatalf("recorded on tables that are behind: %v", err)
	}
	if err := s.reaction.React(t.Context(), more); err != nil {
		t.Fatal(err)
	}
	want := []event.Event{
		segment.MembersEntered{Contacts: []contact.ID{ana}, Cause: segment.OfContacts},
		segment.MembersEntered{Contacts: []contact.ID{bea}, Cause: segment.OfContacts},
	}
	if diff := cmp.Diff(want, s.Store.Events(s.groups[0].ID.MembersStream())); diff != "" {
		t.Error(diff)
	}
}

// The same after the same events: the log must not take the command for one that it has seen.
func TestWhoIsMeantByNowIsRecordedBesideWhatWasRecordedBefore(t *testing.T) {
	t.Parallel()
	s := newSegments(t, hot)
	ana, bea := newContact(), newContact()
	batch := slices.Concat(s.happened(ana.Stream(), contact.LeadStatusChanged{To: contact.Hot}), s.happened(bea.Stream(), contact.LeadStatusChanged{To: contact.Hot}))
	s.groups[0].means = []contact.ID{ana}
	if err := s.reaction.React(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	s.groups[0].in, s.groups[0].Seen, s.stale = nil, event.NoStream, 1
	s.groups[0].means = []contact.ID{ana, bea}
	if err := s.reaction.React(t.Context(), batch); !errors.Is(err, segment.ErrMembersMoved) {
		t.Fatalf("recorded on tables that are behind: %v", err)
	}
	if err := s.reaction.React(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	want := []event.Event{
		segment.MembersEntered{Contacts: []contact.ID{ana}, Cause: segment.OfContacts},
		segment.MembersEntered{Contacts: []contact.ID{bea}, Cause: segment.OfContacts},
	}
	if diff := cmp.Diff(want, s.Store.Events(s.groups[0].ID.MembersStream())); diff != "" {
		t.Error(diff)
	}
}

func TestTimeLetsContactsInAndOut(t *testing.T) {
	t.Parallel()
	s := newSegments(t, hot, filter.Not{Filter: filter.Any{quiet, hot}}, filter.All{filter.Field{Within: 7}})
	ana := newContact()
	review := func() {
		t.Helper()
		if pause, err := s.reaction.Review(t.Context(), math.MaxInt64); err != nil || pause < time.Hour {
			t.Fatalf("the next review comes in %s, %v", pause, err)
		}
	}
	review()
	for _, g := range s.groups {
		g.means = []contact.ID{ana}
	}
	review()
	for i, want := range []int{0, 1, 1} {
		if got := s.Store.Events(s.groups[i].ID.MembersStream()); len(got) != want {
			t.Errorf("of segment %d is recorded %+v", i, got)
		}
	}
}

// Whom a segment means from its beginning on are told apart from those whom time lets in later.
func TestAReviewLeavesToReactWhatBeganBehindIt(t *testing.T) {
	t.Parallel()
	s := newSegments(t, quiet)
	s.groups[0].means, s.groups[0].Since = []contact.ID{newContact()}, 41
	for _, test := range []struct {
		done event.Position
		want int
	}{{40, 0}, {41, 1}} {
		if _, err := s.reaction.Review(t.Context(), test.done); err != nil {
			t.Fatal(err)
		}
		if got := s.Store.Events(s.groups[0].ID.MembersStream()); len(got) != test.want {
			t.Errorf("done up to %d, %+v is recorded", test.done, got)
		}
	}
}

// S3-25: a contact that is touched right before a segment is defined anew did not come later: rules would act on it.
func TestADefinitionIsComparedBecauseOfItsOwnEventAlone(t *testing.T) {
	t.Parallel()
	ana, bea := newContact(), newContact()
	recorded := func(s *segments) []event.Event { return s.Store.Events(s.groups[0].ID.MembersStream()) }
	entered := func(cause segment.Cause, who ...contact.ID) event.Event {
		return segment.MembersEntered{Contacts: who, Cause: cause}
	}

	s := newSegments(t, hot)
	touched := s.happened(ana.Stream(), contact.LeadStatusChanged{To: contact.Hot})
	defined := s.happened(s.groups[0].ID.Stream(), segment.Redefined{})
	s.groups[0].means, s.groups[0].Since = []contact.ID{ana, bea}, defined[0].Position
	for _, batch := range [][]reactions.Event{touched, defined} {
		if err := s.reaction.React(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]event.Event{entered(segment.OfSegment, ana, bea)}, recorded(s)); diff != "" {
		t.Error(diff)
	}

	s = newSegments(t, hot)
	s.groups[0].means = []contact.ID{ana}
	touched = append(s.happened(ana.Stream(), contact.LeadStatusChanged{To: contact.Hot}), s.happened(bea.Stream(), contact.LeadStatusChanged{To: contact.Hot})...)
	s.Store.After(func(context.Context, commandstest.Attempt) error {
		s.groups[0].means, s.groups[0].Since = []contact.ID{ana, bea}, event.Position(len(s.Store.All())+1)
		return nil
	})
	if err := s.reaction.React(t.Context(), touched); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]event.Event{entered(segment.OfContacts, ana)}, recorded(s)); diff != "" {
		t.Errorf("defined anew while it is compared: %s", diff)
	}
}

// S3-18, C31: two rules that feed each other see each time that the contact was not meant in between, until they are stopped.
func TestARuleThatActsAtOnceHidesNothingFromOtherSegments(t *testing.T) {
	t.Parallel()
	s := newSegments(t, hot, hot)
	ana := newContact()
	entering, leaving := s.groups[0], s.groups[1]
	s.Store.Put(leaving.ID.MembersStream(), s.Metadata(), segment.MembersEntered{Contacts: []contact.ID{ana}, Cause: segment.OfContacts})
	entering.means = []contact.ID{ana}
	s.Store.After(func(_ context.Context, a commandstest.Attempt) error {
		if a.Stream == entering.ID.MembersStream() { // because of that Ana is as she was before
			entering.means, leaving.means = nil, []contact.ID{ana}
		}
		return nil
	})
	entered, left := segment.MembersEntered{Contacts: []contact.ID{ana}, Cause: segment.OfContacts}, segment.MembersLeft{Contacts: []contact.ID{ana}, Cause: segment.OfContacts}
	leftOther, enteredOther := left, entered
	leftOther.Definition, enteredOther.Definition = 1, 1
	for _, test := range []struct {
		status          contact.LeadStatus
		entering, other []event.Event
	}{
		{contact.Hot, []event.Event{entered}, []event.Event{entered, leftOther}},
		{contact.Warm, []event.Event{entered, left}, []event.Event{entered, leftOther, enteredOther}},
	} {
		if err := s.reaction.React(t.Context(), s.happened(ana.Stream(), contact.LeadStatusChanged{To: test.status})); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.entering, s.Store.Events(entering.ID.MembersStream())); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(test.other, s.Store.Events(leaving.ID.MembersStream())); diff != "" {
			t.Error(diff)
		}
	}
}

func TestASegmentThatCannotBeComparedKeepsNoOtherFromIt(t *testing.T) {
	t.Parallel()
	s := newSegments(t, hot, hot)
	ana := newContact()
	s.groups[0].fails, s.groups[1].means = fault.New(fault.Invalid, "filter.invalid-field", "the field is of another type"), []contact.ID{ana}
	batch := s.happened(ana.Stream(), contact.LeadStatusChanged{To: contact.Hot})
	if err := s.reaction.React(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Store.Events(s.groups[1].ID.MembersStream())); n != 1 {
		t.Errorf("of the other is recorded %d", n)
	}
	s.groups[0].fails = errAway
	if err := s.reaction.React(t.Context(), batch); !errors.Is(err, errAway) {
		t.Errorf("what is out of reach is not tried again: %v", err)
	}
}

func TestManyWhoEnterAtOnceAreRecordedInParts(t *testing.T) {
	t.Parallel()
	s := newSegments(t, hot)
	for range 2_345 {
		s.groups[0].means = append(s.groups[0].means, newContact())
	}
	s.groups[0].means = slices.Clip(s.groups[0].means)
	if err := s.reaction.React(t.Context(), s.happened(s.groups[0].ID.Stream(), segment.Restored{})); err != nil {
		t.Fatal(err)
	}
	in := 0
	for _, e := range s.Store.Events(s.groups[0].ID.MembersStream()) {
		entered, _ := e.(segment.MembersEntered)
		if len(entered.Contacts) == 0 || len(entered.Contacts) > segment.MaxAtOnce {
			t.Errorf("%d at once", len(entered.Contacts))
		}
		in += len(entered.Contacts)
	}
	if in != 2_345 {
		t.Errorf("%d entered", in)
	}
}

func newContact() contact.ID { return contact.ID{UUID: uuid.New()} }

func sameContacts(got []contact.ID, want ...contact.ID) bool {
	return len(got) == len(want) && !slices.ContainsFunc(want, func(id contact.ID) bool { return !slices.Contains(got, id) })
}
