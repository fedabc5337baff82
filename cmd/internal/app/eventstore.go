package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"

	embeddedstore "tagtrail/adapters/embedded/eventstore"
)

// EventStore runs the embedded event store alone, for any EventStoreDB client. Beyond loopback, and where it is wanted,
// it asks who is calling, over TLS, by a certificate that also holds the names.
func EventStore(address string, secure bool, names ...string) Part {
	return func(ctx context.Context, env Env) error {
		for _, name := range names {
			if !hostName.MatchString(name) && net.ParseIP(name) == nil {
				return fmt.Errorf("%w: %q is neither the name nor the address of a host", ErrListen, name)
			}
		}
		wanted, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrListen, err)
		}
		dir, err := openDataDir(env.Config.DataDir)
		if err != nil {
			return err
		}
		defer dir.release()
		listener, err := listen(ctx, address)
		if err != nil {
			return err
		}
		var security *embeddedstore.Security
		if secure || !wanted.IP.IsLoopback() {
			if security, err = embeddedstore.Secure(dir.file("eventstore-tls"), append(hostsAt(wanted), names...)); err != nil {
				return errors.Join(fmt.Errorf("%w: %w", ErrDataDir, err), listener.Close())
			}
		}
		store, err := openStore(dir, env, security)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		served := make(chan error, 1)
		go func() { served <- store.Serve(listener) }()
		if security == nil {
			env.Say("the event store is ready at esdb://%s?tls=false", listener.Addr())
		} else {
			env.Say("the event store is ready at esdb://%s?tls=true&tlsCaFile=%s", listener.Addr(), security.CA)
			env.Say("the password of %s is in %s", embeddedstore.Admin, security.Password)
		}
		if env.Ready != nil {
			env.Ready(listener.Addr().String())
		}
		select {
		case <-ctx.Done():
			err = nil
		case err = <-served:
		}
		return errors.Join(err, store.Close())
	}
}

// hostName is what a certificate can say of a host, also of all hosts of a domain.
var hostName = regexp.MustCompile(`^(\*\.)?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

// hostsAt are the names and addresses by which clients may call what listens on an address.
func hostsAt(address *net.TCPAddr) []string {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	if len(address.IP) > 0 && !address.IP.IsUnspecified() {
		return append(hosts, address.IP.String())
	}
	own, _ := net.InterfaceAddrs() // without them, there are the names
	for _, a := range own {
		if network, ok := a.(*net.IPNet); ok {
			hosts = append(hosts, network.IP.String())
		}
	}
	return hosts
}

// Scavenge gives back the space of events that nobody can read any more, in a data directory that no process holds.
func Scavenge(ctx context.Context, env Env) error {
	if !fileExists(filepath.Join(env.Config.DataDir, "eventstore")) {
		return fmt.Errorf("%w: %s holds no event store", ErrDataDir, env.Config.DataDir)
	}
	dir, err := openDataDir(env.Config.DataDir)
	if err != nil {
		return err
	}
	defer dir.release()
	found, err := embeddedstore.Scavenge(ctx, embeddedstore.Options{
		Dir: dir.file("eventstore"), Logger: env.Log, NoCompression: env.uncompressed,
	})
	if err != nil {
		return storeFault(err)
	}
	env.Say("reclaimed %d events of %d streams; the event store takes %d bytes, it took %d", found.Events, found.Streams, found.After, found.Before)
	return nil
}

// openStore opens the event store in the data directory. On a unix socket it needs no security.
func openStore(dir *dataDir, env Env, security *embeddedstore.Security) (*embeddedstore.Server, error) {
	store, err := embeddedstore.Open(embeddedstore.Options{
		Dir: dir.file("eventstore"), Logger: env.Log, NoCompression: env.uncompressed, Security: security,
	})
	return store, storeFault(err)
}

// storeFault says of an error of the event store when it is the data directory that cannot be used.
func storeFault(err error) error {
	for _, unusable := range []error{embeddedstore.ErrInUse, embeddedstore.ErrNewerFormat, embeddedstore.ErrDamaged} {
		if errors.Is(err, unusable) {
			return fmt.Errorf("%w: %w", ErrDataDir, err)
		}
	}
	return err
}
