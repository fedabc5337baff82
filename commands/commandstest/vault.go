package commandstest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// Vault keeps identities and the organisations' keys in memory.
type Vault struct {
	mu         sync.Mutex
	identities map[identity]uuid.UUID
	shredded   []uuid.UUID
	err        error
}

type identity struct {
	org   organization.ID
	scope string
	kind  contact.IdentityKind
	value string
}

// NewVault answers an empty vault.
func NewVault() *Vault { return &Vault{identities: map[identity]uuid.UUID{}} }

// Fail makes the vault answer the error from now on, or work again with nil.
func (v *Vault) Fail(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.err = err
}

// Identity keeps the promises of commands.Vault.
func (v *Vault) Identity(
	_ context.Context, org organization.ID, scope string, kind contact.IdentityKind, value personal.Text,
) (uuid.UUID, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err != nil {
		return uuid.Nil, v.err
	}
	key := identity{org, scope, kind, value.Reveal()}
	if _, ok := v.identities[key]; !ok {
		v.identities[key] = uuid.New()
	}
	return v.identities[key], nil
}

// Identities keeps the promises of commands.Vault.
func (v *Vault) Identities(
	ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, values []personal.Text,
) (ids []uuid.UUID, fresh []bool, err error) {
	for _, value := range values {
		_, known, err := v.KnownIdentity(ctx, org, scope, kind, value)
		if err != nil {
			return nil, nil, err
		}
		id, err := v.Identity(ctx, org, scope, kind, value)
		if err != nil {
			return nil, nil, err
		}
		ids, fresh = append(ids, id), append(fresh, !known)
	}
	return ids, fresh, nil
}

// MakeKeys keeps the promises of commands.Vault: the store of tests seals nothing.
func (v *Vault) MakeKeys(context.Context, organization.ID, []uuid.UUID) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.err
}

// KnownIdentity keeps the promises of commands.Vault.
func (v *Vault) KnownIdentity(
	_ context.Context, org organization.ID, scope string, kind contact.IdentityKind, value personal.Text,
) (uuid.UUID, bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	id, known := v.identities[identity{org, scope, kind, value.Reveal()}]
	return id, known, v.err
}

// KnownIdentities keeps the promises of commands.Vault.
func (v *Vault) KnownIdentities(
	ctx context.Context, org organization.ID, scope string, kind contact.IdentityKind, values []personal.Text,
) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, len(values))
	for i, value := range values {
		var err error
		if ids[i], _, err = v.KnownIdentity(ctx, org, scope, kind, value); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// MAC keeps the promises of commands.Vault.
func (v *Vault) MAC(_ context.Context, org organization.ID, purpose string, parts ...string) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err != nil {
		return nil, v.err
	}
	mac := hmac.New(sha256.New, org.UUID[:])
	for _, part := range append([]string{purpose}, parts...) {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	return mac.Sum(nil), nil
}

// Shred keeps the promises of commands.Vault, but that the store of tests holds everything in clear: see Shredded.
func (v *Vault) Shred(_ context.Context, _, about uuid.UUID) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err == nil {
		v.shredded = append(v.shredded, about)
	}
	return v.err
}

// Shredded answers whose keys were shredded, in order.
func (v *Vault) Shredded() []uuid.UUID {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.shredded)
}

// ForgetIdentity keeps the promises of commands.Vault.
func (v *Vault) ForgetIdentity(_ context.Context, org organization.ID, scope string, kind contact.IdentityKind, value personal.Text) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err == nil {
		delete(v.identities, identity{org, scope, kind, value.Reveal()})
	}
	return v.err
}
