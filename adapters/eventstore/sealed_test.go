package eventstore_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// sealsIn answers every seal of an event that was read without being opened, in the order of its JSON.
func sealsIn(t *testing.T, e event.Recorded[event.Event]) []personal.Seal {
	t.Helper()
	var seals []personal.Seal
	for _, part := range []any{e.Data, e.Metadata} {
		raw, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		for rest := string(raw); ; {
			_, after, found := strings.Cut(rest, `{"$sealed":"`)
			if !found {
				break
			}
			text, end, _ := strings.Cut(after, `"}`)
			seal, err := personal.ParseSeal(text)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			seals, rest = append(seals, seal), end
		}
	}
	return seals
}

func TestEveryEventIsReadSealedAndOpensLater(t *testing.T) {
	t.Parallel()
	for _, spec := range domain.Catalog().Specs() {
		t.Run(spec.Name(), func(t *testing.T) {
			t.Parallel()
			codec, v := newCodec()
			value := reflect.New(reflect.TypeOf(spec.Zero())).Elem()
			fill(value)
			sent := envelope(value.Interface().(event.Event))
			fill(reflect.ValueOf(&sent.Metadata).Elem())
			record := encode(t, codec, "contact-"+uuid.NewString(), sent)[0]

			got, err := eventstore.SealedCodec{Codec: codec}.DecodeRecords([]eventstore.Record{record})
			if err != nil {
				t.Fatal(err)
			}
			if got[0].Raw != (event.Raw{Data: string(record.Data), Metadata: string(record.Metadata)}) {
				t.Errorf("the event is kept as %s", got[0].Raw)
			}
			seals := sealsIn(t, got[0])
			if len(seals) != len(v.places) || strings.Contains(fmt.Sprintf("%+v", got[0].Data), secret) {
				t.Fatalf("%d of %d values are sealed: %v", len(seals), len(v.places), got[0].Data)
			}
			for i, seal := range seals {
				texts, err := codec.Open(t.Context(), sent.Metadata.Organization, []personal.Seal{seal})
				if err != nil || texts[0].Reveal() != secret {
					t.Errorf("value %d opens as %v, %v", i, texts, err)
				}
			}
		})
	}
}

func TestWhatIsOpenedLaterIsStillBoundToItsPlace(t *testing.T) {
	t.Parallel()
	codec, _ := newCodec()
	sent := envelope(contact.Created{Identity: contact.Identity{Value: personal.New("+1"), WaID: personal.New("1")}, Name: personal.New("Ana")})
	records := encode(t, codec, newContact().Stream(), sent)
	got, err := eventstore.SealedCodec{Codec: codec}.DecodeRecords(records)
	if err != nil {
		t.Fatal(err)
	}
	org, seal := sent.Metadata.Organization, sealsIn(t, got[0])[0]
	open := func(org uuid.UUID, seal personal.Seal) error {
		_, err := codec.Open(t.Context(), org, []personal.Seal{seal})
		return err
	}
	if err := open(org, seal); err != nil {
		t.Fatal(err)
	}
	elsewhere, ofAnother := seal, seal
	elsewhere.Place, ofAnother.Event = "data/name", uuid.New()
	for name, err := range map[string]error{
		"another place": open(org, elsewhere), "another event": open(org, ofAnother), "another organisation": open(uuid.New(), seal),
	} {
		if err == nil || errors.Is(err, personal.ErrErased) {
			t.Errorf("at %s it is answered with %v", name, err)
		}
	}
}

// A shredded key is an erased value, a missing one is an error and never shown as erased.
func TestWhatIsOpenedLaterIsErasedOnlyByAShred(t *testing.T) {
	t.Parallel()
	codec, v := newCodec()
	ana, bob := newContact(), newContact()
	org := uuid.New()
	seals := func(id contact.ID) []personal.Seal {
		sent := envelope(contact.Renamed{Name: personal.New("Ana")})
		sent.Metadata.Organization = org
		got, err := eventstore.SealedCodec{Codec: codec}.DecodeRecords(encode(t, codec, id.Stream(), sent))
		if err != nil {
			t.Fatal(err)
		}
		return sealsIn(t, got[0])
	}
	both := append(seals(ana), seals(bob)...)
	v.shred(ana.UUID)
	texts, err := codec.Open(t.Context(), org, both)
	if err != nil || !texts[0].IsErased() || texts[1].Reveal() != "Ana" {
		t.Errorf("opened %v, %v", texts, err)
	}
	if diff := cmp.Diff([]uuid.UUID{ana.UUID, bob.UUID}, v.fetched[len(v.fetched)-1]); diff != "" {
		t.Errorf("keys fetched:\n%s", diff)
	}
	v.lose(bob.UUID)
	if _, err := codec.Open(t.Context(), org, both); !errors.Is(err, errNoKey) {
		t.Errorf("a lost key is answered with %v", err)
	}
}

func TestReadingSealedTakesNoKeyAndRefusesWhatIsMalformed(t *testing.T) {
	t.Parallel()
	codec, v := newCodec()
	id := newContact()
	record := encode(t, codec, id.Stream(), envelope(contact.Renamed{Name: personal.New("Ana")}))[0]
	v.lose(id.UUID)
	if _, err := (eventstore.SealedCodec{Codec: codec}).DecodeRecords([]eventstore.Record{record}); err != nil {
		t.Errorf("without a key: %v", err)
	}
	record.Data = []byte(strings.Replace(string(record.Data), id.String(), "nobody", 1))
	if _, err := (eventstore.SealedCodec{Codec: codec}).DecodeRecords([]eventstore.Record{record}); !errors.Is(err, personal.ErrMalformed) {
		t.Errorf("malformed: %v", err)
	}
	if _, err := (eventstore.SealedCodec{Codec: codec}).Decode(t.Context(), message.NewMessage("1", nil)); err == nil {
		t.Error("a message that carries nothing is read")
	}
}

func TestASealedValueIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	codec, _ := newCodec()
	sealed := personal.Sealed(personal.Seal{Subject: uuid.New(), Event: uuid.New(), Place: "data/name"})
	if _, err := codec.Encode(t.Context(), newContact().Stream(), []event.Envelope{envelope(contact.Renamed{Name: sealed})}); err == nil {
		t.Error("a value that is sealed for another place got into an event")
	}
}
