package commands

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/delivery"
	"tagtrail/domain/identity"
	"tagtrail/domain/organization"
)

// forgetIdentities makes the identities of the contacts known no more, and answers how many. What somebody else holds by
// now is that person's, and stays; whom it was before, it says only by the id of a contact that is nobody any more.
func (s *Service) forgetIdentities(ctx context.Context, contacts []contact.ID, known []contact.Identity) (int, error) {
	scopes, err := s.scopes(ctx)
	if err != nil {
		return 0, err
	}
	org, n := originOf(ctx).Organization, 0
	for _, each := range known {
		for _, scope := range scopes {
			id, err := s.vault.Identity(ctx, org, scope, each.Kind, each.Value)
			if err != nil {
				return 0, fmt.Errorf("find an identity: %w", err)
			}
			at, err := load[identity.Event](ctx, s.store, identity.Stream(id), org, identity.New)
			if err != nil {
				return 0, err
			}
			if holder, held := at.state.Current(); held && !slices.Contains(contacts, holder) {
				continue
			}
			if err := s.vault.Shred(ctx, org.UUID, id); err != nil {
				return 0, fmt.Errorf("shred the key of an identity: %w", err)
			}
			if err := s.vault.ForgetIdentity(ctx, org, scope, each.Kind, each.Value); err != nil {
				return 0, fmt.Errorf("forget an identity: %w", err)
			}
			n++
		}
	}
	return n, nil
}

// scopes answers everything within what an identity is one person.
func (s *Service) scopes(ctx context.Context) ([]string, error) {
	o, err := s.organization(ctx, originOf(ctx).Organization)
	if err != nil {
		return nil, err
	}
	if o.IdentityScope != organization.ScopeChannel {
		return []string{string(organization.ScopeOrganization)}, nil
	}
	var scopes []string
	for _, id := range o.ChannelIDs() {
		scopes = append(scopes, id.String())
	}
	return scopes, nil
}

// shredDeliveries makes those of the kept deliveries unreadable that name one of the identities, and answers how many.
func (s *Service) shredDeliveries(ctx context.Context, deliveries []uuid.UUID, known []contact.Identity) (int, error) {
	org, n := originOf(ctx).Organization, 0
	if len(known) == 0 {
		return 0, nil
	}
	for _, id := range deliveries {
		stream := delivery.ID{UUID: id}.Stream()
		var body []byte
		for recorded, err := range s.store.ReadStream(ctx, stream, 0) {
			if err != nil {
				return 0, fmt.Errorf("read %s: %w", stream, err)
			}
			if kept, ok := recorded.Data.(delivery.Kept); ok && recorded.Org() == org.UUID {
				part, err := delivery.Read(kept.Body.Reveal())
				if err != nil {
					return 0, fmt.Errorf("read the body of %s: %w", stream, err)
				}
				body = append(body, part...)
			}
		}
		if !names(body, known) {
			continue
		}
		if err := s.vault.Shred(ctx, org.UUID, id); err != nil {
			return 0, fmt.Errorf("shred the key of %s: %w", stream, err)
		}
		n++
	}
	return n, nil
}

// names says whether a body has any of the identities in it, as WhatsApp writes them.
func names(body []byte, known []contact.Identity) bool {
	for _, each := range known {
		for _, form := range []string{strings.TrimPrefix(each.Value.Reveal(), "+"), each.WaID.Reveal()} {
			if form != "" && bytes.Contains(body, []byte(form)) {
				return true
			}
		}
	}
	return false
}
