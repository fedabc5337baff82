package wire_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/protobuf/proto"

	"tagtrail/adapters/embedded/eventstore/wire"
)

// FuzzAppendMessage: whatever the bytes, the server takes out of them what the generated messages do, or refuses them as
// those do.
func FuzzAppendMessage(f *testing.F) {
	for _, m := range appendMessages() {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(append(b, b...))
		f.Add(append(b, 0x98, 0x3f, 0x01)) // a field that nobody knows
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var generated streams.AppendReq
		want, wantErr := wire.Taken{}, proto.Unmarshal(b, &generated)
		if wantErr == nil {
			want = taken(&generated)
		}
		got, err := wire.Take(b)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("refused with %v, the generated messages with %v", err, wantErr)
		}
		if got != want {
			t.Errorf("taken\n%+v, the generated messages say\n%+v", got, want)
		}
	})
}

func appendMessages() []*streams.AppendReq {
	name := &shared.StreamIdentifier{StreamName: []byte("contact-1")}
	options := func(o *streams.AppendReq_Options) *streams.AppendReq {
		o.StreamIdentifier = name
		return &streams.AppendReq{Content: &streams.AppendReq_Options_{Options: o}}
	}
	event := func(e *streams.AppendReq_ProposedMessage) *streams.AppendReq {
		e.CustomMetadata, e.Data = []byte(`{"by":"x"}`), []byte{0, 1, 255}
		return &streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: e}}
	}
	return []*streams.AppendReq{
		{},
		options(&streams.AppendReq_Options{}),
		options(&streams.AppendReq_Options{ExpectedStreamRevision: &streams.AppendReq_Options_Revision{Revision: 0}}),
		options(&streams.AppendReq_Options{ExpectedStreamRevision: &streams.AppendReq_Options_Revision{Revision: math.MaxUint64}}),
		options(&streams.AppendReq_Options{ExpectedStreamRevision: &streams.AppendReq_Options_NoStream{NoStream: &shared.Empty{}}}),
		options(&streams.AppendReq_Options{ExpectedStreamRevision: &streams.AppendReq_Options_Any{Any: &shared.Empty{}}}),
		options(&streams.AppendReq_Options{ExpectedStreamRevision: &streams.AppendReq_Options_StreamExists{StreamExists: &shared.Empty{}}}),
		event(&streams.AppendReq_ProposedMessage{}),
		event(&streams.AppendReq_ProposedMessage{
			Id:       &shared.UUID{Value: &shared.UUID_String_{String_: "00112233-4455-6677-8899-aabbccddeeff"}},
			Metadata: map[string]string{"type": "", "content-type": "application/json"},
		}),
		event(&streams.AppendReq_ProposedMessage{
			Id: &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
				MostSignificantBits: -1, LeastSignificantBits: 1,
			}}},
			Metadata: map[string]string{"type": "happened", "content-type": "application/octet-stream", "more": "\x00"},
		}),
	}
}

// taken is what the generated messages say.
func taken(m *streams.AppendReq) wire.Taken {
	if o := m.GetOptions(); o != nil {
		t := wire.Taken{Options: true, Stream: string(o.GetStreamIdentifier().GetStreamName()), Unknown: len(o.ProtoReflect().GetUnknown()) > 0}
		t.Said = o.GetExpectedStreamRevision() != nil
		switch {
		case o.GetNoStream() != nil:
			t.Expected = -1
		case o.GetAny() != nil:
			t.Expected = -2
		case o.GetStreamExists() != nil:
			t.Expected = -4
		default:
			t.Expected = int64(min(o.GetRevision(), math.MaxInt64))
		}
		return t
	}
	e := m.GetProposedMessage()
	if e == nil {
		return wire.Taken{}
	}
	t := wire.Taken{Event: true, IDText: e.GetId().GetString_(), Custom: string(e.GetCustomMetadata()), Data: string(e.GetData())}
	if id := e.GetId().GetStructured(); id != nil {
		binary.BigEndian.PutUint64(t.ID[:8], uint64(id.GetMostSignificantBits()))
		binary.BigEndian.PutUint64(t.ID[8:], uint64(id.GetLeastSignificantBits()))
	}
	t.Type, t.Typed = e.GetMetadata()["type"]
	content, formed := e.GetMetadata()["content-type"]
	t.JSON, t.Formed = content == "application/json", formed
	return t
}
