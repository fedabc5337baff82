package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/organization"
	"tagtrail/projections"
)

// publishEvery is how often it is looked whether analysts read the right generation: how long they read the one before at
// most, when another takes its place.
const publishEvery = time.Second

// publish lets analysts read the group for reporting, if it is one of these, until ctx ends. What is against it is told
// once: nobody else waits for it.
func publish(ctx context.Context, sink *postgres.Sink, groups []projections.Group, log *slog.Logger) error {
	at := slices.IndexFunc(groups, isForAnalysts)
	if at < 0 {
		return nil
	}
	told := ""
	tick := time.NewTicker(publishEvery)
	defer tick.Stop()
	for {
		reason := ""
		if err := sink.Publish(ctx, groups[at]); err != nil && ctx.Err() == nil {
			reason = err.Error()
		}
		if reason != "" && reason != told {
			log.Warn("analysts do not read the newest tables", "reason", reason)
		}
		told = reason
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func isForAnalysts(g projections.Group) bool { return g.Name == projections.Reporting }

// AnalystAccess is how the analysts of an organisation get in.
type AnalystAccess struct {
	Organization string `json:"organization"`
	Role         string `json:"role"`
	URL          string `json:"url"`      // without a password
	PasswordFile string `json:"passfile"` // which only this user can read
	Command      string `json:"command"`  // of a shell
}

// ConnectAnalysts answers how the analysts of an organisation get in. It makes their role when there is none; one whose
// password is in no file here is somebody else's to use, and a conflict.
func (b *Backends) ConnectAnalysts(ctx context.Context, dir string, org organization.ID) (AnalystAccess, error) {
	if _, err := b.Commands.Organization(ctx, org); err != nil {
		return AnalystAccess{}, err
	}
	analysts := postgres.NewAnalysts(b.Postgres)
	if found, err := analysts.Of(ctx, org.UUID); err == nil && fileExists(passwordFile(dir, found.Role)) {
		return b.access(dir, org, found.Role)
	}
	role, password, err := analysts.Create(ctx, org.UUID)
	if err == nil {
		all := projections.All()
		err = postgres.NewSink(b.Postgres).Publish(ctx, all[slices.IndexFunc(all, isForAnalysts)])
	}
	return b.admit(dir, org, role, password, err)
}

// RotateAnalysts gives the role of an organisation's analysts another password, and ends their sessions.
func (b *Backends) RotateAnalysts(ctx context.Context, dir string, org organization.ID) (AnalystAccess, error) {
	role, password, err := postgres.NewAnalysts(b.Postgres).Rotate(ctx, org.UUID)
	return b.admit(dir, org, role, password, err)
}

// DropAnalysts takes the role of an organisation's analysts away, with the file of its password.
func (b *Backends) DropAnalysts(ctx context.Context, dir string, org organization.ID) error {
	role, err := postgres.NewAnalysts(b.Postgres).Drop(ctx, org.UUID)
	if err != nil {
		return err
	}
	if err := os.Remove(passwordFile(dir, role)); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove the password of %s: %w", role, err)
	}
	return nil
}

// AnalystRole is the role of one organisation's analysts.
type AnalystRole struct {
	Organization uuid.UUID `json:"organization"`
	Role         string    `json:"role"`
	CreatedAt    time.Time `json:"created_at"`
	RotatedAt    time.Time `json:"rotated_at"`
	Sessions     int       `json:"sessions"`
}

// AnalystRoles answers every role of analysts, the oldest first.
func (b *Backends) AnalystRoles(ctx context.Context) ([]AnalystRole, error) {
	found, err := postgres.NewAnalysts(b.Postgres).List(ctx)
	roles := []AnalystRole{}
	for _, a := range found {
		roles = append(roles, AnalystRole(a))
	}
	return roles, err
}

// admit keeps the password of a role where only this user can read it.
func (b *Backends) admit(dir string, org organization.ID, role, password string, err error) (AnalystAccess, error) {
	if err != nil {
		return AnalystAccess{}, err
	}
	lines, err := postgres.PasswordFile(b.postgresURL, role, password)
	if err != nil {
		return AnalystAccess{}, err
	}
	file := passwordFile(dir, role)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return AnalystAccess{}, fmt.Errorf("keep the password of %s: %w", role, err)
	}
	if err := writeDurably(file, []byte(lines)); err != nil {
		return AnalystAccess{}, fmt.Errorf("keep the password of %s: %w", role, err)
	}
	return b.access(dir, org, role)
}

func (b *Backends) access(dir string, org organization.ID, role string) (AnalystAccess, error) {
	address, err := postgres.AnalystURL(b.postgresURL, role)
	if err != nil {
		return AnalystAccess{}, err
	}
	file, err := filepath.Abs(passwordFile(dir, role))
	if err != nil {
		return AnalystAccess{}, err
	}
	return AnalystAccess{
		Organization: org.String(), Role: role, URL: address, PasswordFile: file,
		Command: "PGPASSFILE=" + shellWord(file) + " psql " + shellWord(address),
	}, nil
}

func passwordFile(dir, role string) string { return filepath.Join(dir, "reporting", role+".pgpass") }

// shellWord quotes a text so that a shell takes it as one word, whatever is in it.
func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
