package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func event(kind string) esdb.EventData {
	return esdb.EventData{EventID: uuid.New(), EventType: kind, ContentType: esdb.ContentTypeJson, Data: []byte(`{}`)}
}

func appendN(t *testing.T, client *esdb.Client, stream, kind string, n int) {
	t.Helper()
	if err := appendTo(t.Context(), client, stream, kind, n); err != nil {
		t.Fatal("append:", err)
	}
}

func appendTo(ctx context.Context, client *esdb.Client, stream, kind string, n int) error {
	for left := n; left > 0; left -= 200 {
		events := make([]esdb.EventData, min(left, 200))
		for i := range events {
			events[i] = event(kind)
		}
		if _, err := client.AppendToStream(ctx, stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, events...); err != nil {
			return err
		}
	}
	return nil
}

// received are the events of a read that is no subscription.
func received(t *testing.T, client streams.StreamsClient, o *streams.ReadReq_Options) (all []*streams.ReadResp_ReadEvent_RecordedEvent) {
	t.Helper()
	for _, m := range messages(t, client, o) {
		if e := m.GetEvent().GetEvent(); e != nil {
			all = append(all, e)
		}
	}
	return all
}

func messages(t *testing.T, client streams.StreamsClient, o *streams.ReadReq_Options) (all []*streams.ReadResp) {
	t.Helper()
	call, err := client.Read(t.Context(), asking(o))
	if err != nil {
		t.Fatal("read:", err)
	}
	for {
		m, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal("read:", err)
		}
		all = append(all, m)
	}
}

func fromStart() *streams.ReadReq_Options_All {
	return &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
		AllOption: &streams.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}},
	}}
}

func ofStream(name string) *streams.ReadReq_Options_Stream {
	o := ofStreamFrom(name, 0)
	o.Stream.RevisionOption = &streams.ReadReq_Options_StreamOptions_Start{Start: &shared.Empty{}}
	return o
}

func ofStreamFrom(name string, revision uint64) *streams.ReadReq_Options_Stream {
	return &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{
		StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(name)},
		RevisionOption:   &streams.ReadReq_Options_StreamOptions_Revision{Revision: revision},
	}}
}

// asking says of a read what every read must say.
func asking(o *streams.ReadReq_Options) *streams.ReadReq {
	if o.GetUuidOption() == nil {
		o.UuidOption = &streams.ReadReq_Options_UUIDOption{Content: &streams.ReadReq_Options_UUIDOption_Structured{Structured: &shared.Empty{}}}
	}
	if o.GetFilterOption() == nil {
		o.FilterOption = &streams.ReadReq_Options_NoFilter{NoFilter: &shared.Empty{}}
	}
	return &streams.ReadReq{Options: o}
}

// TestRefusalBeforeTheEndOfAnAppendIsSeen: an append that is refused early still shows why, however much the client
// is sending.
func TestRefusalBeforeTheEndOfAnAppendIsSeen(t *testing.T) {
	t.Parallel()
	client := connect(t, start(t))
	events := make([]esdb.EventData, 201)
	for i := range events {
		events[i] = event("large")
		events[i].Data = []byte(`"` + strings.Repeat("x", 16<<10) + `"`)
	}
	for range 30 {
		_, err := client.AppendToStream(t.Context(), "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, events...)
		var refused *esdb.Error
		if !errors.As(err, &refused) || !strings.Contains(refused.Error(), "Maximum Append Size of 1048576 Exceeded") {
			t.Fatalf("an append of 3 MiB: %v", err)
		}
	}
}

func TestFilteredReadOfEverything(t *testing.T) {
	t.Parallel()
	r := start(t)
	client, raw := connect(t, r), streams.NewStreamsClient(conn(t, r.address))
	for range 300 {
		appendN(t, client, "a-1", "other", 3)
		appendN(t, client, "b-1", "wanted", 1)
	}
	regex := &streams.ReadReq_Options_Filter{Filter: &streams.ReadReq_Options_FilterOptions{
		Filter: &streams.ReadReq_Options_FilterOptions_StreamIdentifier{StreamIdentifier: &streams.ReadReq_Options_FilterOptions_Expression{Regex: `^b-\d$`}},
		Window: &streams.ReadReq_Options_FilterOptions_Count{Count: &shared.Empty{}},
	}}
	for name, row := range map[string]struct {
		filter    *streams.ReadReq_Options_Filter
		count     uint64
		backwards bool
		first     uint64
		want      int
	}{
		"by type":             {byType(32, 1, "x", "wanted"), 1000, false, 4, 300},
		"by type, some":       {byType(32, 1, "wanted"), 260, false, 4, 260},
		"by stream, backward": {regex, 2, true, 1200, 2},
	} {
		o := &streams.ReadReq_Options{StreamOption: fromStart(), FilterOption: row.filter, CountOption: &streams.ReadReq_Options_Count{Count: row.count}}
		if row.backwards {
			o.ReadDirection = streams.ReadReq_Options_Backwards
			o.StreamOption = &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{AllOption: &streams.ReadReq_Options_AllOptions_End{End: &shared.Empty{}}}}
		}
		got := received(t, raw, o)
		if len(got) != row.want || got[0].GetCommitPosition() != row.first {
			t.Errorf("%s: %d events, want %d", name, len(got), row.want)
		}
	}
}

