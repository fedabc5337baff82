package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"tagtrail/domain/fault"
	"tagtrail/projections"
)

// The SQLSTATEs that mean something here.
const (
	divisionByZero  = "22012"
	undefinedTable  = "42P01"
	undefinedSchema = "3F000"
	undefinedColumn = "42703"
)

// StatementError is a statement that will never work, however often it is sent. What PostgreSQL says about one may
// quote values of a row, so only the names in it are passed on.
type StatementError struct {
	Doing      string
	Code       string // SQLSTATE, or "" where a value could not even be sent
	Table      string
	Column     string
	Constraint string
}

// Error names what was being done, and what PostgreSQL names.
func (e *StatementError) Error() string {
	var b strings.Builder
	b.WriteString(e.Doing + ": ")
	if e.Code == "" {
		b.WriteString("a value does not fit its column")
	} else {
		b.WriteString("PostgreSQL refuses with SQLSTATE " + e.Code)
	}
	for _, part := range []struct{ what, name string }{{"table", e.Table}, {"column", e.Column}, {"constraint", e.Constraint}} {
		if part.name != "" {
			b.WriteString(", " + part.what + " " + part.name)
		}
	}
	return b.String()
}

// explainSQL names what was being done, and tells an outage from a statement that will never work.
func explainSQL(err error, doing string) error {
	if err == nil {
		return nil
	}
	if isOutage(err) {
		return fmt.Errorf("%s: %w: %w", doing, projections.ErrUnavailable, err)
	}
	failed := &StatementError{Doing: doing}
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		failed.Code, failed.Table = refusal.Code, refusal.TableName
		failed.Column, failed.Constraint = refusal.ColumnName, refusal.ConstraintName
	}
	return failed
}

// explainUnlessNamed leaves an error as it is that says by itself what it is.
func explainUnlessNamed(err error, doing string) error {
	if fault.Of(err) != nil {
		return err
	}
	return explainSQL(err, doing)
}

// isOutage says whether the same may work later: the server is away, in a hurry, full, or ended what we did for
// another's sake.
func isOutage(err error) bool {
	if err == nil {
		return false
	}
	if _, connecting := errors.AsType[*pgconn.ConnectError](err); connecting {
		return true
	}
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch refusal.Code[:2] {
		case "08", "40", "53", "55", "57", "58":
			return true
		}
		return refusal.Code == "25006" // read-only: the server became a standby
	}
	if _, network := errors.AsType[net.Error](err); network {
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, pgconn.ErrConnClosed) || pgconn.SafeToRetry(err)
}
