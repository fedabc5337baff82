package domain_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tagtrail/domain"
)

// FuzzDecode holds the catalogue to reading anything without a panic, and to
// writing what it read so that it reads the same again.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "events", "*.json"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		stored := strings.TrimSuffix(filepath.Base(file), ".json")
		at := strings.LastIndex(stored, ".v")
		name := stored[:at]
		number, err := strconv.Atoi(stored[at+len(".v"):])
		if err != nil {
			f.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, number, data)
		f.Add(name, number, []byte(`{}`))
		f.Add(name, number+1, data)
		f.Add(name, number, bytes.ReplaceAll(data, []byte(`"`), []byte(`7`)))
	}
	catalog := domain.Catalog()
	f.Fuzz(func(t *testing.T, name string, version int, data []byte) {
		read, err := catalog.Decode(name, version, jsontext.Value(data))
		if err != nil {
			return
		}
		written, err := json.Marshal(read)
		if err != nil {
			t.Skip("what was read cannot be written: a time beyond the year 9999, say")
		}
		if _, err := catalog.Decode(name, version, written); err != nil {
			t.Errorf("%s was written as %s, which is not read: %v", name, written, err)
		}
	})
}
