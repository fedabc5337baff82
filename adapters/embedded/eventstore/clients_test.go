//go:build npm

package eventstore_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"os/exec"
	"testing"

	"tagtrail/adapters/embedded/eventstore"
)

// TestClientsOfOtherLanguages lets EventStoreDB's and KurrentDB's clients for Node, the second of which reads by the
// client for Rust, do against this server what clients do: without security, with TLS and passwords, and over a restart.
func TestClientsOfOtherLanguages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/clients")); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("install the clients: %v\n%s", err, out)
	}
	for _, client := range []string{"eventstore", "kurrent"} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			runClient(t, dir, client, "esdb://"+r.address+"?tls=false", func(t *testing.T) {
				t.Helper()
				r.stop(t)
				r = startIn(t, r.dir, r.address)
			})
		})
		t.Run(client+" secured", func(t *testing.T) {
			t.Parallel()
			s := startSecure(t)
			runClient(t, dir, client, s.connection(), func(t *testing.T) {
				t.Helper()
				s.stop(t)
				s = startSecureIn(t, s.dir, s.address)
			})
		})
	}
}

// connection is how a client of any language is told where to go, as admin.
func (s secured) connection() string {
	return "esdb://" + url.UserPassword(eventstore.Admin, s.password).String() + "@" + s.address + "?tls=true&tlsCaFile=" + s.security.CA
}

// runClient makes a subtest of each check that the client goes through.
func runClient(t *testing.T, dir, client, connection string, restart func(*testing.T)) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "clients.mjs", client, connection)
	cmd.Dir = dir
	stdin, stdout, stderr := pipes(t, cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal("start node:", err)
	}
	said := make(chan []byte, 1)
	go func() {
		all, _ := io.ReadAll(stderr)
		said <- all
	}()
	checks := 0
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		var line struct {
			Check, Failed string
			Restart       bool
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Errorf("node says %q", lines.Text())
			continue
		}
		if line.Restart {
			restart(t)
			if _, err := io.WriteString(stdin, "restarted\n"); err != nil {
				t.Error("tell node:", err)
			}
			continue
		}
		checks++
		t.Run(line.Check, func(t *testing.T) {
			if line.Failed != "" {
				t.Error(line.Failed)
			}
		})
	}
	errors := <-said
	if err := cmd.Wait(); err != nil {
		t.Errorf("node: %v\n%s", err, errors)
	}
	const all = 26
	if checks != all {
		t.Errorf("%d checks were made, want %d\n%s", checks, all, errors)
	}
}

func pipes(t *testing.T, cmd *exec.Cmd) (io.Writer, io.Reader, io.Reader) {
	t.Helper()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	return stdin, stdout, stderr
}