// TestPositionsOfAStreamAreToldOnlyWhoAsks: the official client takes them for a broken server. Where a stream begins is
// told only to a reader that began elsewhere.
func TestPositionsOfAStreamAreToldOnlyWhoAsks(t *testing.T) {
	t.Parallel()
	r := start(t)
	client, raw := connect(t, r), streams.NewStreamsClient(conn(t, r.address))
	appendN(t, client, "s", "happened", 3)
	appendN(t, client, "long", "happened", 50)
	metadata := esdb.StreamMetadata{}
	metadata.SetTruncateBefore(40)
	if _, err := client.SetStreamMetadata(t.Context(), "long", esdb.AppendToStreamOptions{}, metadata); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name          string
		stream        string
		from, count   uint64
		compatibility uint32
		want          []string
	}{
		{"who does not ask is told nothing", "s", 0, 10, 0, []string{"event 0", "event 1", "event 2"}},
		{"who asks is told the end", "s", 1, 10, 1, []string{"event 1", "event 2", "last 2"}},
		{"behind the end", "s", 9, 10, 1, []string{"first 3", "last 2"}},
		{"right behind the end", "s", 3, 10, 1, []string{"last 2"}},
		{"far before what is truncated", "long", 0, 1, 1, []string{"first 40", "event 40", "last 49"}},
		{"near what is truncated", "long", 20, 1, 1, []string{"first 40", "event 40", "last 49"}},
		{"within reach of what is left", "long", 20, 25, 1, []string{
			"event 40", "event 41", "event 42", "event 43", "event 44", "event 45", "event 46", "event 47", "event 48", "event 49", "last 49",
		}},
	} {
		o := &streams.ReadReq_Options{
			StreamOption: ofStreamFrom(row.stream, row.from), CountOption: &streams.ReadReq_Options_Count{Count: row.count},
			ControlOption: &streams.ReadReq_Options_ControlOption{Compatibility: row.compatibility},
		}
		var got []string
		for _, m := range messages(t, raw, o) {
			switch c := m.GetContent().(type) {
			case *streams.ReadResp_FirstStreamPosition:
				got = append(got, fmt.Sprint("first ", c.FirstStreamPosition))
			case *streams.ReadResp_LastStreamPosition:
				got = append(got, fmt.Sprint("last ", c.LastStreamPosition))
			default:
				got = append(got, fmt.Sprint("event ", m.GetEvent().GetEvent().GetStreamRevision()))
			}
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: the read says\n%q, want\n%q", row.name, got, row.want)
		}
	}
}

func TestLinksAreResolved(t *testing.T) {
	t.Parallel()
	client := connect(t, start(t))
	appendN(t, client, "target", "happened", 2)
	for _, to := range []string{"1@target", "9@target", "0@gone", "nonsense"} {
		link := event("$>")
		link.ContentType, link.Data = esdb.ContentTypeBinary, []byte(to)
		if _, err := client.AppendToStream(t.Context(), "links", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, link); err != nil {
			t.Fatal(err)
		}
	}
	read, err := client.ReadStream(t.Context(), "links", esdb.ReadStreamOptions{From: esdb.Start{}, ResolveLinkTos: true}, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	for i := range 4 {
		e, err := read.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if e.Link == nil || e.Link.EventNumber != uint64(i) || *e.Commit != e.Link.Position.Commit {
			t.Errorf("link %d: %+v", i, e.Link)
		}
		if found := e.Event != nil; found != (i == 0) || found && (e.Event.StreamID != "target" || e.Event.EventNumber != 1) {
			t.Errorf("the target of link %d: %+v", i, e.Event)
		}
	}
}

// TestRecordedEventArrivesAsItWasSent in every field, whatever the bytes.
func TestRecordedEventArrivesAsItWasSent(t *testing.T) {
	t.Parallel()
	client := connect(t, start(t))
	before := time.Now().Add(-time.Second)
	for i, sent := range []esdb.EventData{
		{EventID: uuid.New(), EventType: "json", ContentType: esdb.ContentTypeJson, Data: []byte(`{"a":1}`), Metadata: []byte(`{"m":2}`)},
		{EventID: uuid.Max, EventType: "größe", ContentType: esdb.ContentTypeBinary, Data: []byte{0, 255, 128}, Metadata: []byte{0}},
		{EventID: uuid.MustParse("00000000-0000-0001-8000-000000000000"), EventType: "e", ContentType: esdb.ContentTypeBinary},
		{EventID: uuid.New(), EventType: strings.Repeat("t", 300), ContentType: esdb.ContentTypeJson, Data: []byte(strings.Repeat("d", 1<<20))},
	} {
		stream := fmt.Sprint("strøm ", i)
		result, err := client.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}, sent)
		if err != nil {
			t.Fatal(err)
		}
		read, err := client.ReadStream(t.Context(), stream, esdb.ReadStreamOptions{From: esdb.Start{}}, 1)
		if err != nil {
			t.Fatal(err)
		}
		found, err := read.Recv()
		read.Close()
		if err != nil {
			t.Fatal(err)
		}
		got := found.Event
		same := got.EventID == sent.EventID && got.EventType == sent.EventType && string(got.Data) == string(sent.Data) &&
			string(got.UserMetadata) == string(sent.Metadata) && got.StreamID == stream && got.EventNumber == 0 &&
			got.Position.Commit == result.CommitPosition && got.Position.Prepare == result.PreparePosition &&
			got.CreatedDate.After(before) && got.CreatedDate.Before(time.Now().Add(time.Second))
		if want := map[esdb.ContentType]string{esdb.ContentTypeJson: "application/json", esdb.ContentTypeBinary: "application/octet-stream"}[sent.ContentType]; !same || got.ContentType != want {
			t.Errorf("event %d arrived as %+v", i, got)
		}
	}
}

