package organization

import (
	"maps"
	"slices"

	"github.com/google/uuid"

	"tagtrail/domain/event"
)

// Installation is the state of the list of organisations and of whose each channel is.
type Installation struct {
	organizations []ID
	channels      map[uuid.UUID]ID
}

// NewInstallation answers an installation before its first event.
func NewInstallation() *Installation {
	return &Installation{channels: map[uuid.UUID]ID{}}
}

// Clone answers an installation that goes its own way from here.
func (i *Installation) Clone() *Installation {
	return &Installation{organizations: slices.Clone(i.organizations), channels: maps.Clone(i.channels)}
}

// Organizations answers the organisations in the order in which they came.
func (i *Installation) Organizations() []ID { return slices.Clone(i.organizations) }

// OwnerOf answers whose a channel is.
func (i *Installation) OwnerOf(channel uuid.UUID) (ID, bool) {
	owner, ok := i.channels[channel]
	return owner, ok
}

// Apply takes over what happened.
func (i *Installation) Apply(r event.Recorded[InstallationEvent]) {
	switch e := r.Data.(type) {
	case Registered:
		i.organizations = append(i.organizations, e.Organization)
	case ChannelRegistered:
		i.channels[e.Channel] = e.Organization
	}
}

// Register decides that the installation serves an organisation.
func (i *Installation) Register(org ID) []InstallationEvent {
	if slices.Contains(i.organizations, org) {
		return nil
	}
	return []InstallationEvent{Registered{Organization: org}}
}

// RegisterChannel decides that a channel is an organisation's.
func (i *Installation) RegisterChannel(channel uuid.UUID, org ID) []InstallationEvent {
	if _, ok := i.channels[channel]; ok {
		return nil
	}
	return []InstallationEvent{ChannelRegistered{Channel: channel, Organization: org}}
}
