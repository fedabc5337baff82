package main_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"
)

type access struct{ Organization, Role, URL, Passfile, Command string }

// ask runs the line that a person was given, as a shell of this machine does, with a question.
func (m *machine) ask(t *testing.T, line, question string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", line+` -XAtc "$QUESTION"`)
	cmd.Env = append(m.env, "QUESTION="+question)
	cmd.Dir = m.home
	answer, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, answer)
	}
	return strings.TrimSpace(string(answer))
}

func TestAnalystsOfTwoOrganisationsEachSeeTheirOwnInPsql(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	s := m.serve(t)
	if status, err := s.createTag("VIP"); err != nil || status != 201 {
		t.Fatal(status, err)
	}
	var others struct{ Organization, Key string }
	decode(t, m.must(t, "organizations", "create", "--name", "Others", "--json", "--data-dir", m.data), &others)
	first := m.organizations(t)[0].ID

	line := strings.TrimSpace(m.must(t, "reporting", "connect", "--organization", first, "--data-dir", m.data))
	eventually(t, "the tag is in the analysts' views", func() bool { return m.ask(t, line, "select name from tags") == "VIP" })
	if again := strings.TrimSpace(m.must(t, "reporting", "connect", "--organization", first, "--data-dir", m.data)); again != line {
		t.Errorf("the second time the line is\n%s\nand the first time it was\n%s", again, line)
	}
	var theirs access
	decode(t, m.must(t, "reporting", "connect", "--organization", others.Organization, "--json", "--data-dir", m.data), &theirs)
	eventually(t, "the other organisation is there", func() bool { return m.ask(t, theirs.Command, "select name from organization") == "Others" })
	if seen := m.ask(t, theirs.Command, "select count(*) from tags"); seen != "0" {
		t.Errorf("another organisation's analyst sees %s tags", seen)
	}

	info, err := os.Stat(theirs.Passfile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the password's file: %v, %v", info, err)
	}
	kept, err := os.ReadFile(theirs.Passfile)
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Split(strings.SplitN(string(kept), "\n", 2)[0], ":")
	password := fields[len(fields)-1]
	if len(password) < 20 || strings.Contains(theirs.Command+theirs.URL+line, password) {
		t.Errorf("the password is on the command line, or too short: %d", len(password))
	}

	roles := m.must(t, "reporting", "roles", "--data-dir", m.data)
	if strings.Count(strings.TrimSpace(roles), "\n") != 2 || !strings.Contains(roles, theirs.Role) || !strings.Contains(roles, first) {
		t.Errorf("the roles are\n%s", roles)
	}
	var rotated access
	decode(t, m.must(t, "reporting", "rotate", "--organization", others.Organization, "--json", "--data-dir", m.data), &rotated)
	if now, err := os.ReadFile(rotated.Passfile); err != nil || rotated.Role != theirs.Role || strings.Contains(string(now), password) {
		t.Errorf("after the rotation: %v, %v", rotated, err)
	}
	if err := os.Remove(rotated.Passfile); err != nil {
		t.Fatal(err)
	}
	of := []string{"--organization", others.Organization, "--data-dir", m.data}
	m.run(t, append([]string{"reporting", "connect"}, of...)...).refused(t, 4, "reporting rotate")
	m.must(t, append([]string{"reporting", "drop"}, of...)...)
	m.run(t, append([]string{"reporting", "drop"}, of...)...).refused(t, 3, "have no role")
	m.run(t, append([]string{"reporting", "rotate"}, of...)...).refused(t, 3, "have no role")
	m.run(t, "reporting", "connect", "--data-dir", m.data, "--organization", uuid.NewString()).refused(t, 3, "no such organisation")
	m.run(t, "reporting", "connect", "--data-dir", m.data, "--organization", "x").refused(t, 2, "no id of an organisation")
	m.run(t, "reporting").refused(t, 2, "needs one of connect, ")

	if code := s.stop(t, syscall.SIGINT); code != 0 {
		t.Errorf("it ends with %d", code)
	}
	late := m.run(t, "reporting", "connect", "--organization", first, "--data-dir", m.data)
	if late.code != 0 || strings.TrimSpace(late.stdout) != line || !strings.Contains(late.stderr, "tagtrail serve") {
		t.Errorf("while nothing runs the line is\n%s\nwith %q", late.stdout, late.stderr)
	}
}
