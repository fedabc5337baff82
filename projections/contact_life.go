package projections

import (
	"slices"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// onContactLife says what becomes of the rows of contacts that are put away, merged, and taken apart again.
//
// A merged contact carries no tags: those that go on do so on the row of the
// survivor. Whom it stood for goes along with it, and is told on their rows too,
// so that one look says who stands for a contact, however often it was merged.
func onContactLife(contacts *Table) []Part {
	exclude := func(w *Writer, at At, open []contact.OpenAssignment) {
		for _, a := range open {
			w.Exclude(contacts, at, "tags", a.Number)
		}
	}
	include := func(w *Writer, at At, open []contact.OpenAssignment) {
		for _, a := range open {
			w.Include(contacts, at, "tags", a.Number)
		}
	}
	follow := func(w *Writer, at At, with []contact.ID, root contact.ID) {
		for _, id := range with {
			w.Set(contacts, At{at[0], id}, Cols{"merged_into": root})
		}
	}

	return []Part{
		On(func(w *Writer, e event.Recorded[contact.Archived]) {
			exclude(w, ofContact(e), e.Data.Assignments)
			w.Set(contacts, ofContact(e), Cols{"archived": true, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[contact.Restored]) {
			include(w, ofContact(e), e.Data.Assignments)
			w.Set(contacts, ofContact(e), Cols{"archived": false, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[contact.LegalHoldPlaced]) {
			w.Set(contacts, ofContact(e), Cols{"legal_hold": true, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[contact.LegalHoldLifted]) {
			w.Set(contacts, ofContact(e), Cols{"legal_hold": false, "revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[contact.Merged]) {
			exclude(w, ofContact(e), slices.Concat(e.Data.Ended, e.Data.Taken))
			w.Set(contacts, ofContact(e), Cols{"merged_into": e.Data.Into, "revision": e.Revision})
			follow(w, ofContact(e), e.Data.With, e.Data.Into)
		}),
		On(func(w *Writer, e event.Recorded[contact.Absorbed]) {
			include(w, ofContact(e), openOf(e.Data.Taken))
			w.Set(contacts, ofContact(e), Cols{"revision": e.Revision})
		}),
		On(func(w *Writer, e event.Recorded[contact.Separated]) {
			include(w, ofContact(e), slices.Concat(e.Data.Reopened, e.Data.Returned))
			w.Set(contacts, ofContact(e), Cols{"merged_into": nil, "revision": e.Revision})
			follow(w, ofContact(e), e.Data.With, contact.Of(e))
		}),
		On(func(w *Writer, e event.Recorded[contact.Released]) {
			exclude(w, ofContact(e), openOf(e.Data.Returned))
			w.Set(contacts, ofContact(e), Cols{"revision": e.Revision})
		}),
	}
}

// onRevision counts the events that say nothing that the table shows, so that a contact's revision is that of its last event.
func onRevision(contacts *Table) []Part {
	return []Part{
		revised[contact.FirstNameChanged](contacts),
		revised[contact.LastNameChanged](contacts),
		revised[contact.CompanyChanged](contacts),
		revised[contact.AddressChanged](contacts),
		revised[contact.SocialProfileChanged](contacts),
		revised[contact.CountryChanged](contacts),
		revised[contact.LanguageChanged](contacts),
		revised[contact.FieldSet](contacts),
		revised[contact.FieldCleared](contacts),
		revised[contact.NoteAdded](contacts),
		revised[contact.NoteEdited](contacts),
		revised[contact.NoteDeleted](contacts),
		revised[contact.LimitExceeded](contacts),
		revised[contact.ToldApart](contacts),
		revised[contact.ConsentGiven](contacts),
		revised[contact.ConsentWithdrawn](contacts),
	}
}

func revised[E contact.Event](contacts *Table) Part {
	return On(func(w *Writer, e event.Recorded[E]) {
		w.Set(contacts, ofContact(e), Cols{"revision": e.Revision})
	})
}
