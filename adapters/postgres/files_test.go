package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/importing"
)

// unsealed keeps files as they are.
type unsealed struct{}

func (unsealed) Seal(_ context.Context, _, _ uuid.UUID, plaintext, _ []byte) ([]byte, error) {
	return plaintext, nil
}

func (unsealed) Open(_ context.Context, _, _ uuid.UUID, ciphertext, _ []byte) ([]byte, error) {
	return ciphertext, nil
}

func (unsealed) Shred(context.Context, uuid.UUID, uuid.UUID) error { return nil }

func TestFilesAboutPersonsAreGivenUpWhenTheirTimeHasCome(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	files := postgres.Files{Pool: b.pool, Sealer: unsealed{}}
	keep := func(kind string, age time.Duration) uuid.UUID {
		file := uuid.New()
		if _, err := files.Receive(t.Context(), ana, file, kind, strings.NewReader("name\nAna\n")); err != nil {
			t.Fatal(err)
		}
		_, err := b.pool.Exec(t.Context(), `update tagtrail.files set kept_at = now() - make_interval(secs => $2) where file = $1`, file, age.Seconds())
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	expired, fresh := keep(postgres.PersonalData, 25*time.Hour), keep(postgres.PersonalData, 23*time.Hour)
	imported := keep("source", 25*time.Hour)
	if err := files.Expire(t.Context(), 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Part(t.Context(), ana, expired, postgres.PersonalData, 0); !errors.Is(err, importing.ErrFileGone) {
		t.Errorf("a file about somebody whose time has come answers %v", err)
	}
	for file, kind := range map[uuid.UUID]string{fresh: postgres.PersonalData, imported: "source"} {
		if _, err := files.Part(t.Context(), ana, file, kind, 0); err != nil {
			t.Errorf("a file of kind %s that is to be kept answers %v", kind, err)
		}
	}
}
