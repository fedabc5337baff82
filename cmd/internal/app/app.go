// Package app wires every room into a running service; the binary and the
// end-to-end tests start it the same way.
//
// A part is one way to run: everything (Serve), or one of API, Project, Worker
// and EventStore. Each opens the same backends by the same code: an address that
// is configured, else what a bare machine can do by itself.
package app

import (
	"context"
	"log/slog"

	"tagtrail/cmd/internal/config"
)

// Env is what a part gets from outside.
type Env struct {
	Config  config.Config
	Log     *slog.Logger
	Say     func(format string, args ...any) // tells a person what is going on
	Version string
	Ready   func(address string) // called once when the part answers; may be nil

	unsealed, uncompressed bool // so that tests can show what would be found without sealing
}

// Part runs until the context ends, and answers nil when that was why it stopped.
type Part func(ctx context.Context, env Env) error
