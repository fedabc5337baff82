package eventstore_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

const secret = "Señora Ana +34666555444"

func newCodec() (*eventstore.Codec, *vault) {
	v := newVault()
	return &eventstore.Codec{Catalog: domain.Catalog(), Sealer: v}, v
}

func newContact() contact.ID { return contact.ID{UUID: uuid.New()} }

func envelope(e event.Event) event.Envelope {
	return event.Envelope{ID: uuid.New(), Event: e, Metadata: event.Metadata{
		Organization: uuid.New(), Actor: event.Actor{Kind: "owner", ID: uuid.NewString()}, Source: event.ManualAdmin,
		OccurredAt: time.Now().UTC().Truncate(time.Microsecond), CommandID: uuid.New(),
	}}
}

// recorded is what the log would answer for what was encoded.
func recorded(stream string, revision uint64, e esdb.EventData) eventstore.Record {
	return eventstore.Record{
		ID: e.EventID, Stream: stream, Type: e.EventType, Revision: revision, Position: 100 + revision,
		RecordedAt: time.Now().UTC(), JSON: true, Data: e.Data, Metadata: e.Metadata,
	}
}

func encode(t *testing.T, c *eventstore.Codec, stream string, envelopes ...event.Envelope) []eventstore.Record {
	t.Helper()
	encoded, err := c.Encode(t.Context(), stream, envelopes)
	if err != nil {
		t.Fatal(err)
	}
	records := make([]eventstore.Record, len(encoded))
	for i, e := range encoded {
		records[i] = recorded(stream, uint64(i), e)
	}
	return records
}

// fill puts something into every field of an event, so that the test covers
// events that are yet to be declared.
func fill(v reflect.Value) {
	switch p := v.Addr().Interface().(type) {
	case *personal.Text:
		*p = personal.New(secret)
		return
	case *time.Time:
		*p = time.Date(2024, 2, 29, 12, 0, 0, 123456000, time.UTC)
		return
	case *uuid.UUID:
		*p = uuid.New()
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.String:
		v.SetString("word")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(0.5)
	default:
		panic("fill does not know " + v.Type().String())
	}
}

var equalTexts = cmp.Comparer(func(a, b personal.Text) bool { return a == b })

func TestEveryEventIsSealedAndComesBackAsItWas(t *testing.T) {
	t.Parallel()
	for _, spec := range domain.Catalog().Specs() {
		t.Run(spec.Name(), func(t *testing.T) {
			t.Parallel()
			codec, _ := newCodec()
			value := reflect.New(reflect.TypeOf(spec.Zero())).Elem()
			fill(value)
			sent := envelope(value.Interface().(event.Event))
			fill(reflect.ValueOf(&sent.Metadata).Elem())
			stream := "contact-" + uuid.NewString()

			records := encode(t, codec, stream, sent)
			for _, spelling := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret))} {
				if strings.Contains(string(records[0].Data)+string(records[0].Metadata), spelling[:20]) {
					t.Errorf("the log would hold a personal value as %q", spelling)
				}
			}
			got, err := codec.DecodeRecords(t.Context(), records)
			if err != nil {
				t.Fatal(err)
			}
			sent.Metadata.Version = spec.Version()
			want := event.Recorded[event.Event]{
				ID: sent.ID, Stream: stream, Revision: 0, Position: 100, RecordedAt: records[0].RecordedAt, Metadata: sent.Metadata, Data: sent.Event,
			}
			if diff := cmp.Diff([]event.Recorded[event.Event]{want}, got, equalTexts); diff != "" {
				t.Errorf("want - got +:\n%s", diff)
			}
		})
	}
}

