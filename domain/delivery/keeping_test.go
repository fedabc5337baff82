package delivery_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"

	"tagtrail/domain/delivery"
	"tagtrail/domain/domaintest"
	"tagtrail/domain/personal"
)

func keep(field string, body []byte) func(*delivery.Delivery) ([]delivery.Event, error) {
	return func(d *delivery.Delivery) ([]delivery.Event, error) {
		return d.Keep(uuid.UUID{1}, delivery.UnknownShape, field, body), nil
	}
}

func kept(field, body string) delivery.Event {
	return delivery.Kept{Channel: uuid.UUID{1}, Why: delivery.UnknownShape, Field: field, Body: personal.New(body)}
}

func TestABodyIsKeptOnce(t *testing.T) {
	t.Parallel()
	domaintest.When(nil, delivery.New(), keep("user_preferences", []byte("{}"))).Then(t, kept("user_preferences", "{}"))
	domaintest.When(domaintest.Given(kept("user_preferences", "{}")), delivery.New(), keep("user_preferences", []byte("{}"))).Then(t)
	domaintest.When(nil, delivery.New(), keep("Ana +1650", nil)).Then(t, kept("other", ""))
}

func TestABodyReadsBackAsItCame(t *testing.T) {
	t.Parallel()
	for _, body := range [][]byte{
		nil, []byte(`{"a":"é"}`), {0xff, 0x00}, []byte("base64:AA=="), []byte(strings.Repeat("é€", delivery.MaxPart/2)), bytes.Repeat([]byte{0xff}, delivery.MaxPart),
	} {
		var history []delivery.Event
		for range 2*len(body)/delivery.MaxPart + 3 {
			history = append(history, domaintest.When(domaintest.Given(history...), delivery.New(), keep("", body)).Events...)
		}
		written := ""
		for _, e := range history {
			part := e.(delivery.Kept).Body.Reveal()
			if len(part) > delivery.MaxPart || !utf8.ValidString(part) {
				t.Errorf("a part has %d bytes and is text: %v", len(part), utf8.ValidString(part))
			}
			written += part
		}
		if got, err := delivery.Read(written); err != nil || !bytes.Equal(got, body) {
			t.Errorf("%.20q reads back as %.20q in %d parts, %v", body, got, len(history), err)
		}
	}
}
