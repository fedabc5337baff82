package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldest is the first major version that has MERGE.
const oldest = 15

// needed are the extensions that the read models are built on.
var needed = []string{"intarray", "btree_gin", "pg_trgm"}

// installation is a directory with the programs of one PostgreSQL.
type installation struct {
	dir          string
	major, minor int
}

// choose finds the programs that suit the cluster in data: those of its own version, or the newest for a new one.
func choose(ctx context.Context, dir, data string) (installation, error) {
	dirs := []string{dir}
	if dir == "" {
		dirs = places(ctx)
	}
	found := installed(ctx, dirs)
	if len(found) == 0 {
		where := ""
		if dir != "" {
			where = " in " + dir
		}
		return installation{}, fmt.Errorf("%w%s: install PostgreSQL with its contrib extensions (Debian, Ubuntu: apt install postgresql), or set TAGTRAIL_POSTGRES_URL", ErrNotInstalled, where)
	}
	written, err := majorOf(data)
	if err != nil {
		return installation{}, err
	}
	if written == 0 {
		return found[0], checkExtensions(ctx, found[0])
	}
	for _, bin := range found {
		if bin.major == written {
			return bin, checkExtensions(ctx, bin)
		}
	}
	return installation{}, fmt.Errorf("%w: %s was written by PostgreSQL %d and the newest here is %d: install PostgreSQL %d, or move the data over with pg_upgrade",
		ErrVersion, data, written, found[0].major, written)
}

// places are the directories where systems put the programs of PostgreSQL, those on the PATH first.
func places(ctx context.Context) []string {
	var dirs []string
	if config, err := exec.LookPath("pg_config"); err == nil {
		if out, err := exec.CommandContext(ctx, config, "--bindir").Output(); err == nil {
			dirs = append(dirs, strings.TrimSpace(string(out)))
		}
	}
	for _, program := range []string{"postgres", "pg_ctl", "initdb"} {
		if path, err := exec.LookPath(program); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
		"/usr/pgsql-*/bin",          // Red Hat, by PostgreSQL's own packages
		"/usr/libexec/postgresql*",  // Alpine
		"/usr/lib/postgresql*/bin",  // SUSE
		"/usr/bin",                  // Fedora, Arch
		"/usr/local/pgsql/bin",      // built from source
		"/usr/local/bin",            // FreeBSD
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		matches, _ := filepath.Glob(pattern)
		dirs = append(dirs, matches...)
	}
	return dirs
}

// installed lists what is new enough and complete, the newest first.
func installed(ctx context.Context, dirs []string) []installation {
	var found []installation
	seen := make(map[string]bool)
	for _, dir := range dirs {
		// The programs find their other files from where they really are.
		program, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
		if err != nil || seen[program] {
			continue
		}
		seen[program] = true
		bin, err := inspect(ctx, filepath.Dir(program))
		if err == nil && bin.major >= oldest {
			found = append(found, bin)
		}
	}
	slices.SortStableFunc(found, func(a, b installation) int {
		if a.major != b.major {
			return b.major - a.major
		}
		return b.minor - a.minor
	})
	return found
}

func inspect(ctx context.Context, dir string) (installation, error) {
	bin := installation{dir: dir}
	if _, err := exec.LookPath(bin.program("initdb")); err != nil {
		return bin, err
	}
	out, err := exec.CommandContext(ctx, bin.program("postgres"), "--version").Output()
	if err != nil {
		return bin, fmt.Errorf("ask %s for its version: %w", dir, err)
	}
	// "postgres (PostgreSQL) 15.18 (Debian …)"; a release to come says "19beta1".
	m := regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)(?:\.(\d+))?`).FindStringSubmatch(string(out))
	if m == nil {
		return bin, fmt.Errorf("read the version of %s", dir)
	}
	bin.major, _ = strconv.Atoi(m[1])
	bin.minor, _ = strconv.Atoi(m[2])
	return bin, nil
}

func (b installation) program(name string) string { return filepath.Join(b.dir, name) }

// majorOf is 0 where there is no cluster yet.
func majorOf(data string) (int, error) {
	if _, err := os.Stat(data); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("%w: %s has no PG_VERSION", ErrNotACluster, data)
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("%w: %s has no version in PG_VERSION", ErrNotACluster, data)
	}
	return major, nil
}

// checkExtensions looks for the control files, so that what is missing is named before a cluster is made with it.
func checkExtensions(ctx context.Context, bin installation) error {
	var missing []string
	for _, name := range needed {
		if !bin.has(ctx, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s of the PostgreSQL %d in %s: install its contrib package (postgresql-contrib), or set TAGTRAIL_POSTGRES_URL",
		ErrExtensions, strings.Join(missing, ", "), bin.major, bin.dir)
}

func (b installation) has(ctx context.Context, extension string) bool {
	return slices.ContainsFunc(b.shares(ctx), func(share string) bool {
		_, err := os.Stat(filepath.Join(share, "extension", extension+".control"))
		return err == nil
	})
}

// shares are the places of the shared files: what pg_config says, which not every system installs, or else the usual.
func (b installation) shares(ctx context.Context) []string {
	if out, err := exec.CommandContext(ctx, b.program("pg_config"), "--sharedir").Output(); err == nil {
		return []string{strings.TrimSpace(string(out))}
	}
	return []string{
		filepath.Join(b.dir, "../share/postgresql"),
		filepath.Join(b.dir, "../share"),
		fmt.Sprintf("/usr/share/postgresql/%d", b.major),
		fmt.Sprintf("/usr/share/postgresql%d", b.major),
		"/usr/share/postgresql",
		"/usr/share/pgsql",
	}
}
