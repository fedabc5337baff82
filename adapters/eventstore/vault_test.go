package eventstore_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"slices"
	"sync"

	"github.com/google/uuid"

	"tagtrail/domain/personal"
)

var errNoKey = errors.New("there is no such key")

// vault is a small one in memory: real encryption, keys that can be shredded or lost.
type vault struct {
	mu       sync.Mutex
	keys     map[uuid.UUID]cipher.AEAD
	shredded map[uuid.UUID]bool
	fetched  [][]uuid.UUID
	places   []string // of all that was sealed, as bound
}

func newVault() *vault {
	return &vault{keys: map[uuid.UUID]cipher.AEAD{}, shredded: map[uuid.UUID]bool{}}
}

func (v *vault) Seal(_ context.Context, _, subject uuid.UUID, plaintext, aad []byte) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.shredded[subject] {
		return nil, personal.ErrErased
	}
	key, ok := v.keys[subject]
	if !ok {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret)
		block, err := aes.NewCipher(secret)
		if err != nil {
			return nil, err
		}
		if key, err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, err
		}
		v.keys[subject] = key
	}
	v.places = append(v.places, string(aad))
	return key.Seal(nil, nil, plaintext, aad), nil
}

func (v *vault) Open(_ context.Context, _, subject uuid.UUID, ciphertext, aad []byte) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.shredded[subject] {
		return nil, personal.ErrErased
	}
	key, ok := v.keys[subject]
	if !ok {
		return nil, errNoKey
	}
	return key.Open(nil, nil, ciphertext, aad)
}

func (v *vault) Prefetch(_ context.Context, _ uuid.UUID, subjects []uuid.UUID) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fetched = append(v.fetched, slices.Clone(subjects))
	return nil
}

func (v *vault) shred(subject uuid.UUID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.shredded[subject] = true
}

func (v *vault) lose(subject uuid.UUID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.keys, subject)
}
