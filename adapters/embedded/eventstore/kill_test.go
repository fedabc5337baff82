package eventstore_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"tagtrail/adapters/embedded/eventstore"
)

// childDir tells this test binary to be a server instead of running tests.
const childDir = "EVENTSTORE_TEST_SERVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		fmt.Println(serveChild(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// serveChild prints its address and serves until it is killed.
func serveChild(dir string) error {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server, err := eventstore.Open(eventstore.Options{Dir: dir})
	if err != nil {
		return err
	}
	fmt.Println("serving", lis.Addr())
	return server.Serve(lis)
}

type child struct {
	cmd     *exec.Cmd
	address string
}

func startChild(t *testing.T, dir string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "serving ")
	if !ok {
		_ = cmd.Process.Kill()
		t.Fatalf("the server did not start: %q, %v", line, err)
	}
	c := &child{cmd, address}
	t.Cleanup(c.kill)
	return c
}

// kill is kill -9, and may be called twice.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

func conn(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	c, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(32<<20)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// sent is one event of the kill test, and the revision that was acknowledged, or -1.
type sent struct {
	stream   string
	revision int
	id       uuid.UUID
	acked    bool
}

func appendOne(ctx context.Context, client streams.StreamsClient, s sent) (*streams.AppendResp, error) {
	call, err := client.Append(ctx)
	if err != nil {
		return nil, err
	}
	options := &streams.AppendReq_Options{
		StreamIdentifier:       &shared.StreamIdentifier{StreamName: []byte(s.stream)},
		ExpectedStreamRevision: &streams.AppendReq_Options_NoStream{NoStream: &shared.Empty{}},
	}
	if s.revision > 0 {
		options.ExpectedStreamRevision = &streams.AppendReq_Options_Revision{Revision: uint64(s.revision - 1)}
	}
	if err := call.Send(&streams.AppendReq{Content: &streams.AppendReq_Options_{Options: options}}); err != nil {
		return nil, err
	}
	event := &streams.AppendReq_ProposedMessage{
		Id:       &shared.UUID{Value: &shared.UUID_String_{String_: s.id.String()}},
		Metadata: map[string]string{"type": "happened", "content-type": "application/json"},
		Data:     []byte(`{}`),
	}
	if err := call.Send(&streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: event}}); err != nil {
		return nil, err
	}
	return call.CloseAndRecv()
}

// TestKilledServerLosesNothingAcknowledged kills the server's process under writers, again and again on one data
// directory: what was acknowledged is there at its revision, and every append can be sent again.
func TestKilledServerLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var all []sent
	for round := range 4 {
		server := startChild(t, dir)
		all = append(all, writeUntilKilled(t, server, round)...)
		verify(t, dir, all)
	}
	if len(all) < 500 {
		t.Errorf("only %d events were sent", len(all))
	}
}

func writeUntilKilled(t *testing.T, server *child, round int) (all []sent) {
	t.Helper()
	const writers, beforeKill = 16, 300
	var (
		mu      sync.Mutex
		acked   int
		writing sync.WaitGroup
		client  = streams.NewStreamsClient(conn(t, server.address))
		enough  = make(chan struct{})
	)
	for w := range writers {
		writing.Go(func() {
			for revision := 0; ; revision++ {
				s := sent{stream: fmt.Sprintf("round%d-%d", round, w), revision: revision, id: uuid.New()}
				resp, err := appendOne(context.Background(), client, s)
				s.acked = err == nil && resp.GetSuccess() != nil
				mu.Lock()
				all = append(all, s)
				if s.acked {
					if acked++; acked == beforeKill {
						close(enough)
					}
				}
				mu.Unlock()
				if !s.acked {
					return
				}
			}
		})
	}
	<-enough
	server.kill()
	writing.Wait()
	return all
}

func verify(t *testing.T, dir string, all []sent) {
	t.Helper()
	server := startIn(t, dir, "127.0.0.1:0")
	defer server.stop(t)
	client := streams.NewStreamsClient(conn(t, server.address))
	there := map[string]bool{}
	for _, e := range readAll(t, client) {
		there[fmt.Sprint(string(e.GetStreamIdentifier().GetStreamName()), "@", e.GetStreamRevision(), " ", e.GetId().GetString_())] = true
	}
	for _, s := range all {
		if s.acked && !there[fmt.Sprint(s.stream, "@", s.revision, " ", s.id)] {
			t.Fatalf("the acknowledged revision %d of %s is gone", s.revision, s.stream)
		}
		resp, err := appendOne(t.Context(), client, s)
		if err != nil || resp.GetSuccess().GetCurrentRevision() != uint64(s.revision) {
			t.Fatalf("sending revision %d of %s again: %v %v", s.revision, s.stream, resp, err)
		}
	}
}

func readAll(t *testing.T, client streams.StreamsClient) (all []*streams.ReadResp_ReadEvent_RecordedEvent) {
	t.Helper()
	return received(t, client, &streams.ReadReq_Options{
		StreamOption: &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
			AllOption: &streams.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}},
		}},
		CountOption:  &streams.ReadReq_Options_Count{Count: 1 << 40},
		FilterOption: &streams.ReadReq_Options_NoFilter{NoFilter: &shared.Empty{}},
		UuidOption:   &streams.ReadReq_Options_UUIDOption{Content: &streams.ReadReq_Options_UUIDOption_String_{String_: &shared.Empty{}}},
	})
}
