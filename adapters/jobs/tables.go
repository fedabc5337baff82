package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
)

// state is what the tables say of an operation, which is for workers among themselves.
type state string

const (
	queued  state = "queued"
	working state = "working"
	paused  state = "paused"
	ended   state = "ended"
)

// Progress says how far an operation is.
type Progress struct {
	operation.Counts
	Selected bool // the total is known
	Reached  int  // everything up to this number has a result
	Rate     float64
	NotedAt  time.Time
}

// Prepare keeps an operation that is about to be started, and whom it is about where that is known already. Doing it again
// changes nothing.
func (j *Jobs) Prepare(ctx context.Context, org organization.ID, id operation.ID, kind operation.Kind, things []uuid.UUID) error {
	err := pgx.BeginFunc(ctx, j.Pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `insert into jobs.operations (operation, org, kind) values ($1, $2, $3) on conflict do nothing`, id.UUID, org.UUID, string(kind))
		if err != nil || tag.RowsAffected() == 0 || things == nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			insert into jobs.things (operation, number, thing)
			select $1::uuid, number, thing from unnest($2::uuid[]) with ordinality as asked (thing, number)
			on conflict do nothing`, id.UUID, things)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			update jobs.operations set total = (select count(*) from jobs.things where operation = $1) where operation = $1`, id.UUID)
		return err
	})
	if err != nil {
		return fmt.Errorf("prepare operation %s: %w", id, err)
	}
	return nil
}

// Wake has somebody look at an operation whose phase changed.
func (j *Jobs) Wake(ctx context.Context, org organization.ID, id operation.ID) error {
	if err := pgx.BeginFunc(ctx, j.Pool, func(tx pgx.Tx) error { return j.wake(ctx, tx, org, id) }); err != nil {
		return fmt.Errorf("wake operation %s: %w", id, err)
	}
	return nil
}

func (j *Jobs) wake(ctx context.Context, tx pgx.Tx, org organization.ID, id operation.ID) error {
	tag, err := tx.Exec(ctx, `
		update jobs.operations set state = $3, noted_at = now()
		where operation = $1 and org = $2 and state in ('asked', 'paused', 'working')`, id.UUID, org.UUID, string(queued))
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	_, err = j.queue.InsertTx(ctx, tx, wake{Organization: org.UUID, Operation: id.UUID}, nil)
	return err
}

// Progress answers how far an operation is, and nothing of one that was never prepared here.
func (j *Jobs) Progress(ctx context.Context, org organization.ID, id operation.ID) (Progress, error) {
	found, err := j.read(ctx, id, org.UUID)
	if errors.Is(err, pgx.ErrNoRows) {
		return Progress{}, nil
	}
	return found, err
}

func (j *Jobs) progress(ctx context.Context, id operation.ID) (Progress, error) {
	return j.read(ctx, id, uuid.Nil)
}

func (j *Jobs) read(ctx context.Context, id operation.ID, org uuid.UUID) (p Progress, err error) {
	var total *int
	err = j.Pool.QueryRow(ctx, `
		select total, reached, changed, unchanged, refused, kept, rate, noted_at from jobs.operations
		where operation = $1 and ($2::uuid = '00000000-0000-0000-0000-000000000000' or org = $2::uuid)`, id.UUID, org,
	).Scan(&total, &p.Reached, &p.Changed, &p.Unchanged, &p.Refused, &p.Kept, &p.Rate, &p.NotedAt)
	if err != nil {
		return p, fmt.Errorf("read how far operation %s is: %w", id, err)
	}
	if total != nil {
		p.Selected, p.Total = true, *total
	}
	return p, nil
}

// begin says that somebody works at the operation, if it was ever prepared and has not ended.
func (j *Jobs) begin(ctx context.Context, id operation.ID) (known bool, err error) {
	tag, err := j.Pool.Exec(ctx, `update jobs.operations set state = $2, noted_at = now() where operation = $1 and state <> 'ended'`, id.UUID, string(working))
	if err != nil {
		return false, fmt.Errorf("begin operation %s: %w", id, err)
	}
	return tag.RowsAffected() > 0, nil
}

func (j *Jobs) note(ctx context.Context, id operation.ID, s state) error {
	if _, err := j.Pool.Exec(ctx, `update jobs.operations set state = $2, noted_at = now() where operation = $1`, id.UUID, string(s)); err != nil {
		return fmt.Errorf("note that operation %s is %s: %w", id, s, err)
	}
	return nil
}

// end gives up the list of whom it was about; what did not go as asked stays on record.
func (j *Jobs) end(ctx context.Context, id operation.ID) error {
	if err := j.note(ctx, id, ended); err != nil {
		return err
	}
	return j.selectNobody(ctx, id)
}

