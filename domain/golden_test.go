package domain_test

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tagtrail/domain"
	"tagtrail/domain/domaintest"
	"tagtrail/domain/event"
)

var golden = flag.Bool("golden", false, "write the golden files that are missing; no file is ever changed")

// What is stored binds for ever: today's encoding of each event is byte for
// byte its golden file, and every version that was ever written can be read.
func TestGoldenEvents(t *testing.T) {
	t.Parallel()
	catalog := domain.Catalog()
	examples := map[string]event.Event{}
	for _, example := range domaintest.Examples() {
		examples[example.EventName()] = example
	}
	known := map[string]bool{}
	for _, spec := range catalog.Specs() {
		example, ok := examples[spec.Name()]
		if !ok {
			t.Errorf("%s has no example", spec.Name())
			continue
		}
		requireFilled(t, spec.Name(), reflect.ValueOf(example))
		for version := 1; version <= spec.Version(); version++ {
			file := filepath.Join("testdata", "events", spec.Name()+".v"+strconv.Itoa(version)+".json")
			known[file] = true
			if version == spec.Version() {
				requireGolden(t, file, example)
			}
			read, err := catalog.Decode(spec.Name(), version, contents(t, file))
			if err != nil {
				t.Errorf("%s: %v", file, err)
			}
			if version == spec.Version() && !reflect.DeepEqual(read, example) {
				t.Errorf("%s is read as %#v, want %#v", file, read, example)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join("testdata", "events", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !known[file] {
			t.Errorf("%s is of an event that the catalogue has forgotten", file)
		}
	}
}

func TestGoldenMetadata(t *testing.T) {
	t.Parallel()
	requireFilled(t, "metadata", reflect.ValueOf(domaintest.ExampleMetadataOfRule()))
	for name, example := range map[string]event.Metadata{
		"metadata.json": domaintest.ExampleMetadata(), "metadata.rule.json": domaintest.ExampleMetadataOfRule(),
	} {
		file := filepath.Join("testdata", name)
		requireGolden(t, file, example)
		var read event.Metadata
		if err := json.Unmarshal(contents(t, file), &read, json.RejectUnknownMembers(true)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(read, example) {
			t.Errorf("%s is read as %#v, want %#v", file, read, example)
		}
	}
}

// requireFilled refuses an example that leaves a member out: its golden file would not say how that is written.
func requireFilled(t *testing.T, name string, value reflect.Value) {
	t.Helper()
	for i := range value.NumField() {
		if value.Field(i).IsZero() {
			t.Errorf("the example of %s leaves out %s", name, value.Type().Field(i).Name)
		}
	}
}

func requireGolden(t *testing.T, file string, value any) {
	t.Helper()
	encoded, err := json.Marshal(value, jsontext.WithIndent("\t"))
	if err != nil {
		t.Fatal(err)
	}
	encoded = append(encoded, '\n')
	if _, err := os.Stat(file); *golden && os.IsNotExist(err) {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, encoded, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if held := contents(t, file); string(held) != string(encoded) {
		t.Errorf("%s is written otherwise today:\n%s\nwant\n%s\n%s", file, encoded, held,
			"a stored form is never changed: raise the version, lift the old one by an upcast, and add a file")
	}
}

func contents(t *testing.T, file string) []byte {
	t.Helper()
	held, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(strings.TrimSpace(err.Error() + "; run the test with -golden to add it"))
	}
	return held
}
