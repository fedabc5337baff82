package eventstore_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"

	"tagtrail/adapters/embedded/eventstore"
)

// secured is a server that asks who is calling: admin, and ana who is in no group.
type secured struct {
	*running
	security *eventstore.Security
	password string
}

// startSecure takes a password, or lets one be made.
func startSecure(t *testing.T, chosen ...string) secured {
	t.Helper()
	dir := t.TempDir()
	for _, password := range chosen {
		if err := os.WriteFile(filepath.Join(dir, "admin.password"), []byte(password), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return startSecureIn(t, dir, "127.0.0.1:0")
}

func startSecureIn(t *testing.T, dir, address string) secured {
	t.Helper()
	security, err := eventstore.Secure(dir, []string{"localhost", "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	password, err := os.ReadFile(security.Password)
	if err != nil {
		t.Fatal(err)
	}
	lis, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server, err := eventstore.Open(eventstore.Options{Dir: filepath.Join(dir, "log"), Security: security.With("ana", "secret")})
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Server: server, address: lis.Addr().String(), dir: dir, served: make(chan error, 1)}
	go func() { r.served <- server.Serve(lis) }()
	t.Cleanup(func() { r.stop(t) })
	return secured{r, security, strings.TrimSpace(string(password))}
}

func (s secured) as(t *testing.T, user, password string) *esdb.Client {
	t.Helper()
	credentials := ""
	if user != "" {
		credentials = url.UserPassword(user, password).String() + "@"
	}
	config, err := esdb.ParseConnectionString("esdb://" + credentials + s.address + "?tls=true&tlsCaFile=" + url.QueryEscape(s.security.CA))
	if err != nil {
		t.Fatal(err)
	}
	return dial(t, config)
}

// codeOf is what the client makes of an error; zero for none.
func codeOf(err error) esdb.ErrorCode {
	if e := (*esdb.Error)(nil); errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

func tryAppend(t *testing.T, c *esdb.Client, stream string) error {
	t.Helper()
	_, err := c.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}},
		esdb.EventData{EventType: "happened", ContentType: esdb.ContentTypeJson, Data: []byte(`{}`)})
	return err
}

func tryRead(t *testing.T, c *esdb.Client, stream string) error {
	t.Helper()
	read := func() (*esdb.ReadStream, error) {
		if stream == "$all" {
			return c.ReadAll(t.Context(), esdb.ReadAllOptions{}, 1)
		}
		return c.ReadStream(t.Context(), stream, esdb.ReadStreamOptions{}, 1)
	}
	events, err := read()
	if err != nil {
		return err
	}
	defer events.Close()
	_, err = events.Recv()
	return err
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	s := startSecure(t)
	admin, ana := s.as(t, "admin", s.password), s.as(t, "ana", "secret")
	nobody, impostor := s.as(t, "", ""), s.as(t, "admin", "changeit")
	for _, stream := range []string{"orders", "private", "open", "$internal"} {
		if err := tryAppend(t, admin, stream); err != nil {
			t.Fatalf("admin appends to %s: %v", stream, err)
		}
	}
	for stream, acl := range map[string]esdb.Acl{
		"private": func() (a esdb.Acl) { a.AddReadRoles("ben"); a.AddWriteRoles("ben"); a.AddDeleteRoles("ben"); return a }(),
		"open":    func() (a esdb.Acl) { a.AddReadRoles("$all"); return a }(),
	} {
		var m esdb.StreamMetadata
		m.SetAcl(acl)
		if _, err := admin.SetStreamMetadata(t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, m); err != nil {
			t.Fatal(err)
		}
	}

	const denied, unknown = esdb.ErrorCodeAccessDenied, esdb.ErrorCodeUnauthenticated
	for _, c := range []struct {
		who          string
		client       *esdb.Client
		stream       string
		read, append esdb.ErrorCode
	}{
		{"admin", admin, "orders", 0, 0},
		{"admin", admin, "private", 0, 0},
		{"admin", admin, "$internal", 0, 0},
		{"admin", admin, "$all", 0, denied},
		{"ana", ana, "orders", 0, 0},
		{"ana", ana, "private", denied, denied},
		{"ana", ana, "open", 0, 0},
		{"ana", ana, "$internal", denied, denied},
		{"ana", ana, "$$$internal", denied, denied},
		{"ana", ana, "$all", denied, denied},
		{"nobody", nobody, "orders", denied, denied},
		{"nobody", nobody, "open", 0, denied},
		{"nobody", nobody, "$all", denied, denied},
		{"impostor", impostor, "orders", unknown, unknown},
		{"impostor", impostor, "open", unknown, unknown},
	} {
		if err := tryRead(t, c.client, c.stream); codeOf(err) != c.read || c.read == 0 && err != nil {
			t.Errorf("%s reads %s: %v", c.who, c.stream, err)
		}
		if err := tryAppend(t, c.client, c.stream); codeOf(err) != c.append || c.append == 0 && err != nil {
			t.Errorf("%s appends to %s: %v", c.who, c.stream, err)
		}
	}
	if _, err := ana.DeleteStream(t.Context(), "private", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}}); codeOf(err) != denied {
		t.Errorf("ana deletes a stream of ben: %v", err)
	}
	if _, err := ana.TombstoneStream(t.Context(), "private", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}); codeOf(err) != denied {
		t.Errorf("ana ends a stream of ben: %v", err)
	}
	if _, err := ana.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{}); codeOf(err) != denied {
		t.Errorf("ana subscribes to everything: %v", err)
	}
}

