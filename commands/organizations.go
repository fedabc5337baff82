package commands

import (
	"context"

	"github.com/google/uuid"

	"tagtrail/domain/organization"
)

type (
	// organizations keeps the organisations: their keys and channels.
	organizations = kept[organization.Event, *organization.Organization]
	// installations keeps the one installation.
	installations = kept[organization.InstallationEvent, *organization.Installation]
)

func newOrganizations(store Store) *organizations {
	return keep[organization.Event](store, keptOrganizations, organization.New)
}

func newInstallations(store Store) *installations {
	return keep[organization.InstallationEvent](store, 1, organization.NewInstallation)
}

// Organizations answers the organisations of this installation, in the order in which they came.
func (s *Service) Organizations(ctx context.Context) ([]organization.ID, error) {
	at, err := s.installation.load(ctx, organization.InstallationStream)
	if err != nil {
		return nil, err
	}
	return at.state.Organizations(), nil
}

// Organization answers an organisation as it is now, for whoever administers the installation. It is shared: read it only.
func (s *Service) Organization(ctx context.Context, org organization.ID) (*organization.Organization, error) {
	o, err := s.organization(ctx, org)
	if err == nil && !o.Exists() {
		err = organization.ErrUnknown
	}
	return o, err
}

// Channel answers the channel of a webhook's path with its secrets; nobody has proved yet to be WhatsApp.
func (s *Service) Channel(ctx context.Context, channel uuid.UUID) (organization.Channel, error) {
	at, err := s.installation.load(ctx, organization.InstallationStream)
	if err != nil {
		return organization.Channel{}, err
	}
	owner, ok := at.state.OwnerOf(channel)
	if !ok {
		return organization.Channel{}, organization.ErrUnknownChannel
	}
	of, err := s.organization(ctx, owner)
	if err != nil {
		return organization.Channel{}, err
	}
	return of.Channel(channel)
}

// organization answers the organisation as it is now. It is shared: read it, never apply to it.
func (s *Service) organization(ctx context.Context, org organization.ID) (*organization.Organization, error) {
	at, err := s.organizations.load(ctx, org.Stream())
	return at.state, err
}

// decideOrganization decides on the organisation of whoever asks.
func (s *Service) decideOrganization(ctx context.Context, decision func(*organization.Organization) ([]organization.Event, error)) (Receipt, error) {
	stream := originOf(ctx).Organization.Stream()
	return decideOn(ctx, s, stream, func(ctx context.Context) (loaded[*organization.Organization], error) {
		return s.organizations.load(ctx, stream)
	}, decision)
}

// decideInstallation decides on the list of organisations and channels.
func (s *Service) decideInstallation(
	ctx context.Context, decision func(*organization.Installation) ([]organization.InstallationEvent, error),
) (Receipt, error) {
	return decideOn(ctx, s, organization.InstallationStream, func(ctx context.Context) (loaded[*organization.Installation], error) {
		return s.installation.load(ctx, organization.InstallationStream)
	}, decision)
}
