package eventstore_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// FuzzMetadataReadByHandIsWhatTheJSONPackageReads compares the two ways to read
// metadata.
func FuzzMetadataReadByHandIsWhatTheJSONPackageReads(f *testing.F) {
	for _, seed := range []string{
		`{"v":1,"organization":"018f3c1e-0000-7000-8000-000000000001","actor":{"kind":"owner","id":""},"source":"api","occurred_at":"2024-02-29T12:00:00.123456Z"}`,
		`{"v":2,"organization":"018f3c1e-0000-7000-8000-000000000001","actor":{"kind":"channel","id":"x"},"source":"whatsapp","occurred_at":"2024-02-29T12:00:00Z","command_id":"018f3c1e-0000-7000-8000-000000000002","request_hmac":"00ff","$correlationId":"c","$causationId":"d","operation_id":"018f3c1e-0000-7000-8000-000000000003","catalog_revision":12}`,
		`{"v":1,"organization":"018f3c1e-0000-7000-8000-000000000001","actor":{"kind":"\u0041","id":"é"},"source":"api","occurred_at":"2024-02-29T12:00:00+02:00"}`,
		`{"v":1,"organization":"{018f3c1e-0000-7000-8000-000000000001}","actor":{"kind":"owner","id":""},"source":"api","occurred_at":"2024-02-30T12:00:00Z"}`,
		`{"v":0,"organization":"00000000-0000-0000-0000-000000000000","actor":{"kind":"","id":""},"source":"","occurred_at":"0000-01-01T0:00:00Z"}`,
		`{"v":01,"organization":"018f3c1e-0000-7000-8000-00000000000g"}`, `{}`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		byHand, ok := eventstore.MetadataByHand(raw)
		if !ok {
			return
		}
		var want event.Metadata
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatalf("read by hand, the JSON package says %v", err)
		}
		if !reflect.DeepEqual(byHand, want) {
			t.Errorf("got %+v, want %+v", byHand, want)
		}
	})
}

// TestMetadataAsEncodedIsReadByHand holds the spelling together with what Encode writes.
func TestMetadataAsEncodedIsReadByHand(t *testing.T) {
	t.Parallel()
	revision := event.Revision(3)
	for _, m := range []event.Metadata{{Version: 1}, {Version: 1, CausationID: "x", CorrelationID: "y", RequestHMAC: "z", CatalogRevision: &revision}} {
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := eventstore.MetadataByHand(raw); !ok {
			t.Errorf("%s is not read by hand", raw)
		}
	}
}

// FuzzMetadataSpeltByHandIsWhatTheJSONPackageWrites compares the two ways to write metadata.
func FuzzMetadataSpeltByHandIsWhatTheJSONPackageWrites(f *testing.F) {
	f.Add(1, "owner", "018f3c1e-0000-7000-8000-000000000001", "import", int64(1_709_208_000_123_456), "", "", "", int64(0), 0, true)
	f.Add(2, "channel", "x", "whatsapp", int64(0), "00ff", "c", "d", int64(12), 3, false)
	f.Add(0, "<é>", "a\"b", "\\", int64(-1), "\x7f", "\u2028", "&", int64(-7), -1, true)
	f.Fuzz(func(t *testing.T, version int, kind, id, source string, micros int64, hmac, correlation, causation string, revision int64, rule int, ids bool) {
		at := event.Revision(revision)
		m := event.Metadata{
			Version: version, Actor: event.Actor{Kind: kind, ID: id}, Source: event.Source(source), OccurredAt: time.UnixMicro(micros).UTC(),
			RequestHMAC: hmac, CorrelationID: correlation, CausationID: causation, RuleVersion: rule,
		}
		if ids {
			m.Organization, m.CommandID, m.OperationID, m.CatalogRevision = uuid.New(), uuid.New(), uuid.New(), &at
		}
		byHand, ok := eventstore.MetadataSpelt(m)
		if !ok {
			return
		}
		want, err := json.Marshal(m)
		if err != nil {
			t.Fatalf("written by hand, the JSON package says %v", err)
		}
		if string(byHand) != string(want) {
			t.Errorf("got %s, want %s", byHand, want)
		}
	})
}

// TestMetadataOfCommandsIsSpeltByHand keeps what nearly every event has away from the JSON package, and what it alone can spell with it.
func TestMetadataOfCommandsIsSpeltByHand(t *testing.T) {
	t.Parallel()
	plain := event.Metadata{
		Version: 1, Organization: uuid.New(), Actor: event.Actor{Kind: "owner", ID: uuid.NewString()}, Source: event.Import,
		OccurredAt: time.Now().UTC(), CommandID: uuid.New(), OperationID: uuid.New(),
	}
	if _, ok := eventstore.MetadataSpelt(plain); !ok {
		t.Error("plain metadata is not spelt by hand")
	}
	for name, change := range map[string]func(*event.Metadata){
		"a reason":              func(m *event.Metadata) { m.Reason = personal.New("why") },
		"a model":               func(m *event.Metadata) { m.AI = &event.AI{Model: "m"} },
		"a quote":               func(m *event.Metadata) { m.Actor.ID = `"` },
		"another zone":          func(m *event.Metadata) { m.OccurredAt = m.OccurredAt.In(time.FixedZone("east", 3600)) },
		"a year of five digits": func(m *event.Metadata) { m.OccurredAt = time.Date(12024, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		m := plain
		change(&m)
		if raw, ok := eventstore.MetadataSpelt(m); ok {
			t.Errorf("with %s it is spelt %s", name, raw)
		}
	}
}