// TestTheWholeLogIsReadByWhomItsMetadataNames, as EventStoreDB has it in $$$all.
func TestTheWholeLogIsReadByWhomItsMetadataNames(t *testing.T) {
	t.Parallel()
	s := startSecure(t)
	admin, ana := s.as(t, "admin", s.password), s.as(t, "ana", "secret")
	if _, err := admin.AppendToStream(t.Context(), "$$$all", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, esdb.EventData{
		EventType: "$metadata", ContentType: esdb.ContentTypeJson, Data: []byte(`{"$acl":{"$r":["ana"]}}`),
	}); err != nil {
		t.Fatal(err)
	}
	if err := tryRead(t, ana, "$all"); err != nil {
		t.Error("ana reads everything:", err)
	}
}

// TestSettingsSpeakForStreamsThatDoNotSpeakForThemselves: $settings has lists for users' streams and for system streams.
func TestSettingsSpeakForStreamsThatDoNotSpeakForThemselves(t *testing.T) {
	t.Parallel()
	s := startSecure(t)
	admin, ana, nobody := s.as(t, "admin", s.password), s.as(t, "ana", "secret"), s.as(t, "", "")
	write := func(stream, kind, data string) {
		t.Helper()
		if _, err := admin.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, esdb.EventData{
			EventType: kind, ContentType: esdb.ContentTypeJson, Data: []byte(data),
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, stream := range []string{"orders", "mine", "crooked", "$internal"} {
		write(stream, "happened", "{}")
	}
	write("$$mine", "$metadata", `{"$acl":{"$r":"ana"}}`)
	write("$$crooked", "$metadata", `{"$acl":{"$r":{"ana":true}}}`)
	write("$settings", "update", `{"$userStreamAcl":{"$r":"$admins","$w":"$all"},"$systemStreamAcl":{"$r":["ana","$ops"]}}`)

	const denied = esdb.ErrorCodeAccessDenied
	for _, c := range []struct {
		who          string
		client       *esdb.Client
		stream       string
		read, append esdb.ErrorCode
	}{
		{"admin", admin, "orders", 0, 0},
		{"ana", ana, "orders", denied, 0},
		{"ana", ana, "mine", 0, 0},
		{"ana", ana, "crooked", denied, 0},
		{"ana", ana, "$internal", 0, denied},
		{"ana", ana, "$all", 0, denied},
		{"nobody", nobody, "orders", denied, 0},
		{"nobody", nobody, "mine", denied, 0},
		{"nobody", nobody, "$internal", denied, denied},
	} {
		if err := tryRead(t, c.client, c.stream); codeOf(err) != c.read || c.read == 0 && err != nil {
			t.Errorf("%s reads %s: %v", c.who, c.stream, err)
		}
		if err := tryAppend(t, c.client, c.stream); codeOf(err) != c.append || c.append == 0 && err != nil {
			t.Errorf("%s appends to %s: %v", c.who, c.stream, err)
		}
	}
	write("$settings", "update", `{}`)
	if err := tryRead(t, ana, "orders"); err != nil {
		t.Errorf("ana reads orders when the settings say nothing more: %v", err)
	}
}

func TestDiscoveryNeedsNoPassword(t *testing.T) {
	t.Parallel()
	s := startSecure(t)
	config, err := esdb.ParseConnectionString("esdb+discover://ana:secret@" + s.address + "?tls=true&tlsCaFile=" + url.QueryEscape(s.security.CA))
	if err != nil {
		t.Fatal(err)
	}
	if err := tryAppend(t, dial(t, config), "orders"); err != nil {
		t.Error(err)
	}
}

func TestClientsThatDoNotTrustTheAuthorityStayOutside(t *testing.T) {
	t.Parallel()
	s, other := startSecure(t), startSecure(t)
	s.security = other.security
	config, err := esdb.ParseConnectionString("esdb://admin:x@" + s.address + "?tls=true&maxDiscoverAttempts=1&tlsCaFile=" + url.QueryEscape(s.security.CA))
	if err != nil {
		t.Fatal(err)
	}
	if err := tryAppend(t, dial(t, config), "orders"); err == nil {
		t.Error("a client took a certificate of another authority")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := streams.NewStreamsClient(conn(t, s.address)).Delete(ctx, &streams.DeleteReq{}); err == nil || strings.Contains(err.Error(), codes.PermissionDenied.String()) {
		t.Errorf("a client without TLS is answered with %v", err)
	}
}

func TestCertificatesAndPasswordOutliveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var before map[string]string
	for range 2 {
		if _, err := eventstore.Secure(dir, []string{"localhost"}); err != nil {
			t.Fatal(err)
		}
		found := map[string]string{}
		for _, name := range []string{"ca.crt", "ca.key", "admin.password"} {
			content, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
			}
			found[name] = string(content)
			if before != nil && before[name] != found[name] {
				t.Errorf("%s changed", name)
			}
		}
		before = found
	}
	if err := os.WriteFile(filepath.Join(dir, "admin.password"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := eventstore.Secure(dir, []string{"localhost"}); !errors.Is(err, eventstore.ErrSecurity) {
		t.Errorf("an empty password: %v, want %v", err, eventstore.ErrSecurity)
	}
}
