package commands

import (
	"context"

	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// CreateKey asks for a new key of the organisation.
type CreateKey struct {
	Kind organization.KeyKind
	Name string
}

// CreateKey answers the key with its token, which nobody can be shown again: a
// repeat answers the same key without one.
func (s *Service) CreateKey(ctx context.Context, cmd CreateKey) (MintedKey, Receipt, error) {
	origin := originOf(ctx)
	minted, err := mintKey(origin.Organization, created(origin.CommandID, "key", 0))
	if err != nil {
		return MintedKey{}, Receipt{}, err
	}
	receipt, err := s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return o.CreateKey(organization.Key{ID: minted.Key, Kind: cmd.Kind, Name: personal.New(cmd.Name), Hash: minted.Hash})
	})
	if err != nil || receipt.Replayed {
		minted = MintedKey{Organization: minted.Organization, Key: minted.Key}
	}
	return minted, receipt, err
}