func TestPlainCodecWritesPersonalValuesInClear(t *testing.T) {
	t.Parallel()
	codec, _ := newCodec()
	codec.Plain = true
	records := encode(t, codec, newContact().Stream(), envelope(contact.Renamed{Name: personal.New(secret)}))
	if !bytes.Contains(records[0].Data, []byte(secret)) {
		t.Errorf("got %s", records[0].Data)
	}
	got, err := codec.DecodeRecords(t.Context(), records)
	if err != nil || got[0].Data.(contact.Renamed).Name.Reveal() != secret {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestSealedValueIsBoundToItsPlace(t *testing.T) {
	t.Parallel()
	codec, v := newCodec()
	id := newContact()
	sent := envelope(contact.Created{Identity: contact.Identity{Value: personal.New("+1"), WaID: personal.New("1")}, Name: personal.New("Ana")})
	sent.Metadata.Reason = personal.New("because")
	record := encode(t, codec, id.Stream(), sent)[0]

	prefix := string(sent.Metadata.Organization[:]) + string(id.UUID[:]) + string(sent.ID[:])
	want := []string{prefix + "data/identity/value", prefix + "data/identity/wa_id", prefix + "data/name", prefix + "metadata/reason"}
	if diff := cmp.Diff(want, v.places); diff != "" {
		t.Errorf("bound, want - got +:\n%s", diff)
	}
	if want := `"name":{"$sealed":"` + id.String() + ":"; !strings.Contains(string(record.Data), want) {
		t.Errorf("got %s, want it to hold %s", record.Data, want)
	}

	name := between(t, string(record.Data), `"name":`, `,"lead_status"`)
	wa := between(t, string(record.Data), `"wa_id":`, `}`) + "}"
	swapped := record
	swapped.Data = []byte(strings.NewReplacer(name, wa, wa, name).Replace(string(record.Data)))
	if _, err := codec.DecodeRecords(t.Context(), []eventstore.Record{swapped}); err == nil {
		t.Error("a value that was moved to another member opens")
	}
	moved := record
	moved.ID = uuid.New()
	if _, err := codec.DecodeRecords(t.Context(), []eventstore.Record{moved}); err == nil {
		t.Error("a value that was moved to another event opens")
	}
	foreign := record
	foreign.Metadata = bytes.Replace(record.Metadata, []byte(sent.Metadata.Organization.String()), []byte(uuid.NewString()), 1)
	if _, err := codec.DecodeRecords(t.Context(), []eventstore.Record{foreign}); err == nil {
		t.Error("a value that was moved to another organisation opens")
	}
}

func between(t *testing.T, text, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, from)
	part, _, found := strings.Cut(rest, to)
	if !ok || !found {
		t.Fatalf("%s has no %s … %s", text, from, to)
	}
	return part
}

// listed has personal values where no event of the domain has one yet.
type listed struct {
	Names  []personal.Text             `json:"na~mes"`
	Nested [][]personal.Text           `json:"nes/ted"`
	Pairs  []struct{ A personal.Text } `json:"pairs"`
	Last   personal.Text               `json:"last"`
}

func (listed) EventName() string { return "test.listed" }

func TestPersonalValuesInArraysAreBoundToTheirIndex(t *testing.T) {
	t.Parallel()
	v := newVault()
	codec := &eventstore.Codec{Catalog: event.NewCatalog([]event.Spec{event.Of[listed](1)}), Sealer: v}
	one := personal.New("one")
	sent := envelope(listed{
		Names: []personal.Text{one, personal.New("two")}, Nested: [][]personal.Text{{one}, {}, {one, personal.New("")}},
		Pairs: []struct{ A personal.Text }{{one}, {one}}, Last: personal.New("last"),
	})
	records := encode(t, codec, "test-"+uuid.NewString(), sent)
	want := []string{"/na~0mes/0", "/na~0mes/1", "/nes~1ted/0/0", "/nes~1ted/2/0", "/nes~1ted/2/1", "/pairs/0/A", "/pairs/1/A", "/last"}
	var got []string
	for _, place := range v.places {
		got = append(got, strings.TrimPrefix(place[48:], "data"))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bound, want - got +:\n%s", diff)
	}
	back, err := codec.DecodeRecords(t.Context(), records)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sent.Event, back[0].Data, equalTexts); diff != "" {
		t.Errorf("want - got +:\n%s", diff)
	}
}

func TestShreddedKeyOpensAsErasedAndMissingKeyStopsTheReader(t *testing.T) {
	t.Parallel()
	codec, v := newCodec()
	gone, lost := newContact(), newContact()
	sent := envelope(contact.Renamed{Name: personal.New(secret)})
	sent.Metadata.Reason = personal.New(secret)
	erased := encode(t, codec, gone.Stream(), sent)
	missing := encode(t, codec, lost.Stream(), sent)

	v.shred(gone.UUID)
	got, err := codec.DecodeRecords(t.Context(), erased)
	if err != nil {
		t.Fatal(err)
	}
	if !got[0].Data.(contact.Renamed).Name.IsErased() || !got[0].Metadata.Reason.IsErased() {
		t.Errorf("got %+v", got[0])
	}
	again := envelope(contact.Renamed{Name: personal.Erased()})
	if _, err := codec.Encode(t.Context(), gone.Stream(), []event.Envelope{again}); err != nil {
		t.Errorf("an erased value cannot be written again: %v", err)
	}

	v.lose(lost.UUID)
	_, err = codec.DecodeRecords(t.Context(), missing)
	if !errors.Is(err, errNoKey) || !strings.Contains(err.Error(), lost.Stream()) {
		t.Errorf("got %v, want an error that names the stream", err)
	}
}

