package postgres

import (
	"bytes"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tagtrail/projections"
)

// worthCopying is the number of rows from which on COPY is worth a transaction that takes several round trips.
const worthCopying = 200

// loading are the rows of a batch that COPY writes, in a third of the time of a statement. COPY can only write rows that
// are not there yet, and nobody knows which are before it is tried: a table of which a row turns out to be there is left
// to statements for as long as the lead lasts. A nil one takes nothing.
type loading struct {
	schema string
	known  map[string]bool // the tables that have rows which are put again
	loads  []load
}

// load is what COPY writes into a table.
type load struct {
	table string
	sql   string
	rows  []byte
}

func (l *loading) any() bool { return l != nil && len(l.loads) > 0 }

// take answers whether it writes the rows.
func (l *loading) take(t *projections.Table, rows [][]any) bool {
	if l == nil || len(rows) < worthCopying || l.known[t.Name()] {
		return false
	}
	encoded, ok := encodeRows(t, rows)
	if ok {
		l.loads = append(l.loads, load{t.Name(), copyText(l.schema, t), encoded})
	}
	return ok
}

// errKnownRow says that a row is there already that was taken for a new one.
type errKnownRow struct {
	table string
	error
}

func (e errKnownRow) Unwrap() error { return e.error }

const uniqueViolation = "23505"

// write copies the rows into their tables.
func (l *loading) write(ctx context.Context, conn *pgconn.PgConn) error {
	for _, load := range l.loads {
		_, err := conn.CopyFrom(ctx, bytes.NewReader(load.rows), load.sql)
		failed := explainSQL(err, "copy rows into "+load.table+" of "+l.schema)
		if hasCode(err, uniqueViolation) {
			return errKnownRow{load.table, failed}
		}
		if err != nil {
			return failed
		}
	}
	return nil
}

// commitLoading does in several round trips what a pipeline does in one: the checkpoint moves, before a row is touched,
// then come the rows that are new, then whatever else there is.
func (l *lead) commitLoading(ctx context.Context, checkpoint, rest *pipeline, rows *loading) error {
	var failed error
	err := pgx.BeginFunc(ctx, l.conn, func(tx pgx.Tx) error {
		if _, failed = checkpoint.send(ctx, tx); failed == nil {
			failed = rows.write(ctx, tx.Conn().PgConn())
		}
		if failed == nil {
			_, failed = rest.send(ctx, tx)
		}
		return failed
	})
	if failed != nil {
		return failed
	}
	return explainSQL(err, "commit")
}

// remember leaves the table to statements where a row of it was taken for new that was not, and answers whether that
// was what went wrong.
func (l *lead) remember(err error) bool {
	known, is := errors.AsType[errKnownRow](err)
	if is {
		l.known[known.table] = true
	}
	return is
}
