package eventstore_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const clientModule = "github.com/EventStore/EventStore-Client-Go/v4"

// What of the client's own tests needs no vendor data, no second node and no service that is not offered.
const (
	suiteRuns  = "TestStreams|TestMisc|TestConnection|TestConsistent|TestCustom|TestUnknown|TestGetAll|TestPosition"
	suiteSkips = "TestStreams/AuthenticationTests|TestStreams/ReadStreamTests/readStreamEvents|TestStreams/SubscriptionTests/allSubscriptionWithFilter"
)

// TestClientSuite runs the official client's own tests against this server, without and with TLS and passwords. They are
// copied from the module cache; one file of the copy is replaced, because it would start a container.
func TestClientSuite(t *testing.T) {
	t.Parallel()
	dir := copyOfClient(t)
	for name, run := range map[string]func(*testing.T) suiteRun{
		"open": func(t *testing.T) suiteRun {
			t.Helper()
			return suiteRun{address: start(t).address, insecure: true, atLeast: 40}
		},
		"secured": func(t *testing.T) suiteRun {
			t.Helper()
			s, other := startSecure(t, "changeit"), startSecure(t)
			return suiteRun{address: s.address, atLeast: 50, certificates: map[string]string{
				"ca/ca.crt":           s.security.CA,
				"node/node.crt":       filepath.Join(filepath.Dir(s.security.CA), "node.crt"),
				"untrusted-ca/ca.crt": other.security.CA,
			}}
		},
	} {
		t.Run(name, func(t *testing.T) { run(t).in(t, dir) })
	}
}

// suiteRun is one server that the client's tests are run against.
type suiteRun struct {
	address      string
	insecure     bool
	certificates map[string]string // what the tests expect below certs, and where it is
	atLeast      int               // how many of them must pass
}

func (s suiteRun) in(t *testing.T, dir string) {
	t.Helper()
	for name, from := range s.certificates {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "certs", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-json", "./esdb", "-run", suiteRuns, "-skip", suiteSkips)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ESDB_ENDPOINT="+s.address, "EVENTSTORE_INSECURE="+strconv.FormatBool(s.insecure), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.Output()
	results := readResults(t, out)
	t.Logf("the client's suite: %d passed, %d skipped, %d failed", results["pass"], results["skip"], results["fail"])
	if err != nil {
		t.Fatalf("the client's suite: %v\n%s", err, plain(out))
	}
	if results["pass"] < s.atLeast {
		t.Errorf("only %d tests of the client's suite passed", results["pass"])
	}
}

func copyOfClient(t *testing.T) string {
	t.Helper()
	found, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", clientModule).Output()
	if err != nil {
		t.Fatal("find the client's module:", err)
	}
	source, dir := strings.TrimSpace(string(found)), t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal("copy the client's module:", err)
	}
	makeWritable(t, dir)
	shim, err := os.ReadFile("testdata/containers_test.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "esdb", "containers_test.go"), shim, 0o600); err != nil {
		t.Fatal(err)
	}
	useOurVersions(t, dir)
	return dir
}

// useOurVersions lets the copy build from what this module already needs, so that nothing is downloaded.
func useOurVersions(t *testing.T, dir string) {
	t.Helper()
	gomod, err := exec.CommandContext(t.Context(), "go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Dir(strings.TrimSpace(string(gomod)))
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "go.mod" {
			content = ownModule(content)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// ownModule is our list of requirements under the client's name, without the client.
func ownModule(gomod []byte) []byte {
	var kept []string
	for line := range strings.Lines(string(gomod)) {
		switch {
		case strings.HasPrefix(line, "module "):
			kept = append(kept, "module "+clientModule+"\n")
		case !strings.Contains(line, clientModule):
			kept = append(kept, line)
		}
	}
	return []byte(strings.Join(kept, ""))
}

func makeWritable(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// readResults counts tests that have no subtests by how they ended.
func readResults(t *testing.T, out []byte) map[string]int {
	t.Helper()
	results, parents, ends := map[string]int{}, map[string]bool{}, map[string]string{}
	for _, e := range events(out) {
		if e.Test == "" {
			continue
		}
		if i := strings.LastIndex(e.Test, "/"); i > 0 {
			parents[e.Test[:i]] = true
		}
		if e.Action == "pass" || e.Action == "skip" || e.Action == "fail" {
			ends[e.Test] = e.Action
		}
	}
	for test, end := range ends {
		if !parents[test] {
			results[end]++
		}
	}
	return results
}

type testEvent struct{ Action, Test, Output string }

func events(out []byte) (all []testEvent) {
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e testEvent
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			all = append(all, e)
		}
	}
	return all
}

func plain(out []byte) string {
	var text strings.Builder
	for _, e := range events(out) {
		text.WriteString(e.Output)
	}
	return text.String()
}
