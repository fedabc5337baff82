package config_test

import (
	"os"
	"regexp"
	"testing"

	"tagtrail/cmd/internal/config"
)

func TestTheComposeFileSetsEverySettingAndNoOther(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^\s*-?\s*(TAGTRAIL_[A-Z_]+)\s*[:=]`).FindAllSubmatch(data, -1) {
		set[string(found[1])] = true
	}
	for _, s := range config.Settings(config.Config{}) {
		if !set[s.Name] {
			t.Errorf("compose.yaml does not set %s", s.Name)
		}
		delete(set, s.Name)
	}
	for name := range set {
		t.Errorf("compose.yaml sets %s, which is no setting", name)
	}
}
