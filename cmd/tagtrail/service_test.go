package main_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tagtrail/cmd/internal/processtest"
)

// service is a `tagtrail serve` that is ready.
type service struct {
	*process
	api
}

// api is where requests go, and in whose name.
type api struct{ url, key string }

// serve starts the whole service and waits until it is ready.
func (m *machine) serve(t *testing.T, args ...string) *service {
	t.Helper()
	p := m.start(t, append([]string{"serve", "--data-dir", m.data, "--listen", "127.0.0.1:0"}, args...)...)
	address := addressIn(t, p.says(t, "ready at http://"))
	p.says(t, "owner key is in")
	return &service{p, api{address, m.ownerKey(t)}}
}

// addressIn is the first address in a line that a person reads.
func addressIn(t *testing.T, line string) string {
	t.Helper()
	address := processtest.Address(line)
	if address == "" {
		t.Fatalf("no address in %q", line)
	}
	return address
}

func (m *machine) ownerKey(t *testing.T) string {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(m.data, "owner.key"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(key))
}

// client has a limit: a request that hangs is a failure and not a test that hangs.
var client = &http.Client{Timeout: patience}

// get answers the status and the body of a request in the name of the key.
func (a api) get(t *testing.T, path string) (int, string) {
	t.Helper()
	status, body, err := a.request(http.MethodGet, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return status, string(body)
}

// createTag answers what went wrong, and nil when the tag was acknowledged.
func (a api) createTag(name string) (status int, err error) {
	status, _, err = a.request(http.MethodPost, "/v1/tags", map[string]string{"name": name})
	return status, err
}

func (a api) request(method, path string, body any) (int, []byte, error) {
	content, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	if body == nil {
		content = nil
	}
	request, err := http.NewRequest(method, a.url+path, bytes.NewReader(content))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+a.key)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	said, err := io.ReadAll(response.Body)
	return response.StatusCode, said, err
}

// opens judges that the key opens the API.
func (a api) opens(t *testing.T) {
	t.Helper()
	if status, body := a.get(t, "/v1/tags"); status != http.StatusOK {
		t.Errorf("the key is answered %d %s", status, body)
	}
}

// tags are the names of all tags, by as many pages as there are.
func (a api) tags(t *testing.T) map[string]bool {
	t.Helper()
	names, path := map[string]bool{}, "/v1/tags?limit=100"
	for {
		status, body := a.get(t, path)
		var page struct {
			Items []struct {
				Name string `json:"name"`
			} `json:"items"`
			Next string `json:"next"`
		}
		if err := json.Unmarshal([]byte(body), &page); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
		for _, item := range page.Items {
			names[item.Name] = true
		}
		if page.Next == "" {
			return names
		}
		path = "/v1/tags?limit=100&cursor=" + url.QueryEscape(page.Next)
	}
}

// organizations are those that `tagtrail organizations list` knows.
func (m *machine) organizations(t *testing.T) []organizationRow {
	t.Helper()
	var found []organizationRow
	decode(t, m.must(t, "organizations", "list", "--json", "--data-dir", m.data), &found)
	return found
}

type organizationRow struct{ ID, Name string }

// keys are those that `tagtrail keys list` knows of the organisation.
func (m *machine) keys(t *testing.T, org string) []keyRow {
	t.Helper()
	var found []keyRow
	decode(t, m.must(t, "keys", "list", "--json", "--organization", org, "--data-dir", m.data), &found)
	return found
}

type keyRow struct {
	ID, Kind, Name string
	Revoked        bool
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// took says how long something took, for whoever reads the log of the tests.
func took(t *testing.T, what string, since time.Time) time.Duration {
	t.Helper()
	d := time.Since(since).Round(time.Millisecond)
	t.Logf("%s took %s", what, d)
	return d
}
