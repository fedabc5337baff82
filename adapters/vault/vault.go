package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/tink-crypto/tink-go/v2/tink"

	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
)

// ErrUnavailable answers what needs a key while the keys are out of reach.
var ErrUnavailable = fault.New(fault.Unavailable, "vault.unavailable", "the keys of personal data are out of reach for now")

// What must stop a reader: none of it goes away by itself, and none of it is an erasure.
var (
	ErrKeyMissing = errors.New("the key is missing, and there is no record of a shred")
	ErrKeyBroken  = errors.New("the key does not unwrap by the master key")
	ErrSealBroken = errors.New("the sealed value does not open by its key")
	ErrNobody     = errors.New("a value without an organisation and a subject cannot be sealed")
)

// Config says where keys are and how long unwrapped ones stay in memory.
type Config struct {
	DB        *pgxpool.Pool
	Directory string        // holds master.key, which is made at the first start
	Keep      time.Duration // until a shred by another process is noticed; zero is 30 seconds
	Size      int           // of the keys in memory; zero is 20,000
}

// patience bounds each question to the database: a server that does not answer is as good as one out of reach.
const patience = 10 * time.Second

// Vault seals and opens. It is safe for concurrent use, also beside vaults of other processes on the same database.
type Vault struct {
	db     *pgxpool.Pool
	master tink.AEAD

	keys     *cache[subject, key]
	finding  flights[subject, key]
	creating flights[subject, key]

	secrets *cache[uuid.UUID, []byte]
	asking  flights[uuid.UUID, []byte]
}

// New opens the vault, and makes its master key when there is none and no key is wrapped yet.
func New(ctx context.Context, config Config) (*Vault, error) {
	if config.Keep == 0 {
		config.Keep = 30 * time.Second
	}
	if config.Size == 0 {
		config.Size = 20_000
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	master, err := openMaster(ctx, config.DB, config.Directory)
	if err != nil {
		return nil, err
	}
	return &Vault{
		db:      config.DB,
		master:  master,
		keys:    newCache[subject, key](config.Size, config.Keep),
		secrets: newCache[uuid.UUID, []byte](config.Size, config.Keep),
	}, nil
}

// Seal encrypts a value under the subject's key, which is made and committed at its first use.
// It answers personal.ErrErased for a subject that was shredded: nothing about them is written any more.
func (v *Vault) Seal(ctx context.Context, org, about uuid.UUID, plaintext, aad []byte) ([]byte, error) {
	id := subject{org: org, id: about}
	if org == uuid.Nil || about == uuid.Nil {
		return nil, fmt.Errorf("seal for %s: %w", id, ErrNobody)
	}
	held, err := v.keyToSeal(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("seal for %s: %w", id, err)
	}
	if held.shredded() {
		return nil, fmt.Errorf("seal for %s: %w", id, personal.ErrErased)
	}
	ciphertext, err := held.aead.Encrypt(plaintext, aad)
	if err != nil {
		return nil, fmt.Errorf("seal for %s: %w", id, err)
	}
	return ciphertext, nil
}

// Open decrypts a value. It answers personal.ErrErased when the key was shredded, and ErrKeyMissing or ErrSealBroken when
// something is wrong that must stop the reader.
func (v *Vault) Open(ctx context.Context, org, about uuid.UUID, ciphertext, aad []byte) ([]byte, error) {
	id := subject{org: org, id: about}
	held, err := v.keyToOpen(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("open for %s: %w", id, err)
	}
	if held.shredded() {
		return nil, fmt.Errorf("open for %s: %w", id, personal.ErrErased)
	}
	plaintext, err := held.aead.Decrypt(ciphertext, aad)
	if err != nil {
		return nil, fmt.Errorf("open for %s: %w", id, ErrSealBroken)
	}
	return plaintext, nil
}

// Prefetch brings the keys of many subjects into memory by one question. A key that is not there is no error yet: it is
// one for whoever opens a value by it.
func (v *Vault) Prefetch(ctx context.Context, org uuid.UUID, subjects []uuid.UUID) error {
	wanted := make([]uuid.UUID, 0, len(subjects))
	seen := make(map[uuid.UUID]bool, len(subjects))
	for _, about := range subjects {
		if seen[about] {
			continue
		}
		seen[about] = true
		if _, held := v.keys.get(subject{org: org, id: about}); !held {
			wanted = append(wanted, about)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	if err := v.fetchKeys(ctx, org, wanted); err != nil {
		return fmt.Errorf("prefetch %d keys of organization %s: %w", len(wanted), org, err)
	}
	return nil
}

// Shred makes everything that was ever sealed for the subject unreadable, and leaves the record of it. A subject without
// a key gets the record all the same. Doing it again changes nothing.
func (v *Vault) Shred(ctx context.Context, org, about uuid.UUID) error {
	id := subject{org: org, id: about}
	if err := v.shredKey(ctx, id); err != nil {
		return fmt.Errorf("shred %s: %w", id, err)
	}
	v.keys.putForGood(id, key{})
	return nil
}