// TestRefusals is the table of what is refused with which status and trailers.
func TestRefusals(t *testing.T) {
	t.Parallel()
	r := start(t)
	client, raw := connect(t, r), streams.NewStreamsClient(conn(t, r.address))
	appendN(t, client, "gøne", "happened", 1)
	if _, err := client.TombstoneStream(t.Context(), "gøne", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	good := map[string]string{"type": "t", "content-type": "application/json"}
	id := &shared.UUID{Value: &shared.UUID_String_{String_: uuid.NewString()}}
	for _, row := range []struct {
		name      string
		stream    string
		event     *streams.AppendReq_ProposedMessage
		code      codes.Code
		exception string
	}{
		{"no type", "s", &streams.AppendReq_ProposedMessage{Id: id, Metadata: map[string]string{"content-type": "x"}}, codes.InvalidArgument, "missing-required-metadata-property"},
		{"no content type", "s", &streams.AppendReq_ProposedMessage{Id: id, Metadata: map[string]string{"type": "x"}}, codes.InvalidArgument, "missing-required-metadata-property"},
		{"an empty type", "s", &streams.AppendReq_ProposedMessage{Id: id, Metadata: map[string]string{"type": "", "content-type": "x"}}, codes.Unknown, ""},
		{"no id", "s", &streams.AppendReq_ProposedMessage{Metadata: good}, codes.Unknown, ""},
		{"too large", "s", &streams.AppendReq_ProposedMessage{Id: id, Metadata: good, Data: make([]byte, 1<<20+1)}, codes.InvalidArgument, "maximum-append-size-exceeded"},
		{"no stream name", "", &streams.AppendReq_ProposedMessage{Id: id, Metadata: good}, codes.Unknown, ""},
		{"the metastream of nothing", "$$", &streams.AppendReq_ProposedMessage{Id: id, Metadata: good}, codes.Unknown, ""},
		{"the whole log", "$all", &streams.AppendReq_ProposedMessage{Id: id, Metadata: good}, codes.PermissionDenied, "access-denied"},
		{"a tombstoned stream", "gøne", &streams.AppendReq_ProposedMessage{Id: id, Metadata: good}, codes.FailedPrecondition, "stream-deleted"},
	} {
		call, err := raw.Append(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_ = call.Send(&streams.AppendReq{Content: &streams.AppendReq_Options_{Options: &streams.AppendReq_Options{
			StreamIdentifier:       &shared.StreamIdentifier{StreamName: []byte(row.stream)},
			ExpectedStreamRevision: &streams.AppendReq_Options_Any{Any: &shared.Empty{}},
		}}})
		_ = call.Send(&streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: row.event}})
		_, err = call.CloseAndRecv()
		trailer := call.Trailer()
		if status.Code(err) != row.code || strings.Join(trailer["exception"], "") != row.exception {
			t.Errorf("%s: %v with %v", row.name, err, trailer)
		}
		if row.exception == "stream-deleted" && !slices.Equal(trailer["stream-name"], []string{"g%C3%B8ne"}) {
			t.Errorf("%s: the trailers are %v", row.name, trailer)
		}
	}
	var trailer metadata.MD
	_, err := raw.Delete(t.Context(), &streams.DeleteReq{Options: &streams.DeleteReq_Options{
		StreamIdentifier:       &shared.StreamIdentifier{StreamName: []byte("never")},
		ExpectedStreamRevision: &streams.DeleteReq_Options_Any{Any: &shared.Empty{}},
	}}, grpcTrailer(&trailer))
	if status.Code(err) != codes.FailedPrecondition || strings.Join(trailer["exception"], "") != "wrong-expected-version" || strings.Join(trailer["actual-version"], "") != "-1" {
		t.Errorf("deleting an unknown stream: %v with %v", err, trailer)
	}
}
