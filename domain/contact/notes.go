package contact

import (
	"slices"

	"tagtrail/domain/event"
	"tagtrail/domain/personal"
	"tagtrail/domain/text"
)

// The limits of notes.
const (
	MaxNoteLength = 5000 // characters as a person counts them
	MaxNotes      = 5000 // of one contact
)

// NoteKinds answers the kinds of notes.
func NoteKinds() []NoteKind { return []NoteKind{General, Call, Meeting, Email} }

// AddNote decides that the team takes a note; "" is a general one. A note that is there already is not taken again.
func (c *Contact) AddNote(id NoteID, kind NoteKind, written string) ([]Event, error) {
	if err := c.standing(); err != nil {
		return nil, err
	}
	kind, kept, err := cleanNote(kind, written)
	if err != nil {
		return nil, err
	}
	if _, taken := c.profile.notes[id]; taken {
		return nil, nil
	}
	if len(c.profile.notes) >= MaxNotes {
		return nil, ErrTooManyNotes
	}
	return []Event{NoteAdded{Note: id, Kind: kind, Text: kept}}, nil
}

// EditNote decides what a note says; nil leaves its kind or its text. A given revision must be that of the note's last event.
func (c *Contact) EditNote(id NoteID, kind *NoteKind, written *string, ifMatch *event.Revision) ([]Event, error) {
	if err := c.standing(); err != nil {
		return nil, err
	}
	had, ok := c.profile.notes[id]
	switch {
	case !ok:
		return nil, ErrUnknownNote
	case ifMatch != nil && *ifMatch != had.revision:
		return nil, ErrNoteStale
	}
	next := had
	if kind != nil {
		next.kind = *kind
	}
	says := had.text.Reveal()
	if written != nil {
		says = *written
	}
	var err error
	if next.kind, next.text, err = cleanNote(next.kind, says); err != nil || next == had {
		return nil, err
	}
	return []Event{NoteEdited{Note: id, Kind: next.kind, Text: next.text}}, nil
}

// DeleteNote decides that a note is shown no more. One that is deleted already is not deleted again.
func (c *Contact) DeleteNote(id NoteID) ([]Event, error) {
	if err := c.standing(); err != nil {
		return nil, err
	}
	if _, ok := c.profile.notes[id]; !ok {
		return nil, nil
	}
	return []Event{NoteDeleted{Note: id}}, nil
}

func cleanNote(kind NoteKind, written string) (NoteKind, personal.Text, error) {
	if kind == "" {
		kind = General
	}
	if !slices.Contains(NoteKinds(), kind) {
		return "", personal.Text{}, ErrUnknownNoteKind.At("/kind")
	}
	kept, err := text.Lines(written, MaxNoteLength)
	if err == nil && text.IsBlank(kept) {
		err = text.ErrBlank
	}
	if err != nil {
		return "", personal.Text{}, refusal(err, ErrNoteRequired, ErrNoteTooLong, ErrNoteCharacters).At("/text")
	}
	return kind, personal.New(kept), nil
}
