package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/postgres"
	"tagtrail/commands"
	"tagtrail/commands/reactions"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/filter"
	"tagtrail/domain/organization"
	"tagtrail/domain/segment"
	"tagtrail/readmodels"
)

// members are the tables in which segments are compared with their members.
type members struct {
	shownTables
	commands *commands.Service
	members  readmodels.SegmentMembers
}

// Await waits until the tables show a position.
func (m members) Await(ctx context.Context, at event.Position) error { return m.await(ctx, at) }

// Segments answers the dynamic segments that can have members.
func (m members) Segments(ctx context.Context, org organization.ID) ([]reactions.DynamicSegment, error) {
	found, err := m.members.Dynamic(ctx, org.UUID)
	if err != nil {
		return nil, postgres.Explain(err, "read the dynamic segments")
	}
	all := make([]reactions.DynamicSegment, len(found))
	for i, s := range found {
		all[i] = reactions.DynamicSegment{
			ID: segment.ID{UUID: s.ID}, Filter: s.Filter, Definition: event.Revision(s.Definition),
			Since: event.Position(s.Since), Seen: event.Revision(s.Seen), //nolint:gosec // positions are not below 0
		}
	}
	return all, nil
}

// Differ answers who entered and who left.
func (m members) Differ(
	ctx context.Context, org organization.ID, s reactions.DynamicSegment, among []contact.ID, most int,
) (entered, left []contact.ID, err error) {
	zone, err := m.commands.Zone(ctx, org)
	if err != nil {
		return nil, nil, err
	}
	var some []uuid.UUID
	for _, id := range among {
		some = append(some, id.UUID)
	}
	of := readmodels.DynamicSegment{ID: s.ID.UUID, Filter: s.Filter}
	d, err := m.members.Differ(ctx, org.UUID, of, filter.Clock{Now: time.Now().UTC(), Zone: zone}, some, most)
	if err != nil {
		return nil, nil, postgres.Explain(err, "compare a segment with its members")
	}
	return contactsOf(d.Entered), contactsOf(d.Left), nil
}

func contactsOf(ids []uuid.UUID) []contact.ID {
	all := make([]contact.ID, len(ids))
	for i, id := range ids {
		all[i] = contact.ID{UUID: id}
	}
	return all
}
