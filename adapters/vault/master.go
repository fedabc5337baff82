package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// masterFile holds the master key as Tink's JSON keyset, in clear.
const masterFile = "master.key"

// The reasons why a master key is not taken.
var (
	ErrMasterMissing = errors.New("the master key is missing, and keys are wrapped by it: bring it back from its backup")
	ErrMasterOther   = errors.New("the keys of this database are wrapped by another master key")
	ErrMasterExposed = errors.New("the master key may be read by others than its owner: chmod 600")
	ErrMasterBroken  = errors.New("the master key cannot be read")
)

func openMaster(ctx context.Context, db *pgxpool.Pool, directory string) (tink.AEAD, error) {
	path := filepath.Join(directory, masterFile)
	master, err := readMaster(path)
	if errors.Is(err, fs.ErrNotExist) {
		master, err = firstMaster(ctx, db, directory, path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the master key %s: %w", path, err)
	}
	if err := proveMaster(ctx, db, master); err != nil {
		return nil, fmt.Errorf("prove the master key %s: %w", path, err)
	}
	return master, nil
}

func readMaster(path string) (tink.AEAD, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, ErrMasterExposed
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	// What the parser says may quote the file.
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(content)))
	if err != nil {
		return nil, ErrMasterBroken
	}
	master, err := aead.New(handle)
	if err != nil {
		return nil, ErrMasterBroken
	}
	return master, nil
}

// firstMaster makes the master key, unless keys are wrapped already: a lost master key must not be replaced by a fresh
// one that opens nothing.
func firstMaster(ctx context.Context, db *pgxpool.Pool, directory, path string) (tink.AEAD, error) {
	var used bool
	err := db.QueryRow(ctx, `
		select exists (select from vault.master) or exists (select from vault.keys) or exists (select from vault.organization_keys)`,
	).Scan(&used)
	if err != nil {
		return nil, fmt.Errorf("look for wrapped keys: %w", outage(err))
	}
	if !used {
		if err := makeMaster(directory); err != nil {
			return nil, fmt.Errorf("make it: %w", err)
		}
	}
	// Where keys are wrapped, another process may have made the master key since it was looked for: the file is there
	// before the first row is.
	master, err := readMaster(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrMasterMissing
	}
	return master, err
}

// makeMaster writes the file whole or not at all, and leaves one that another process made in the meantime.
func makeMaster(directory string) error {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(directory, masterFile+".*") // of mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if err := errors.Join(insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(file)), file.Sync(), file.Close()); err != nil {
		return err
	}
	err = os.Link(file.Name(), filepath.Join(directory, masterFile))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return errors.Join(syncDirectory(directory), syncDirectory(filepath.Dir(directory)))
}

func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

// proofText is what the database keeps sealed by the master key, to know it again.
const proofText = "tagtrail"

func proveMaster(ctx context.Context, db *pgxpool.Pool, master tink.AEAD) error {
	fresh, err := master.Encrypt([]byte(proofText), []byte("proof"))
	if err != nil {
		return err
	}
	var proof []byte
	batch := durable()
	batch.Queue(`insert into vault.master (proof) values ($1) on conflict do nothing`, fresh)
	batch.Queue(`select proof from vault.master`).QueryRow(func(row pgx.Row) error { return row.Scan(&proof) })
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return outage(err)
	}
	if text, err := master.Decrypt(proof, []byte("proof")); err != nil || string(text) != proofText {
		return ErrMasterOther
	}
	return nil
}
