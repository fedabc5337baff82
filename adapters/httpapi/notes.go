package httpapi

import (
	"context"
	"net/http"
	"time"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
	"tagtrail/readmodels"
)

// Note is what the team wrote down about a contact, who never sees it.
type Note struct {
	ID        string     `json:"id" format:"uuid"`
	Contact   string     `json:"contact" format:"uuid" doc:"On which contact it was taken. One that was merged since keeps its notes; they are read here, and edited once it is separated."`
	Kind      string     `json:"kind" enum:"general,call,meeting,email"`
	Text      string     `json:"text" example:"Wants an offer by Friday"`
	CreatedAt time.Time  `json:"created_at"`
	CreatedBy Actor      `json:"created_by"`
	EditedAt  *time.Time `json:"edited_at" doc:"When it was edited last. What it said before is in the timeline."`
	EditedBy  *Actor     `json:"edited_by,omitempty"`
	Revision  int64      `json:"revision" doc:"Of its own last event; the ETag."`
}

func noteOf(n readmodels.Note) Note {
	shown := Note{
		ID: n.ID.String(), Contact: n.TakenOn.String(), Kind: n.Kind, Text: n.Text,
		CreatedAt: n.CreatedAt, CreatedBy: actorOf(n.CreatedBy), EditedAt: utc(n.EditedAt), Revision: n.Revision,
	}
	if n.EditedBy != nil {
		editor := actorOf(*n.EditedBy)
		shown.EditedBy = &editor
	}
	return shown
}

// NewNote is a note as somebody takes it.
type NewNote struct {
	Kind string `json:"kind,omitempty" enum:"general,call,meeting,email" doc:"general when left out."`
	Text string `json:"text" maxLength:"40000" doc:"1 to 5,000 characters." example:"Wants an offer by Friday"`
}

// NotePatch is what is asked of a note; what is left out stays.
type NotePatch struct {
	Kind member[string] `json:"kind,omitzero" enum:"general,call,meeting,email" doc:"null is general."`
	Text member[string] `json:"text,omitzero" maxLength:"40000" doc:"1 to 5,000 characters."`
}

type listOfContact struct {
	ByContact
	PerPage
}

// ByNote names a note of a contact in the path.
type ByNote struct {
	ByContact
	Note string `path:"note_id" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"`
}

func (a *api) registerNotes() {
	saying := []*fault.Fault{contact.ErrUnknown, contact.ErrErased, contact.ErrMerged, contact.ErrArchived, contact.ErrNoteRequired, contact.ErrNoteTooLong, contact.ErrNoteCharacters}
	register(a, operation{
		id: "list-notes", method: http.MethodGet, path: "/v1/contacts/{id}/notes", group: "Notes", permission: commands.MayRead,
		summary: "List the notes on a contact, the newest first", lists: true, faults: []*fault.Fault{commands.ErrNotFound},
	}, a.listNotes)
	register(a, operation{
		id: "add-note", method: http.MethodPost, path: "/v1/contacts/{id}/notes", group: "Notes", permission: commands.MayEditContacts,
		summary: "Take a note on a contact", takes: plainJSON, status: http.StatusCreated,
		answers: map[int]any{http.StatusCreated: Note{}, http.StatusAccepted: Pending{}},
		faults:  append([]*fault.Fault{contact.ErrTooManyNotes}, saying...),
	}, a.addNote)
	register(a, operation{
		id: "get-note", method: http.MethodGet, path: "/v1/contacts/{id}/notes/{note_id}", group: "Notes", permission: commands.MayRead,
		summary: "Get a note on a contact", faults: []*fault.Fault{commands.ErrNotFound},
	}, a.getNote)
	register(a, operation{
		id: "edit-note", method: http.MethodPatch, path: "/v1/contacts/{id}/notes/{note_id}", group: "Notes", permission: commands.MayEditContacts,
		summary: "Edit a note", takes: mergePatch, ifMatch: true, status: http.StatusOK,
		answers: map[int]any{http.StatusOK: Note{}, http.StatusAccepted: Pending{}},
		faults:  append([]*fault.Fault{contact.ErrUnknownNote, contact.ErrNoteStale}, saying...),
	}, a.editNote)
	register(a, operation{
		id: "delete-note", method: http.MethodDelete, path: "/v1/contacts/{id}/notes/{note_id}", group: "Notes", permission: commands.MayEditContacts,
		summary: "Delete a note", description: "What it said stays in the timeline. A note that is not there is no error.",
		status: http.StatusNoContent, answers: map[int]any{http.StatusNoContent: nil},
		faults: []*fault.Fault{contact.ErrUnknown, contact.ErrErased, contact.ErrMerged, contact.ErrArchived},
	}, a.deleteNote)
}

