package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tagtrail/cmd/internal/config"
)

func TestTheLaterSourceWins(t *testing.T) {
	t.Parallel()
	file := write(t, "settings", 0o600, "# a comment\nTAGTRAIL_LISTEN=file:1\nTAGTRAIL_LOG_LEVEL=warn\nTAGTRAIL_LOG_FORMAT=json\n")
	c, settings, err := config.Load(config.Sources{
		Environ: []string{"TAGTRAIL_CONFIG=" + file, "TAGTRAIL_LISTEN=environment:1", "TAGTRAIL_LOG_LEVEL=error", "HOME=/somewhere"},
		Flags:   map[string]string{"TAGTRAIL_LISTEN": "flag:1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "flag:1" || c.LogLevel != "error" || c.LogFormat != "json" || c.DataDir != "./data" {
		t.Errorf("got %+v", c)
	}
	origins := map[string]string{}
	for _, s := range settings {
		origins[s.Name] = s.Origin
	}
	for name, want := range map[string]string{"TAGTRAIL_LISTEN": "flag", "TAGTRAIL_LOG_LEVEL": "environment", "TAGTRAIL_LOG_FORMAT": "file " + file, "TAGTRAIL_DATA_DIR": "default"} {
		if origins[name] != want {
			t.Errorf("%s is said to come from %q, not %q", name, origins[name], want)
		}
	}
}

func TestASecretComesFromAFileAndIsNeverShown(t *testing.T) {
	t.Parallel()
	secret := write(t, "url", 0o600, "postgres://u:swordfish@db/tagtrail\n")
	c, settings, err := config.Load(config.Sources{Environ: []string{"TAGTRAIL_POSTGRES_URL_FILE=" + secret}})
	if err != nil || c.PostgresURL != "postgres://u:swordfish@db/tagtrail" {
		t.Fatalf("got %q, %v", c.PostgresURL, err)
	}
	for _, s := range settings {
		if strings.Contains(s.Value, "swordfish") {
			t.Errorf("%s shows the password", s.Name)
		}
		if s.Secret && s.Flag != "" {
			t.Errorf("%s is secret and has the flag %s", s.Name, s.Flag)
		}
	}
}

func TestWhatCannotBeMeantIsRefused(t *testing.T) {
	t.Parallel()
	for name, environ := range map[string][]string{
		"an unknown setting":                              {"TAGTRAIL_LISTNE=x"},
		"a rate that is no number":                        {"TAGTRAIL_KEY_RATE=fast"},
		"a rate below nothing":                            {"TAGTRAIL_ORGANIZATION_RATE=-1"},
		"an unknown setting in a file":                    {"TAGTRAIL_CONFIG=" + write(t, "unknown", 0o600, "TAGTRAIL_LISTNE=x")},
		"a file that is not there":                        {"TAGTRAIL_CONFIG=" + filepath.Join(t.TempDir(), "none")},
		"a line that is no setting":                       {"TAGTRAIL_CONFIG=" + write(t, "line", 0o600, "listen: 1")},
		"a secret that all can read":                      {"TAGTRAIL_POSTGRES_URL_FILE=" + write(t, "open", 0o644, "postgres://db/x")},
		"a settings file with a secret that all can read": {"TAGTRAIL_CONFIG=" + write(t, "exposed", 0o644, "TAGTRAIL_POSTGRES_URL=postgres://db/x")},
		"a secret given twice":                            {"TAGTRAIL_POSTGRES_URL=postgres://db/x", "TAGTRAIL_POSTGRES_URL_FILE=" + write(t, "twice", 0o600, "postgres://db/x")},
		"a log level that is none":                        {"TAGTRAIL_LOG_LEVEL=loud"},
		"a log format that is none":                       {"TAGTRAIL_LOG_FORMAT=xml"},
		"an address without a port":                       {"TAGTRAIL_LISTEN=localhost"},
		"a port that is too high":                         {"TAGTRAIL_LISTEN=127.0.0.1:70000"},
		"a port below none":                               {"TAGTRAIL_LISTEN=127.0.0.1:-1"},
		"an empty port":                                   {"TAGTRAIL_LISTEN=127.0.0.1:"},
		"an address that is no URL":                       {"TAGTRAIL_EVENTSTORE_URL=localhost"},
		"a public address without host":                   {"TAGTRAIL_PUBLIC_URL=https:///x"},
	} {
		if _, _, err := config.Load(config.Sources{Environ: environ}); !errors.Is(err, config.ErrInvalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func write(t *testing.T, name string, mode os.FileMode, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
	return file
}

// Whatever a file of settings holds, it is read or refused by a name, and what was read is read the same again.
func FuzzSettings(f *testing.F) {
	for _, seed := range []string{
		"TAGTRAIL_LISTEN=127.0.0.1:1\n# a comment\n", "TAGTRAIL_LISTEN = [::1]:70000\r\n", "TAGTRAIL_LOG_LEVEL=\x00", "TAGTRAIL_POSTGRES_URL=postgres://u:swordfish@:x/",
		"TAGTRAIL_PUBLIC_URL=http://\xff", "TAGTRAIL_EVENTSTORE_URL=esdb://", "TAGTRAIL_=", "=", "TAGTRAIL_CONFIG=x", "TAGTRAIL_KEY_FILE=/nowhere", "TAGTRAIL_CLASSIFIER_URL=x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		if strings.Contains(content, "_FILE") && !strings.Contains(content, "_FILE=/nowhere") {
			return // which reads what the machine of the test has
		}
		file := filepath.Join(t.TempDir(), "settings")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		read, settings, err := config.Load(config.Sources{Environ: []string{"TAGTRAIL_CONFIG=" + file}})
		if err != nil {
			if !errors.Is(err, config.ErrInvalid) || strings.Contains(err.Error(), "swordfish") {
				t.Errorf("%q is refused with %v", content, err)
			}
			return
		}
		said := map[string]string{}
		for _, s := range settings {
			if !s.Secret && s.Origin != "default" {
				said[s.Name] = s.Value
			}
		}
		again, _, err := config.Load(config.Sources{Flags: said})
		again.PostgresURL, again.EventStoreURL, again.VaultURL, again.Key, again.ClassifierKey = read.PostgresURL, read.EventStoreURL, read.VaultURL, read.Key, read.ClassifierKey
		if err != nil || again != read {
			t.Errorf("read as %+v, and again as %+v, %v", read, again, err)
		}
	})
}