func TestUnknownEventIsNamedInTheError(t *testing.T) {
	t.Parallel()
	codec, _ := newCodec()
	id := newContact()
	good := encode(t, codec, id.Stream(), envelope(contact.Renamed{Name: personal.New(secret)}))[0]
	for name, spoil := range map[string]func(*eventstore.Record){
		"unknown name": func(r *eventstore.Record) { r.Type = "contact.teleported" },
		"newer version": func(r *eventstore.Record) {
			r.Metadata = bytes.Replace(r.Metadata, []byte(`"v":1`), []byte(`"v":9`), 1)
		},
		"no metadata":        func(r *eventstore.Record) { r.Metadata = nil },
		"metadata of others": func(r *eventstore.Record) { r.Metadata = []byte(`{}`) },
		"unknown member":     func(r *eventstore.Record) { r.Data = []byte(`{"nickname":"x"}`) },
		"no JSON":            func(r *eventstore.Record) { r.Data = []byte(`{"name":`) },
		"sealed badly":       func(r *eventstore.Record) { r.Data = []byte(`{"name":{"$sealed":"x"}}`) },
		"sealed with more":   func(r *eventstore.Record) { r.Data = bytes.Replace(r.Data, []byte(`"}`), []byte(`","x":1}`), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := good
			bad.Revision = 42
			spoil(&bad)
			got, err := codec.DecodeRecords(t.Context(), []eventstore.Record{good, bad, good})
			if len(got) != 1 || got[0].ID != good.ID {
				t.Errorf("got %d events, want the one before", len(got))
			}
			if err == nil || !strings.Contains(err.Error(), "event 42 of "+id.Stream()+", "+bad.Type) {
				t.Errorf("got %v, want an error that names the event", err)
			}
		})
	}
}

func TestSystemEventsAreNobodysBusiness(t *testing.T) {
	t.Parallel()
	codec, _ := newCodec()
	got, err := codec.DecodeRecords(t.Context(), []eventstore.Record{
		{Type: "$metadata", Stream: "$$contact-1"}, {Type: "PersistentConfig1", Stream: "$persistentSubscriptionConfig"},
	})
	if err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestUpcastSeesOpenedValues(t *testing.T) {
	t.Parallel()
	v := newVault()
	old := &eventstore.Codec{Catalog: event.NewCatalog([]event.Spec{event.Of[listed](1)}), Sealer: v}
	records := encode(t, old, "test-"+uuid.NewString(), envelope(listed{Last: personal.New(secret)}))
	var seen string
	today := &eventstore.Codec{Sealer: v, Catalog: event.NewCatalog([]event.Spec{
		event.Of[listed](2, event.Upcast{From: 1, Lift: func(raw jsontext.Value) (jsontext.Value, error) {
			seen = string(raw)
			return raw, nil
		}}),
	})}
	if _, err := today.DecodeRecords(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(seen, secret) {
		t.Errorf("the upcast saw %s", seen)
	}
}

func TestWhoseKeySealsIsTheSubjectOrTheOrganisation(t *testing.T) {
	t.Parallel()
	codec, v := newCodec()
	who := newContact()
	received := envelope(message.Received{Contact: who, Wamid: personal.New("wamid.1")})
	encode(t, codec, message.ID{UUID: uuid.New()}.Stream(), received)
	if got := v.places[0][16:32]; got != string(who.UUID[:]) {
		t.Errorf("a message is sealed under %x, not under its contact", got)
	}

	registered := envelope(organization.Registered{Organization: organization.ID{UUID: uuid.New()}})
	registered.Metadata.Reason = personal.New("a new customer")
	encode(t, codec, organization.InstallationStream, registered)
	if got := v.places[1][16:32]; got != string(registered.Metadata.Organization[:]) {
		t.Errorf("a reason on the installation is sealed under %x, not under the organisation", got)
	}

	nobodys := envelope(message.StatusReported{Wamid: personal.New("wamid.1")})
	if _, err := codec.Encode(t.Context(), message.ID{UUID: uuid.New()}.Stream(), []event.Envelope{nobodys}); err == nil {
		t.Error("a personal value of nobody is sealed where no erasure reaches it")
	}
}

func TestWhatCannotBeReadBackIsNotWritten(t *testing.T) {
	t.Parallel()
	codec, _ := newCodec()
	stream := newContact().Stream()
	noID := envelope(contact.Renamed{})
	noID.ID = uuid.Nil
	for name, bad := range map[string]event.Envelope{
		"a text that is not UTF-8": envelope(contact.Renamed{Name: personal.New("\xff")}),
		"an event of no catalogue": envelope(listed{}),
		"an event without an id":   noID,
	} {
		if _, err := codec.Encode(t.Context(), stream, []event.Envelope{bad}); err == nil {
			t.Errorf("%s is written", name)
		}
	}
}

func TestKeysOfABatchAreFetchedAtOnce(t *testing.T) {
	t.Parallel()
	codec, v := newCodec()
	ana, ben := newContact(), newContact()
	org := uuid.New()
	var records []eventstore.Record
	for _, id := range []contact.ID{ana, ben, ana} {
		e := envelope(contact.Renamed{Name: personal.New(secret)})
		e.Metadata.Organization = org
		records = append(records, encode(t, codec, id.Stream(), e)...)
	}
	if _, err := codec.DecodeRecords(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]uuid.UUID{{ana.UUID, ben.UUID}}, v.fetched); diff != "" {
		t.Errorf("fetched, want - got +:\n%s", diff)
	}
}