func (a *api) listNotes(ctx context.Context, in *listOfContact) (*listed[Note], error) {
	org, id := orgOf(ctx), parsed(in.ID)
	of := place{org: org, list: "notes", filters: []string{in.ID}}
	after, err := open[readmodels.NoteKey](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	notes, next, err := a.notes.Of(ctx, org, id, after, in.Limit)
	if err != nil {
		return nil, err
	}
	if len(notes) == 0 {
		if _, err := a.contacts.Get(ctx, org, id); err != nil {
			return nil, err
		}
	}
	return pageOf(ctx, a, of, notes, next, noteOf, func(bound int) (int, error) { return a.notes.Count(ctx, org, id, bound) })
}

func (a *api) getNote(ctx context.Context, in *ByNote) (*found[Note], error) {
	n, err := a.notes.Get(ctx, orgOf(ctx), parsed(in.ID), parsed(in.Note))
	if err != nil {
		return nil, err
	}
	return &found[Note]{ETag: etag(n.Revision), Body: noteOf(n)}, nil
}

func (a *api) wroteNote(ctx context.Context, status int, receipt commands.Receipt, on contact.ID, id contact.NoteID) (*written, error) {
	return wrote(ctx, a, status, receipt, id.UUID, func(ctx context.Context) (Note, int64, error) {
		n, err := a.notes.Get(ctx, orgOf(ctx), on.UUID, id.UUID)
		return noteOf(n), n.Revision, err
	})
}

type addNote struct {
	ByContact
	Body NewNote
}

func (a *api) addNote(ctx context.Context, in *addNote) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.AddNote{Contact: contact.ID{UUID: parsed(in.ID)}, Kind: contact.NoteKind(in.Body.Kind), Text: in.Body.Text}
	id, receipt, err := a.Commands.AddNote(asked, cmd)
	if err != nil {
		return nil, err
	}
	out, err := a.wroteNote(ctx, http.StatusCreated, receipt, cmd.Contact, id)
	if err == nil {
		out.Location = "/v1/contacts/" + in.ID + "/notes/" + id.String()
	}
	return out, err
}

type editNote struct {
	ByNote
	Body NotePatch `contentType:"application/merge-patch+json"`
}

func (a *api) editNote(ctx context.Context, in *editNote) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.EditNote{
		Contact: contact.ID{UUID: parsed(in.ID)}, Note: contact.NoteID{UUID: parsed(in.Note)},
		Kind: (*contact.NoteKind)(in.Body.Kind.pointer()), Text: in.Body.Text.pointer(),
	}
	if cmd.IfMatch, err = requestOf(ctx).ifMatch.revisionsSeen(); err != nil {
		return nil, err
	}
	receipt, err := a.Commands.EditNote(asked, cmd)
	if err != nil {
		return nil, err
	}
	return a.wroteNote(ctx, http.StatusOK, receipt, cmd.Contact, cmd.Note)
}

func (a *api) deleteNote(ctx context.Context, in *ByNote) (*done, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	receipt, err := a.Commands.DeleteNote(asked, commands.DeleteNote{Contact: contact.ID{UUID: parsed(in.ID)}, Note: contact.NoteID{UUID: parsed(in.Note)}})
	if err != nil {
		return nil, err
	}
	return a.done(ctx, receipt)
}
