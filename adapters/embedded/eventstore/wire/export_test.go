package wire

import "google.golang.org/grpc/mem"

// Taken is what the server makes of one message of an append.
type Taken struct {
	Options, Event bool

	Stream        string
	Expected      int64
	Said, Unknown bool

	ID            [16]byte
	IDText, Type  string
	JSON          bool
	Typed, Formed bool
	Custom, Data  string
}

// Take lets a message be taken apart as a server does.
func Take(message []byte) (Taken, error) {
	var m appendMessage
	if err := m.receive(mem.BufferSlice{mem.SliceBuffer(message)}); err != nil {
		return Taken{}, err
	}
	o, e := m.options, m.event
	t := Taken{Options: m.content == optionsContent, Event: m.content == eventContent}
	if t.Options {
		t.Stream, t.Expected, t.Said, t.Unknown = string(o.stream), int64(o.expected), o.said, o.unknown
	}
	if t.Event {
		t.ID, t.IDText, t.Type, t.JSON, t.Typed, t.Formed = e.id, e.idText, e.kind, e.json, e.typed, e.formed
		t.Custom, t.Data = string(e.custom), string(e.data)
	}
	return t, nil
}
