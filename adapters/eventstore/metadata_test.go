package eventstore_test

import (
	"reflect"
	"testing"

	"github.com/go-json-experiment/json"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain/event"
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
