package commands

import (
	"context"

	"github.com/google/uuid"

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
	return s.letIn(ctx, func(o *organization.Organization, key organization.Key) ([]organization.Event, error) {
		key.Kind, key.Name = cmd.Kind, personal.New(cmd.Name)
		return o.CreateKey(key)
	})
}

// CreateMemberKey asks for a new key of a member.
type CreateMemberKey struct {
	Member uuid.UUID
	Name   string
}

// CreateMemberKey is CreateKey for a member: the key may do what the member may, now and later, and its doings are the member's.
func (s *Service) CreateMemberKey(ctx context.Context, cmd CreateMemberKey) (MintedKey, Receipt, error) {
	return s.letIn(ctx, func(o *organization.Organization, key organization.Key) ([]organization.Event, error) {
		key.Name = personal.New(cmd.Name)
		return o.CreateMemberKey(key, cmd.Member)
	})
}

// letIn mints a key and lets it in as is decided.
func (s *Service) letIn(
	ctx context.Context, decision func(*organization.Organization, organization.Key) ([]organization.Event, error),
) (MintedKey, Receipt, error) {
	origin := originOf(ctx)
	minted, err := mintKey(origin.Organization, created(origin.CommandID, "key", 0))
	if err != nil {
		return MintedKey{}, Receipt{}, err
	}
	receipt, err := s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return decision(o, organization.Key{ID: minted.Key, Hash: minted.Hash})
	})
	if err != nil || receipt.Replayed {
		minted = MintedKey{Organization: minted.Organization, Key: minted.Key}
	}
	return minted, receipt, err
}
