package app

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"

	"tagtrail/adapters/postgres"
	"tagtrail/readmodels"
)

// certifier is the name under which certificates are signed.
const certifier = "tagtrail-erasures"

// certificates signs what became of erasures, so that whoever holds a certificate can tell that this installation wrote it.
type certificates struct {
	*Backends
}

// Certify answers a note in the form of golang.org/x/mod/sumdb/note, and the key that verifies it.
func (c certificates) Certify(ctx context.Context, org uuid.UUID, e readmodels.Erasure) (certificate, verifier string, err error) {
	seed, err := postgres.Secret(ctx, c.Postgres, "certificates of erasures")
	if err != nil {
		return "", "", err
	}
	signer, verifier, err := signerOf(seed)
	if err != nil {
		return "", "", fmt.Errorf("make the key of certificates: %w", err)
	}
	log, err := c.LogID(ctx)
	if err != nil {
		return "", "", fmt.Errorf("name the log: %w", err)
	}
	signed, err := note.Sign(&note.Note{Text: certificateText(log, org, e)}, signer)
	if err != nil {
		return "", "", fmt.Errorf("sign the certificate of erasure %s: %w", e.ID, err)
	}
	return string(signed), verifier, nil
}

func signerOf(seed []byte) (note.Signer, string, error) {
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	verifier, err := note.NewEd25519VerifierKey(certifier, public)
	if err != nil {
		return nil, "", err
	}
	const ed25519Algorithm = 1
	_, rest, _ := strings.Cut(verifier, "+")
	hash, _, _ := strings.Cut(rest, "+")
	signer, err := note.NewSigner("PRIVATE+KEY+" + certifier + "+" + hash + "+" + base64.StdEncoding.EncodeToString(append([]byte{ed25519Algorithm}, seed...)))
	return signer, verifier, err
}

func certificateText(log, org uuid.UUID, e readmodels.Erasure) string {
	var text strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&text, format+"\n", args...) }
	line("tagtrail certificate of erasure 1")
	line("log %s", log)
	line("organization %s", org)
	line("erasure %s", e.ID)
	for _, id := range e.Contacts {
		line("contact %s", id)
	}
	line("asked %s at position %d", e.AskedAt.UTC().Format(time.RFC3339Nano), e.Position)
	line("completed %s at position %d", e.CompletedAt.UTC().Format(time.RFC3339Nano), e.Completed)
	line("identities forgotten %d", e.Identities)
	line("kept deliveries made unreadable %d", e.Deliveries)
	line("events that stay without anybody %d sha256 %s", e.Events, e.Digest)
	for _, left := range e.Left {
		line("not cleaned: %s", left)
	}
	return text.String()
}