func (j *Jobs) selectNobody(ctx context.Context, id operation.ID) error {
	if _, err := j.Pool.Exec(ctx, `delete from jobs.things where operation = $1`, id.UUID); err != nil {
		return fmt.Errorf("give up the list of operation %s: %w", id, err)
	}
	return nil
}

// add keeps more of whom an operation is about behind a number, and answers the last number.
func (j *Jobs) add(ctx context.Context, id operation.ID, last int, ids []uuid.UUID) (int, error) {
	_, err := j.Pool.Exec(ctx, `
		insert into jobs.things (operation, number, thing)
		select $1::uuid, $2::int + number, thing from unnest($3::uuid[]) with ordinality as asked (thing, number)
		on conflict do nothing`, id.UUID, last, ids)
	if err != nil {
		return last, fmt.Errorf("keep whom operation %s is about: %w", id, err)
	}
	return last + len(ids), nil
}

func (j *Jobs) selected(ctx context.Context, id operation.ID) error {
	_, err := j.Pool.Exec(ctx, `
		update jobs.operations set total = (select count(*) from jobs.things where operation = $1), noted_at = now() where operation = $1`, id.UUID)
	if err != nil {
		return fmt.Errorf("count whom operation %s is about: %w", id, err)
	}
	return nil
}

func (j *Jobs) next(ctx context.Context, id operation.ID, reached int) ([]Thing, error) {
	rows, _ := j.Pool.Query(ctx, `
		select number, thing from jobs.things where operation = $1 and number > $2 order by number limit $3`, id.UUID, reached, j.Piece)
	things, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Thing])
	if err != nil {
		return nil, fmt.Errorf("read whom operation %s is about: %w", id, err)
	}
	return things, nil
}

// settle notes what came of a piece, once.
func (j *Jobs) settle(ctx context.Context, id operation.ID, things []Thing, outcomes []Outcome, rate float64) error {
	var counts operation.Counts
	numbers, reported, results, codes, details := []int{}, []uuid.UUID{}, []string{}, []string{}, []*string{}
	for i, o := range outcomes {
		counts.Add(o.Result)
		if o.Result != operation.Refused && o.Result != operation.Kept {
			continue
		}
		numbers, reported = append(numbers, things[i].Number), append(reported, things[i].ID)
		results, codes, details = append(results, string(o.Result)), append(codes, o.Code), append(details, jsonOf(o.Details))
	}
	last := things[len(things)-1].Number
	err := pgx.BeginFunc(ctx, j.Pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			update jobs.operations set reached = $2, changed = changed + $3, unchanged = unchanged + $4, refused = refused + $5, kept = kept + $6,
				rate = case rate when 0 then $7::float8 else rate * 0.8 + $7::float8 * 0.2 end, noted_at = now()
			where operation = $1 and reached < $2`, id.UUID, last, counts.Changed, counts.Unchanged, counts.Refused, counts.Kept, rate)
		if err != nil || tag.RowsAffected() == 0 {
			return err // somebody whose lock was lost has noted the same piece
		}
		_, err = tx.Exec(ctx, `
			insert into jobs.reports (operation, number, thing, result, code, details)
			select $1::uuid, * from unnest($2::int[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[])
			on conflict do nothing`, id.UUID, numbers, reported, results, codes, details)
		return err
	})
	if err != nil {
		return fmt.Errorf("note what came of operation %s: %w", id, err)
	}
	return nil
}

func jsonOf(details map[string]string) *string {
	if len(details) == 0 {
		return nil
	}
	written, _ := json.Marshal(details) //nolint:errchkjson // texts by name
	text := string(written)
	return &text
}

// Report is one of the many of whom something did not go as asked.
type Report struct {
	Number  int
	Thing   uuid.UUID
	Result  operation.Result
	Code    string
	Details map[string]string
}

// Reports answers what did not go as asked, behind a number, in the order of the work.
func (j *Jobs) Reports(ctx context.Context, org organization.ID, id operation.ID, behind, limit int) ([]Report, error) {
	rows, _ := j.Pool.Query(ctx, `
		select r.number, r.thing, r.result, r.code, r.details from jobs.reports r
		join jobs.operations o on o.operation = r.operation and o.org = $2
		where r.operation = $1 and r.number > $3 order by r.number limit $4`, id.UUID, org.UUID, behind, limit)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Report])
	if err != nil {
		return nil, fmt.Errorf("read the report of operation %s: %w", id, err)
	}
	return found, nil
}
