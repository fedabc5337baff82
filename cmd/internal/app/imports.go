package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"tagtrail/adapters/files"
	"tagtrail/adapters/httpapi"
	"tagtrail/adapters/jobs"
	"tagtrail/adapters/postgres"
	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/domain/importing"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
)

// imports keep files in PostgreSQL, read them, and hand their rows to the commands.
type imports struct {
	commands *commands.Service
	files    postgres.Files
	jobs     *jobs.Jobs
}

// Receive keeps a file.
func (i imports) Receive(ctx context.Context, org organization.ID, id operation.ID, body io.Reader) (httpapi.Received, error) {
	hash := sha256.New()
	size, err := i.files.Receive(ctx, org.UUID, id.UUID, postgres.ImportSource, io.TeeReader(body, hash))
	if err == nil {
		err = i.files.BeginImport(ctx, org.UUID, id.UUID, size)
	}
	return httpapi.Received{Size: size, Digest: hash.Sum(nil)}, err
}

// Header answers the headings of a file.
func (i imports) Header(ctx context.Context, org organization.ID, id operation.ID, encoding string) ([]string, error) {
	sheet, err := i.open(ctx, org.UUID, id.UUID, encoding)
	if err != nil {
		return nil, err
	}
	_, err = sheet.Next()
	if errors.Is(err, io.EOF) {
		err = importing.ErrNoRows
	}
	return sheet.Header(), errors.Join(err, sheet.Close())
}

// Start has somebody work at an import.
func (i imports) Start(ctx context.Context, org organization.ID, id operation.ID) error {
	if err := i.jobs.Prepare(ctx, org, id, operation.Import, nil); err != nil {
		return err
	}
	return i.jobs.Wake(ctx, org, id)
}

// Drop gives up a file.
func (i imports) Drop(ctx context.Context, org organization.ID, id operation.ID) error {
	return i.files.Drop(ctx, org.UUID, id.UUID)
}

// State answers how far an import is.
func (i imports) State(ctx context.Context, org organization.ID, id operation.ID) (httpapi.ImportState, error) {
	found, err := i.files.Import(ctx, org.UUID, id.UUID)
	return httpapi.ImportState{Total: found.Total, Tally: found.Progress.Tally, Refusals: found.Progress.Refusals, Failure: found.Failure}, err
}

// Results writes what came of the rows.
func (i imports) Results(ctx context.Context, org organization.ID, id operation.ID, asked httpapi.AskedResults, out io.Writer) error {
	o, err := i.commands.Operation(ctx, org, id)
	if err != nil {
		return err
	}
	settings, err := settingsOf(o)
	if err != nil {
		return err
	}
	header, err := i.Header(ctx, org, id, settings.Encoding)
	if err != nil {
		return err
	}
	found, err := i.files.Import(ctx, org.UUID, id.UUID)
	if err != nil {
		return err
	}
	if asked.WithoutCells {
		header = nil
	}
	lines := files.NewWriter(out, files.CSV, true)
	if err := lines.Write(append(slices.Clone(resultColumns), header...)); err != nil {
		return err
	}
	for batch := 1; batch <= found.Progress.Batches; batch++ {
		part, err := i.files.Part(ctx, org.UUID, id.UUID, postgres.ImportResults, batch)
		if err != nil {
			return err
		}
		rows := csv.NewReader(bytes.NewReader(part))
		rows.FieldsPerRecord = -1
		for {
			row, err := rows.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			if asked.RefusedOnly && row[1] != string(importing.Refused) {
				continue
			}
			if asked.WithoutCells {
				row = row[:len(resultColumns)]
			}
			if err := lines.Write(row); err != nil {
				return err
			}
		}
	}
	return lines.Close()
}

// resultColumns are those of the file of results, before the ones of the file that was imported.
var resultColumns = []string{"line", "outcome", "contact", "column", "heading", "code", "message"}

// linesOf writes what came of a batch as it is kept.
func linesOf(rows []importing.Result, header []string) ([]byte, error) {
	out := &bytes.Buffer{}
	lines := files.NewWriter(out, files.CSV, false)
	for _, row := range rows {
		line := []string{strconv.Itoa(row.Line), string(row.Outcome), "", "", "", "", ""}
		if row.Contact != uuid.Nil {
			line[2] = row.Contact.String()
		}
		if why := row.Refusal; why.Fault != nil {
			line[5], line[6] = why.Fault.Code, why.Fault.Message
			if why.Column > 0 {
				line[3] = strconv.Itoa(why.Column)
			}
			if why.Column > 0 && why.Column <= len(header) {
				line[4] = header[why.Column-1]
			}
		}
		if err := lines.Write(append(line, row.Cells...)); err != nil {
			return nil, err
		}
	}
	err := lines.Close()
	return out.Bytes(), err
}

