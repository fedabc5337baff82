package eventstore

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// Config says where the event store is and how patient to be with it.
type Config struct {
	URL      string        // esdb://…, esdb+discover://…, unix:/path or the absolute path of a Unix socket
	Deadline time.Duration // of a call whose context has none; 10 seconds when zero
	Logger   *slog.Logger  // slog.Default() when nil
}

// settings are the keys of a connection string that the client knows; the
// value says whether it must be a whole number above zero.
var settings = map[string]bool{
	"tls": false, "tlsverifycert": false, "tlscafile": false, "usercertfile": false, "userkeyfile": false,
	"nodepreference": false, "maxdiscoverattempts": true, "discoveryinterval": true, "gossiptimeout": true,
	"keepaliveinterval": false, "keepalivetimeout": false, "defaultdeadline": true,
}

// parseURL reads a connection string into the client's configuration.
//
// The client's own parser prints unknown keys to the standard logger and goes
// on, and takes a bad defaultDeadline for a deadline of zero: both are refused
// here before it sees them.
func parseURL(connection string) (esdb.Configuration, error) {
	if path, ok := socketPath(connection); ok {
		return esdb.Configuration{
			Address:           "unix:" + path,
			DisableTLS:        true,
			NodePreference:    esdb.NodePreferenceLeader,
			GossipTimeout:     5,
			KeepAliveInterval: 10 * time.Second,
			KeepAliveTimeout:  10 * time.Second,
		}, nil
	}
	_, query, _ := strings.Cut(connection, "?")
	keys, err := url.ParseQuery(query)
	if err != nil {
		return esdb.Configuration{}, fmt.Errorf("read the settings of the event store's address: %w", err)
	}
	for key, values := range keys {
		number, known := settings[strings.ToLower(key)]
		if !known {
			return esdb.Configuration{}, fmt.Errorf("the event store's address has an unknown setting %q", key)
		}
		if n, err := strconv.Atoi(values[0]); number && (err != nil || n < 1) {
			return esdb.Configuration{}, fmt.Errorf("the event store's setting %q must be a whole number above zero", key)
		}
	}
	parsed, err := esdb.ParseConnectionString(connection)
	if err != nil {
		return esdb.Configuration{}, fmt.Errorf("read the event store's address: %w", withoutAddress(err))
	}
	return *parsed, nil
}

// withoutAddress keeps a connection string, which may hold a password, out of the error that speaks of it.
func withoutAddress(err error) error {
	if wrapped, ok := err.(*url.Error); ok { //nolint:errorlint // the parser answers it bare
		return wrapped.Err
	}
	return err
}

func socketPath(connection string) (string, bool) {
	if path, ok := strings.CutPrefix(connection, "unix:"); ok {
		if trimmed, ok := strings.CutPrefix(path, "//"); ok {
			path = trimmed
		}
		return path, true
	}
	return connection, strings.HasPrefix(connection, "/")
}

// steadfast makes discovery go on until the server is back: a client whose
// discovery gives up is dead for ever, and so is every caller waiting in it.
func steadfast(c esdb.Configuration) *esdb.Configuration {
	c.MaxDiscoverAttempts = math.MaxInt32
	c.DiscoveryInterval = 50
	return &c
}

// once makes discovery try a single time, for a client that only asks whether the server is there.
func once(c esdb.Configuration) *esdb.Configuration {
	c.MaxDiscoverAttempts = 1
	c.DiscoveryInterval = 1
	return &c
}

// clientLog writes what the client says at debug level: it reports each
// refused append as an error, and what matters comes back as an error anyway.
func clientLog(logger *slog.Logger) esdb.LoggingFunc {
	return func(level esdb.LogLevel, format string, args ...any) {
		if logger.Enabled(context.Background(), slog.LevelDebug) {
			logger.Debug("event store client", "level", level, "message", fmt.Sprintf(format, args...))
		}
	}
}
