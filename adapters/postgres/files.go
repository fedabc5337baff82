package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/importing"
)

// partSize is how much of a file lies in one row.
const partSize = 256 << 10

// Sealer seals what is about people.
type Sealer interface {
	Seal(ctx context.Context, org, about uuid.UUID, plaintext, aad []byte) ([]byte, error)
	Open(ctx context.Context, org, about uuid.UUID, ciphertext, aad []byte) ([]byte, error)
	Shred(ctx context.Context, org, about uuid.UUID) error
}

// Files keeps files in parts that are sealed under a key of the file.
type Files struct {
	Pool   *Pool
	Sealer Sealer
	Of     uuid.UUID // whose key seals files that go with whoever they are about; zero gives each file a key of its own
}

// key answers whose key seals a file: where it is about nobody alone it is nobody's else, so that giving up the file gives up
// nothing more.
func (f Files) key(file uuid.UUID) uuid.UUID {
	if f.Of != uuid.Nil {
		return f.Of
	}
	return uuid.NewSHA1(file, []byte("file"))
}

// place binds a sealed part to where it lies.
func place(file uuid.UUID, kind string, part int) []byte {
	return binary.BigEndian.AppendUint32(append(file[:], kind...), uint32(part)) //nolint:gosec // parts are counted from 0
}

// Receive keeps a file as it comes and answers its size. What is kept of it in the end is what came last under its id.
func (f Files) Receive(ctx context.Context, org, file uuid.UUID, kind string, body io.Reader) (int64, error) {
	size, buffer := int64(0), make([]byte, partSize)
	for part := 0; ; part++ {
		n, err := io.ReadFull(body, buffer)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return size, err
		}
		ended := err != nil
		if n > 0 {
			if err := f.Keep(ctx, org, file, kind, part, buffer[:n]); err != nil {
				return size, err
			}
			size += int64(n)
		}
		if ended {
			return size, nil
		}
	}
}

// Keep keeps one part.
func (f Files) Keep(ctx context.Context, org, file uuid.UUID, kind string, part int, content []byte) error {
	sealed, err := f.seal(ctx, org, file, kind, part, content)
	if err != nil {
		return err
	}
	_, err = f.Pool.Exec(ctx, keepPart, org, file, kind, part, sealed)
	return explainSQL(err, "keep a part of a file")
}

const keepPart = `
	insert into tagtrail.files (org, file, kind, part, sealed) values ($1, $2, $3, $4, $5)
	on conflict (org, file, kind, part) do update set sealed = excluded.sealed`

func (f Files) seal(ctx context.Context, org, file uuid.UUID, kind string, part int, content []byte) ([]byte, error) {
	sealed, err := f.Sealer.Seal(ctx, org, f.key(file), content, place(file, kind, part))
	if err != nil {
		return nil, fmt.Errorf("seal a part of file %s: %w", file, err)
	}
	return sealed, nil
}

// Part answers one part, or importing.ErrFileGone.
func (f Files) Part(ctx context.Context, org, file uuid.UUID, kind string, part int) ([]byte, error) {
	var sealed []byte
	err := f.Pool.QueryRow(ctx, `select sealed from tagtrail.files where org = $1 and file = $2 and kind = $3 and part = $4`, org, file, kind, part).Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, importing.ErrFileGone
	}
	if err != nil {
		return nil, explainSQL(err, "read a part of a file")
	}
	content, err := f.Sealer.Open(ctx, org, f.key(file), sealed, place(file, kind, part))
	if err != nil {
		return nil, fmt.Errorf("open a part of file %s: %w", file, err)
	}
	return content, nil
}

// Drop gives up a file with all that is kept under its id.
func (f Files) Drop(ctx context.Context, org, file uuid.UUID) error {
	if _, err := f.Pool.Exec(ctx, `delete from tagtrail.files where org = $1 and file = $2`, org, file); err != nil {
		return explainSQL(err, "give up a file")
	}
	if f.Of != uuid.Nil {
		return nil
	}
	return f.Sealer.Shred(ctx, org, f.key(file))
}

// Kept answers every file of an organisation, but such as are only just being received.
func (f Files) Kept(ctx context.Context, org uuid.UUID) ([]uuid.UUID, error) {
	rows, _ := f.Pool.Query(ctx, `
		select distinct f.file from tagtrail.files f where f.org = $1 and f.kind <> 'personal-data' and (
			f.kept_at < now() - interval '1 hour' or exists (select from tagtrail.imports i where i.org = f.org and i.import = f.file))`, org)
	files, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return files, explainSQL(err, "look for files")
}

// PersonalData is the kind of files about persons.
const PersonalData = "personal-data"

// KeptAbout answers the files about persons of an organisation.
func (f Files) KeptAbout(ctx context.Context, org uuid.UUID) ([]uuid.UUID, error) {
	rows, _ := f.Pool.Query(ctx, `select distinct file from tagtrail.files where org = $1 and kind = 'personal-data'`, org)
	files, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return files, explainSQL(err, "look for files about persons")
}

// Expire gives up the files about persons that have been kept for so long.
func (f Files) Expire(ctx context.Context, after time.Duration) error {
	_, err := f.Pool.Exec(ctx, `delete from tagtrail.files where kind = 'personal-data' and kept_at < now() - make_interval(secs => $1)`, after.Seconds())
	return explainSQL(err, "give up files about persons")
}

// Copy writes what was kept part by part; importing.ErrFileGone where there is nothing.
func (f Files) Copy(ctx context.Context, org, file uuid.UUID, kind string, out io.Writer) error {
	for part := 0; ; part++ {
		content, err := f.Part(ctx, org, file, kind, part)
		if part > 0 && errors.Is(err, importing.ErrFileGone) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := out.Write(content); err != nil {
			return err
		}
	}
}

// Reader answers the bytes of a file that was received, from any place on. It reads a part at a time.
func (f Files) Reader(ctx context.Context, org, file uuid.UUID, kind string, size int64) *FileReader {
	return &FileReader{files: f, ctx: ctx, org: org, file: file, kind: kind, size: size, held: -1}
}

// FileReader reads a file. It is for one reader at a time.
type FileReader struct {
	files     Files
	ctx       context.Context //nolint:containedctx // io's interfaces have no place for it
	org, file uuid.UUID
	kind      string
	size, at  int64
	held      int64 // the part in memory
	part      []byte
}

// Read implements io.Reader.
func (r *FileReader) Read(into []byte) (int, error) {
	n, err := r.ReadAt(into, r.at)
	r.at += int64(n)
	if n > 0 {
		return n, nil
	}
	return n, err
}

// ReadAt implements io.ReaderAt.
func (r *FileReader) ReadAt(into []byte, at int64) (n int, err error) {
	for n < len(into) && at < r.size {
		if number := at / partSize; number != r.held {
			if r.part, err = r.files.Part(r.ctx, r.org, r.file, r.kind, int(number)); err != nil {
				r.held = -1
				return n, err
			}
			r.held = number
		}
		copied := copy(into[n:], r.part[min(at%partSize, int64(len(r.part))):])
		if copied == 0 {
			return n, io.ErrUnexpectedEOF
		}
		n, at = n+copied, at+int64(copied)
	}
	if n < len(into) {
		return n, io.EOF
	}
	return n, nil
}
