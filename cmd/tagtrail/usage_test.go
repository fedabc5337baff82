package main_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tagtrail/cmd/internal/processtest"
)

func TestAMistakeOnTheCommandLineEndsWithOneLineAndTheExitCodeOfMistakes(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for line, want := range map[string]string{
		"sevre":                           "did you mean serve?",
		"organisations list":              "did you mean organizations?",
		"xyzzy":                           "it has api, ",
		"keys lst":                        "did you mean list?",
		"keys rev":                        "did you mean revoke?",
		"config shw":                      "did you mean show?",
		"keys":                            "needs one of create, list, revoke",
		"config":                          "needs one of show",
		"--bogus":                         "no flag --bogus",
		"serve --lsten x":                 "did you mean --listen?",
		"keys list --organisation x":      "did you mean --organization?",
		"serve extra":                     `takes no "extra"`,
		"version extra":                   `takes no "extra"`,
		"serve --listen":                  "needs an argument",
		"serve --listen nonsense":         "address to listen on",
		"serve --listen 127.0.0.1:-1":     "address to listen on",
		"health --listen localhost:99999": "address to listen on",
		"serve --log-level loud":          "TAGTRAIL_LOG_LEVEL",
		"keys list":                       "organization",
		"keys create":                     "kind",
		"keys revoke":                     "one key",
		"organizations create":            "name",
		"keys list --organization x":      "no id of an organisation",
		"serve --postgres-url secret":     "no flag --postgres-url",
		"api --eventstore-url secret":     "no flag --eventstore-url",
	} {
		r := m.run(t, strings.Fields(line)...)
		t.Logf("%s: %s", line, r.stderr)
		r.refused(t, 2, want)
	}
	m.run(t, "\x1b[31mred\nsecond").refused(t, 2, `\x1b[31mred`)
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("tt_live_swordfish\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m.run(t, "import", m.home, "--key-file", key).refused(t, 2, "is a directory")
	m.run(t, "tags", "create", "--name", "a\xffb", "--key-file", key).refused(t, 2, "no text in UTF-8")
	if left, err := os.ReadDir(m.home); err != nil || len(left) > 0 {
		t.Errorf("mistakes left %v, %v", left, err)
	}
}

func TestHelpVersionAndExitCodesArePrintedOnStandardOutput(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for line, want := range map[string]string{
		"":                "tagtrail serve",
		"--help":          "tagtrail serve",
		"keys --help":     "revoke",
		"serve --help":    "--data-dir",
		"version":         "tagtrail ",
		"help exit-codes": "130  interrupted",
		"completion bash": "tagtrail",
	} {
		if printed := m.must(t, strings.Fields(line)...); !strings.Contains(printed, want) {
			t.Errorf("%q prints\n%s", line, printed)
		}
	}
}

func TestSettingsAreShownWithTheirOriginAndSecretsNever(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	secret := filepath.Join(m.home, "url")
	settings := filepath.Join(m.home, "settings")
	if err := errors.Join(
		os.WriteFile(secret, []byte("postgres://tagtrail:swordfish@db.example/tagtrail\n"), 0o600),
		os.WriteFile(settings, []byte("TAGTRAIL_LOG_FORMAT=json\n"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	m.set("TAGTRAIL_EVENTSTORE_URL", "esdb://admin:swordfish@log.example:2113")
	m.set("TAGTRAIL_POSTGRES_URL_FILE", secret)
	m.set("TAGTRAIL_CONFIG", settings)
	for _, flags := range [][]string{{}, {"--origin"}, {"--json"}, {"--origin", "--json"}} {
		shown := m.must(t, append([]string{"config", "show", "--listen", "127.0.0.1:9"}, flags...)...)
		if strings.Contains(shown, "swordfish") || !strings.Contains(shown, "(set)") {
			t.Errorf("config show %v shows\n%s", flags, shown)
		}
	}
	origins := m.must(t, "config", "show", "--origin", "--listen", "127.0.0.1:9")
	for name, origin := range map[string]string{
		"TAGTRAIL_LISTEN": "flag", "TAGTRAIL_EVENTSTORE_URL": "environment", "TAGTRAIL_DATA_DIR": "default", "TAGTRAIL_LOG_FORMAT": "file " + settings,
	} {
		for line := range strings.Lines(origins) {
			if strings.HasPrefix(line, name+" ") && !strings.HasSuffix(strings.TrimSpace(line), origin) {
				t.Errorf("%s comes from %s, and is shown as %q", name, origin, line)
			}
		}
	}
}

func TestASecretIsInNoMessageAboutWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	wrong := newMachine(t)
	wrong.set("TAGTRAIL_POSTGRES_URL", "://swordfish")
	r := wrong.run(t, "config", "show")
	r.refused(t, 2, "TAGTRAIL_POSTGRES_URL")
	silent(t, r)

	open := newMachine(t)
	file := filepath.Join(open.home, "url")
	if err := os.WriteFile(file, []byte("postgres://u:swordfish@db.example/x"), 0o644); err != nil { //nolint:gosec // that is the mistake
		t.Fatal(err)
	}
	open.set("TAGTRAIL_POSTGRES_URL_FILE", file)
	r = open.run(t, "config", "show")
	r.refused(t, 2, "everybody on this machine can read")
	silent(t, r)

	away := newMachine(t)
	away.set("TAGTRAIL_EVENTSTORE_URL", "esdb://admin:swordfish@127.0.0.1:1?tls=false")
	away.set("TAGTRAIL_POSTGRES_URL", "postgres://tagtrail:swordfish@127.0.0.1:1/tagtrail")
	r = away.run(t, "organizations", "list")
	r.refused(t, 6, "")
	silent(t, r)
	r = away.run(t, "api", "--listen", "127.0.0.1:0")
	r.refused(t, 6, "")
	silent(t, r)

	unknown := newMachine(t)
	unknown.set("TAGTRAIL_POSTGRES_PASSWORD", "swordfish")
	r = unknown.run(t, "config", "show")
	r.refused(t, 2, "TAGTRAIL_POSTGRES_PASSWORD is no setting")
	silent(t, r)
}

func silent(t *testing.T, r result) {
	t.Helper()
	if strings.Contains(r.stdout+r.stderr, "swordfish") {
		t.Errorf("the password is shown: %s %s", r.stdout, r.stderr)
	}
}

func TestAReaderThatGoesAwayEndsACommandWithoutAStackTrace(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for _, args := range [][]string{{"config", "show"}, {"config", "show", "--json"}, {"version"}, {"--help"}} {
		cmd := m.command(args...)
		closed, errs := closedPipe(t), new(strings.Builder)
		cmd.Stdout, cmd.Stderr = closed, errs
		err := cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != 0 && code != 1 {
			t.Errorf("%v ends with %d, %v", args, code, err)
		}
		if said := strings.TrimSpace(errs.String()); strings.Contains(said, "\n") || strings.Contains(said, "goroutine") {
			t.Errorf("%v: %s", args, said)
		}
	}
}

// As when Ctrl-C ends a whole pipe, `tagtrail serve | tee log`, and tee is quicker.
func TestTheServiceStopsInGoodOrderWhenNobodyReadsItsOutputAnyMore(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	cmd := m.command("serve", "--data-dir", m.data, "--listen", "127.0.0.1:0")
	cmd.Stdout = closedPipe(t)
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	p := &process{&processtest.Process{Cmd: cmd, Ended: ended}}
	t.Cleanup(p.kill)
	m.awaits(t, "running.json")
	eventually(t, "it projects", func() bool {
		r := m.run(t, "projections", "status", "--data-dir", m.data)
		return r.code == 0 && strings.Contains(r.stdout, " running")
	})
	was := m.running(t)
	if code := p.stop(t, syscall.SIGINT); code != 0 {
		t.Errorf("Ctrl-C ends it with %d", code)
	}
	m.isQuiet(t, was)
}

// closedPipe is the end for writing of a pipe that nobody reads.
func closedPipe(t *testing.T) *os.File {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = writer.Close() })
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	return writer
}
