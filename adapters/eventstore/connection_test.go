package eventstore_test

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain/event"
)

func TestClientConnectsByEveryFormOfAddress(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	for name, url := range map[string]string{
		"a path": srv.socket, "a unix address": "unix:" + srv.socket, "a unix URL": "unix://" + srv.socket,
		"a connection string": "esdb://" + srv.address + "?tls=false&defaultDeadline=5000",
		"a discovery string":  "esdb+discover://" + srv.address + "?tls=false",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			codec, _ := newCodec()
			if _, err := eventstore.NewStore(openAt(t, url), codec).Head(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAddressWithAMistakeIsRefusedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"an unknown setting":    "esdb://u:hunter2@h:2113?tls=false&maxDiscoverAttemps=3",
		"a deadline in words":   "esdb://u:hunter2@h:2113?defaultDeadline=soon",
		"a deadline of nothing": "esdb://u:hunter2@h:2113?defaultDeadline=0",
		"another scheme":        "http://u:hunter2@h:2113",
		"no host":               "esdb://",
		"a path":                "esdb://u:hunter2@h:2113/there",
		"a bad port":            "esdb://u:hunter2@h:port",
		"a broken escape":       "esdb://u:hunter2%zz@h:2113",
		"half a certificate":    "esdb://u:hunter2@h:2113?userCertFile=/x",
		"an empty address":      "",
	} {
		_, err := eventstore.Open(eventstore.Config{URL: url, Logger: slog.New(slog.DiscardHandler)})
		if err == nil {
			t.Errorf("%s is taken", name)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error holds the password: %v", name, err)
		}
	}
}

func TestAppendFollowsTheLeader(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	codec, _ := newCodec()
	s := eventstore.NewStore(openAt(t, "esdb://"+srv.address+"?tls=false"), codec)
	host, port, err := net.SplitHostPort(srv.address)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	// The server names itself, and is not yet what it names.
	srv.running.Faults().NotLeader(host, number)
	elected := time.AfterFunc(200*time.Millisecond, srv.running.Faults().Leader)
	defer elected.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stream := newContact().Stream()
	if _, err := s.Append(ctx, stream, event.NoStream, names("x", 1)); err != nil {
		t.Error(err)
	}
	if got := read(t, s, stream, 0); len(got) != 1 {
		t.Errorf("the stream has %d events", len(got))
	}
}
