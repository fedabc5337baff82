package postgres

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/domain/importing"
)

// The kinds of files that an import has.
const (
	ImportSource  = "source"
	ImportResults = "results" // a part for each batch
)

// Imported is how far an import is.
type Imported struct {
	Size     int64 // of the file
	Total    int   // rows of the file; 0 while nobody has counted
	Progress commands.ImportProgress
	Failure  *fault.Fault // why it ended before its end
}

// BeginImport notes that a file was received.
func (f Files) BeginImport(ctx context.Context, org, id uuid.UUID, size int64) error {
	_, err := f.Pool.Exec(ctx, `insert into tagtrail.imports (org, import, size) values ($1, $2, $3) on conflict do nothing`, org, id, size)
	return explainSQL(err, "begin an import")
}

// CountImport notes how many rows the file has.
func (f Files) CountImport(ctx context.Context, org, id uuid.UUID, total int) error {
	_, err := f.Pool.Exec(ctx, `update tagtrail.imports set total = $3 where org = $1 and import = $2`, org, id, total)
	return explainSQL(err, "count an import")
}

// KeepImport keeps what came of a batch together with how far the import is by it.
func (f Files) KeepImport(ctx context.Context, org, id uuid.UUID, progress commands.ImportProgress, results []byte) error {
	written, err := json.Marshal(progress)
	if err != nil {
		return err
	}
	sealed, err := f.seal(ctx, org, id, ImportResults, progress.Batches, results)
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, f.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, keepPart, org, id, ImportResults, progress.Batches, sealed); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update tagtrail.imports set progress = $3, kept_at = now() where org = $1 and import = $2`, org, id, written)
		return err
	})
	return explainSQL(err, "keep what came of a batch of an import")
}

// EndImport notes what came of an import in all, and why it did not come to its end.
func (f Files) EndImport(ctx context.Context, org, id uuid.UUID, progress commands.ImportProgress, failure *fault.Fault) error {
	written, err := json.Marshal(progress)
	if err != nil {
		return err
	}
	var failed []byte
	if failure != nil {
		if failed, err = json.Marshal(fault.Fault{Kind: failure.Kind, Code: failure.Code, Message: failure.Message, Details: failure.Details}); err != nil {
			return err
		}
	}
	_, err = f.Pool.Exec(ctx, `update tagtrail.imports set progress = $3, failure = $4, kept_at = now() where org = $1 and import = $2`, org, id, written, failed)
	return explainSQL(err, "end an import")
}

// Import answers how far an import is, or importing.ErrFileGone where there is none.
func (f Files) Import(ctx context.Context, org, id uuid.UUID) (Imported, error) {
	var found Imported
	var progress, failure []byte
	err := f.Pool.QueryRow(ctx, `
		select size, coalesce(total, 0), progress, failure from tagtrail.imports where org = $1 and import = $2`, org, id,
	).Scan(&found.Size, &found.Total, &progress, &failure)
	if errors.Is(err, pgx.ErrNoRows) {
		return found, importing.ErrFileGone
	}
	if err != nil {
		return found, explainSQL(err, "read how far an import is")
	}
	if err := json.Unmarshal(progress, &found.Progress); err != nil {
		return found, err
	}
	if failure != nil {
		found.Failure = &fault.Fault{}
		err = json.Unmarshal(failure, found.Failure)
	}
	return found, err
}
