package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Notes answers: what did the team write down about a contact, and about those that were merged into it?
//
// Lists begin with the newest note.
type Notes struct{ DB DB }

// Note is one note as it reads now.
type Note struct {
	ID        uuid.UUID
	TakenOn   uuid.UUID // the contact, which may have been merged since
	Kind      string    // general, call, meeting, email
	Text      string
	CreatedAt time.Time
	CreatedBy Actor
	EditedAt  *time.Time // nil while it reads as it was written
	EditedBy  *Actor
	Revision  int64 // of the note's own last event
}

// NoteKey is a note's place in a list.
type NoteKey struct {
	CreatedAt time.Time
	Note      uuid.UUID
}

// Of answers the notes of a contact, beginning behind a key, and where the next page begins; nil is the end.
func (r Notes) Of(ctx context.Context, org, contact uuid.UUID, after *NoteKey, limit int) ([]Note, *NoteKey, error) {
	where := notesOf(org, contact)
	if after != nil {
		where.and("(n.created_at, n.note) < (%s, %s)", after.CreatedAt, after.Note)
	}
	sql := selectNotes + ` where ` + where.sql() + ` order by n.created_at desc, n.note desc limit ` + where.parameter(limit+1)
	found, err := ask(ctx, r.DB, org, planReuse, scanNote, sql, where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the notes of %s: %w", contact, err)
	}
	items, next := page(found, limit, func(n Note) NoteKey { return NoteKey{CreatedAt: n.CreatedAt, Note: n.ID} })
	return items, next, nil
}

// Count answers how many notes a contact has, counting no further than one above the bound.
func (r Notes) Count(ctx context.Context, org, contact uuid.UUID, bound int) (int, error) {
	return count(ctx, r.DB, org, "shown_notes n", notesOf(org, contact), bound)
}

// Get answers one note of a contact.
func (r Notes) Get(ctx context.Context, org, contact, note uuid.UUID) (Note, error) {
	where := notesOf(org, contact)
	where.and("n.note = %s", note)
	found, err := one(ask(ctx, r.DB, org, planReuse, scanNote, selectNotes+` where `+where.sql(), where.args...))
	if err != nil {
		return Note{}, fmt.Errorf("get note %s of %s: %w", note, contact, err)
	}
	return found, nil
}

func notesOf(org, contact uuid.UUID) *conditions {
	where := &conditions{}
	where.and("n.org = %s", org)
	where.and("n.contact = %s", contact)
	return where
}

const selectNotes = `
	select n.note, n.taken_on, n.kind, coalesce(n.text, ''), n.created_at, n.created_by_kind, n.created_by,
		coalesce((select a.name from actors a where a.org = n.org and a.actor = n.created_by), ''),
		n.edited_at, coalesce(n.edited_by_kind, ''), n.edited_by,
		coalesce((select a.name from actors a where a.org = n.org and a.actor = n.edited_by), ''), n.revision
	from shown_notes n`

func scanNote(row pgx.CollectableRow) (n Note, err error) {
	var editor Actor
	err = row.Scan(&n.ID, &n.TakenOn, &n.Kind, &n.Text, &n.CreatedAt, &n.CreatedBy.Kind, &n.CreatedBy.ID, &n.CreatedBy.Name,
		&n.EditedAt, &editor.Kind, &editor.ID, &editor.Name, &n.Revision)
	if n.EditedAt != nil {
		n.EditedBy = &editor
	}
	return n, err
}
