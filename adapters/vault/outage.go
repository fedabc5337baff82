package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// outage tells a database that is out of reach, which is a fault that passes, from a mistake of ours or of whoever set
// the database up, and from a caller that went away.
func outage(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, ErrUnavailable) {
		return err
	}
	if _, ok := errors.AsType[pgx.ScanArgError](err); ok {
		return err
	}
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && !passes(refusal.Code) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// passes says which of the server's own errors are about its state and not about our statement.
func passes(code string) bool {
	switch code[:min(2, len(code))] {
	case "08", // connection
		"25", // read-only, as after a fail-over
		"40", // serialization, deadlock
		"53", // no memory, disk full, too many connections
		"55", // not in a state for it, lock not available
		"57", // shutting down, starting up, cancelled
		"58": // input and output
		return true
	default:
		return false
	}
}
