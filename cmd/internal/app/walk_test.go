package app_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// The blocks of the README's walk, as one script, against a new installation.
func TestTheWalkOfTheReadmeWorks(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(readme, -1)
	if len(blocks) < 5 {
		t.Fatalf("the walk has %d blocks", len(blocks))
	}
	script := "set -euo pipefail\n"
	for _, block := range blocks {
		script += string(block[1]) + "\necho\n"
	}
	s := serve(t, t.TempDir())
	command := exec.CommandContext(t.Context(), "bash", "-c", script)
	command.Env = append(os.Environ(), "TAGTRAIL="+s.url, "DATA="+s.dir)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, want := range []string{
		`"display_name":"Ana"`, `"lead_status":"hot"`, `"name":"Very important"`, `"display_name":"Bo"`,
		`"ended_reason":"tag_deleted"`, "Phone,Display name,Tags,First seen,Last seen", "+16505550101,Ana,Very important,",
	} {
		if !strings.Contains(string(output), want) {
			t.Errorf("the walk does not show %s:\n%s", want, output)
		}
	}
}
