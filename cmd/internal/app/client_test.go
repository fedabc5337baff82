package app_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// answer is what the API said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// member answers a member of the body, by names from the outside in.
func (a answer) member(t *testing.T, names ...string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	for _, name := range names {
		object, ok := v.(map[string]any)
		if !ok {
			t.Fatalf("no %v in %s", names, a.body)
		}
		v = object[name]
	}
	return v
}

func (a answer) text(t *testing.T, names ...string) string {
	t.Helper()
	s, ok := a.member(t, names...).(string)
	if !ok {
		t.Fatalf("%v is no text in %s", names, a.body)
	}
	return s
}

// do sends a request in the name of the owner; header lists names and values in turn.
func (s *service) do(t *testing.T, method, path string, body any, header ...string) answer {
	t.Helper()
	return s.as(t, s.key, method, path, body, header...)
}

func (s *service) as(t *testing.T, key, method, path string, body any, header ...string) answer {
	t.Helper()
	a, err := s.try(key, method, path, body, header...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// must is do for what has to work.
func (s *service) must(t *testing.T, method, path string, body any, header ...string) answer {
	t.Helper()
	a := s.do(t, method, path, body, header...)
	if a.status/100 != 2 {
		t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	return a
}

func (s *service) try(key, method, path string, body any, header ...string) (answer, error) {
	var content []byte
	switch b := body.(type) {
	case nil:
	case string:
		content = []byte(b)
	case []byte:
		content = b
	default:
		var err error
		if content, err = json.Marshal(b); err != nil {
			return answer{}, err
		}
	}
	request, err := http.NewRequest(method, s.url+path, bytes.NewReader(content))
	if err != nil {
		return answer{}, err
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
		if method == http.MethodPatch {
			request.Header.Set("Content-Type", "application/merge-patch+json")
		}
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := s.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	said, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, said}, err
}

const (
	appSecret     = "a-secret-of-the-app"
	phoneNumberID = "106540352242922"
)

// channel adds a WhatsApp number and answers its id.
func (s *service) channel(t *testing.T) string {
	t.Helper()
	return s.must(t, "POST", "/v1/channels", map[string]string{
		"name": "Sales", "phone_number_id": phoneNumberID, "app_secret": appSecret, "verify_token": "a-token-of-ours",
	}).text(t, "id")
}

// deliver is WhatsApp delivering a signed body.
func (s *service) deliver(t *testing.T, channel string, body []byte) answer {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write(body)
	return s.as(t, "", "POST", "/webhooks/whatsapp/"+channel, body, "X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
}

// delivery is the body of a webhook call with the given value of its only change.
func delivery(value string) []byte {
	return []byte(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":` +
		`{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"` + phoneNumberID + `"},` +
		value + `}}]}]}`)
}
