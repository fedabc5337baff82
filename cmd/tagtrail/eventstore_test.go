package main_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

func TestAnyClientAppendsToTheEventStoreAloneAndReadsAfterARestart(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	p, address := m.eventStore(t)
	client := connect(t, address)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for i, name := range []string{"ordered", "paid"} {
		var expected esdb.ExpectedRevision = esdb.NoStream{}
		if i > 0 {
			expected = esdb.Revision(uint64(i - 1)) //nolint:gosec // small
		}
		event := esdb.EventData{EventType: name, ContentType: esdb.ContentTypeJson, Data: []byte(`{"amount":` + string(rune('1'+i)) + `}`)}
		if _, err := client.AppendToStream(ctx, "order-1", esdb.AppendToStreamOptions{ExpectedRevision: expected}, event); err != nil {
			t.Fatal(err)
		}
	}
	wantTypes(t, client, "ordered", "paid")
	if code := p.stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("SIGTERM ends it with %d", code)
	}

	p, address = m.eventStore(t)
	wantTypes(t, connect(t, address), "ordered", "paid")
	p.kill()

	p, address = m.eventStore(t)
	wantTypes(t, connect(t, address), "ordered", "paid")
	if code := p.stop(t, syscall.SIGINT); code != 0 {
		t.Errorf("Ctrl-C ends it with %d", code)
	}
}

func TestTheEventStoreAloneRefusesAnAddressThatItCannotHave(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for _, address := range []string{"192.0.2.1:2113", "nonsense", "127.0.0.1:70000"} {
		r := m.run(t, "eventstore", "--data-dir", m.data, "--listen", address)
		r.refused(t, 2, "listen")
		if r.stdout != "" {
			t.Errorf("%s: it said %q", address, r.stdout)
		}
	}
}

// TestTheEventStoreAloneAsksWhoIsCalling as it always does beyond loopback.
func TestTheEventStoreAloneAsksWhoIsCalling(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	p := m.start(t, "eventstore", "--data-dir", m.data, "--listen", "127.0.0.1:0", "--secure")
	address := addressIn(t, p.says(t, "ready at esdb://"))
	_, file, _ := strings.Cut(p.says(t, "the password of admin is in "), " is in ")
	password, err := os.ReadFile(strings.TrimSpace(file))
	if err != nil {
		t.Fatal(err)
	}
	event := esdb.EventData{EventType: "ordered", ContentType: esdb.ContentTypeJson, Data: []byte(`{}`)}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err = connect(t, address).AppendToStream(ctx, "order-1", esdb.AppendToStreamOptions{}, event)
	if refused, ok := esdb.FromError(err); ok || refused.Code() != esdb.ErrorCodeAccessDenied {
		t.Errorf("without a password: %v", err)
	}
	own := strings.Replace(address, "esdb://", "esdb://admin:"+strings.TrimSpace(string(password))+"@", 1)
	if _, err := connect(t, own).AppendToStream(ctx, "order-1", esdb.AppendToStreamOptions{}, event); err != nil {
		t.Error("with the password:", err)
	}
	if code := p.stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("SIGTERM ends it with %d", code)
	}
}

// TestTheEventStoreAloneIsCalledByMoreNames than it can find out by itself.
func TestTheEventStoreAloneIsCalledByMoreNames(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	p := m.start(t, "eventstore", "--data-dir", m.data, "--listen", "127.0.0.1:0", "--tls-name", "events.example.org,192.0.2.7")
	address := p.says(t, "ready at esdb://")
	_, authority, _ := strings.Cut(address, "tlsCaFile=")
	roots := x509.NewCertPool()
	if pem, err := os.ReadFile(strings.TrimSpace(authority)); err != nil || !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("read the authority: %v", err)
	}
	_, host, _ := strings.Cut(address, "esdb://")
	host, _, _ = strings.Cut(host, "?")
	for _, name := range []string{"events.example.org", "192.0.2.7", "localhost"} {
		conn, err := tls.Dial("tcp", host, &tls.Config{RootCAs: roots, ServerName: name, NextProtos: []string{"h2"}})
		if err != nil {
			t.Errorf("called %s: %v", name, err)
			continue
		}
		_ = conn.Close()
	}
	if code := p.stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("SIGTERM ends it with %d", code)
	}
	m.run(t, "eventstore", "--data-dir", m.data, "--listen", "127.0.0.1:0", "--tls-name", "no such host").refused(t, 2, "no such host")
}

// eventStore starts the embedded event store alone, and answers the address that it prints.
func (m *machine) eventStore(t *testing.T) (*process, string) {
	t.Helper()
	p := m.start(t, "eventstore", "--data-dir", m.data, "--listen", "127.0.0.1:0")
	return p, addressIn(t, p.says(t, "ready at esdb://"))
}

func connect(t *testing.T, address string) *esdb.Client {
	t.Helper()
	config, err := esdb.ParseConnectionString(address)
	if err != nil {
		t.Fatal(err)
	}
	config.Logger = esdb.NoopLogging()
	client, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func wantTypes(t *testing.T, client *esdb.Client, want ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	deadline := 10 * time.Second
	read, err := client.ReadStream(ctx, "order-1", esdb.ReadStreamOptions{From: esdb.Start{}, Deadline: &deadline}, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	for i := 0; ; i++ {
		event, err := read.Recv()
		if errors.Is(err, io.EOF) {
			if i != len(want) {
				t.Errorf("there are %d events", i)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if i >= len(want) || event.Event.EventType != want[i] {
			t.Fatalf("event %d is %s", i, event.Event.EventType)
		}
	}
}