// Kind is that of imports.
func (imports) Kind() operation.Kind { return operation.Import }

// errStopped says that an import is not to go on for now, or for good.
var errStopped = errors.New("the import is not to go on")

// Carry goes on with an import where it was. A file that cannot be read to its end ends the import there.
func (i imports) Carry(ctx context.Context, asked jobs.Asked, report jobs.Tell) (operation.Counts, error) {
	org, id := asked.Organization, asked.ID
	settings, err := settingsOf(asked.Operation)
	if err != nil {
		return operation.Counts{}, err
	}
	at, err := i.files.Import(ctx, org.UUID, id.UUID)
	if err != nil {
		return operation.Counts{}, err
	}
	progress, failure, err := i.run(ctx, asked, settings, at, report)
	if err != nil {
		return operation.Counts{}, err
	}
	err = i.files.EndImport(ctx, org.UUID, id.UUID, progress, failure)
	return countsOf(progress.Tally, max(at.Total, progress.Tally.Rows)), err
}

func (i imports) run(ctx context.Context, asked jobs.Asked, settings importing.Settings, at postgres.Imported, report jobs.Tell) (commands.ImportProgress, *fault.Fault, error) {
	org, id := asked.Organization, asked.ID
	progress := at.Progress
	header, total, err := i.count(ctx, asked, settings, at.Total)
	if err == nil {
		var tally importing.Tally
		tally, err = i.commands.Import(commands.ForOperation(ctx, org, id, asked.Operation, "import"), commands.Import{
			Settings: settings, Done: at.Progress,
			Open: func() (importing.Sheet, error) { return i.open(ctx, org.UUID, id.UUID, settings.Encoding) },
			Keep: func(ctx context.Context, now commands.ImportProgress, rows []importing.Result) error {
				lines, err := linesOf(rows, header)
				if err != nil {
					return err
				}
				if err := i.files.KeepImport(ctx, org.UUID, id.UUID, now, lines); err != nil {
					return err
				}
				progress = now
				goOn, err := report(ctx, countsOf(now.Tally, max(total, now.Tally.Rows)))
				if err == nil && !goOn {
					err = errStopped
				}
				return err
			},
		})
		if err == nil {
			progress.Tally = tally
		}
	}
	if refused := fault.Of(err); refused != nil && refused.Kind != fault.Unavailable {
		return progress, refused, nil
	}
	return progress, nil, err
}

// count answers the headings of a file and how many rows it has, which is counted once. Where the file breaks, it ends.
func (i imports) count(ctx context.Context, asked jobs.Asked, settings importing.Settings, known int) ([]string, int, error) {
	sheet, err := i.open(ctx, asked.Organization.UUID, asked.ID.UUID, settings.Encoding)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = sheet.Close() }()
	if known > 0 {
		return sheet.Header(), known, nil
	}
	for total := 0; ; total++ {
		if _, err := sheet.Next(); err != nil {
			return sheet.Header(), total, i.files.CountImport(ctx, asked.Organization.UUID, asked.ID.UUID, total)
		}
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
	}
}

func (i imports) open(ctx context.Context, org, id uuid.UUID, encoding string) (files.Sheet, error) {
	found, err := i.files.Import(ctx, org, id)
	if err != nil {
		return nil, err
	}
	return files.Open(i.files.Reader(ctx, org, id, postgres.ImportSource, found.Size), found.Size, files.Options{Encoding: encoding})
}

func settingsOf(o *operation.Operation) (importing.Settings, error) {
	var s importing.Settings
	if o.Asked.IsErased() {
		return s, importing.ErrFileGone
	}
	err := json.Unmarshal([]byte(o.Asked.Reveal()), &s)
	return s, err
}

func countsOf(t importing.Tally, total int) operation.Counts {
	return operation.Counts{Total: total, Changed: t.Created + t.Updated, Unchanged: t.Unchanged, Refused: t.Refused}
}
