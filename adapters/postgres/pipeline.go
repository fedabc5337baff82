package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tagtrail/projections"
)

// pipeline is what one transaction sends in one round trip, and which part of it belongs where.
type pipeline struct {
	batch pgx.Batch
	parts []part
}

// part is one statement: the schema that it writes to, and what it does there.
type part struct{ schema, does string }

const checkpoint = "checkpoint"

func (p *pipeline) queue(schema, does, sql string, args ...any) {
	p.batch.Queue(sql, args...)
	p.parts = append(p.parts, part{schema, does})
}

// move changes the checkpoint of a schema, and tells of it where also says so. An update that finds nothing is no error in
// SQL, so a division by the number of rows makes it one.
func (p *pipeline) move(schema, change, also string, args ...any) {
	p.queue(schema, checkpoint,
		`with moved as (update `+quoted(schema)+`.checkpoint `+change+` returning 1) select 1 / count(*)`+also+` from moved`, args...)
}

// write queues what the changes come to in a schema. What they come to where every version is kept depends on what stands,
// which is read at once. Rows that are loaded are not queued.
func (p *pipeline) write(ctx context.Context, db batcher, texts statementTexts, schema string, changes *projections.Changes, loads *loading) error {
	standing, err := readStanding(ctx, db, texts, schema, changes)
	if err != nil {
		return err
	}
	for _, table := range changes.Tables() {
		for _, st := range texts.statements(schema, table, standing[table], loads) {
			p.queue(schema, table.Table.Name(), st.sql, st.args...)
		}
	}
	return nil
}

// then queues what another pipeline holds.
func (p *pipeline) then(other *pipeline) {
	p.batch.QueuedQueries = append(p.batch.QueuedQueries, other.batch.QueuedQueries...)
	p.parts = append(p.parts, other.parts...)
}

// send answers what went wrong, and in which schema.
func (p *pipeline) send(ctx context.Context, db batcher) (string, error) {
	if len(p.parts) == 0 {
		return "", nil
	}
	results := db.SendBatch(ctx, &p.batch)
	var failed error
	var where string
	for _, part := range p.parts {
		if _, err := results.Exec(); err != nil {
			where, failed = part.schema, explainSQL(err, "write "+part.does+" of "+part.schema)
			if part.does == checkpoint && hasCode(err, divisionByZero) {
				failed = fmt.Errorf("move the checkpoint of %s: %w", part.schema, projections.ErrOvertaken)
			}
			break
		}
	}
	if err := results.Close(); err != nil && failed == nil {
		failed = explainSQL(err, "commit")
	}
	return where, failed
}
