package commands

import (
	"context"
	"time"

	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// CreateOrganization asks for an organisation and the owner key that opens it.
type CreateOrganization struct {
	Organization  organization.ID
	Name          string
	IdentityScope organization.IdentityScope // "" is one contact for the whole organisation; fixed for ever
	Zone          string                     // IANA time zone; "" is UTC
	Key           MintedKey
	KeyName       string
}

// CreateOrganization begins an organisation and then lists it. Whoever repeats
// it with the same key completes what an earlier attempt left undone.
func (s *Service) CreateOrganization(ctx context.Context, cmd CreateOrganization) (Receipt, error) {
	if cmd.Zone == "" {
		cmd.Zone = "UTC"
	}
	if _, err := time.LoadLocation(cmd.Zone); err != nil || cmd.Zone == "Local" {
		return Receipt{}, organization.ErrUnknownZone.At("/zone")
	}
	origin := originOf(ctx)
	origin.Organization = cmd.Organization
	ctx = WithOrigin(ctx, origin)
	begun, err := s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return o.Create(cmd.Name, cmd.IdentityScope, cmd.Zone, organization.Key{
			ID: cmd.Key.Key, Kind: organization.Owner, Name: personal.New(cmd.KeyName), Hash: cmd.Key.Hash,
		})
	})
	if err != nil {
		return Receipt{}, err
	}
	listed, err := s.decideInstallation(ctx, func(i *organization.Installation) ([]organization.InstallationEvent, error) {
		return i.Register(cmd.Organization), nil
	})
	return Receipt{Position: max(begun.Position, listed.Position), Replayed: begun.Replayed}, err
}
