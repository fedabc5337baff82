package readmodels_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/field"
	"tagtrail/readmodels"
)

// detailQuestions asks what there is to ask about what is said about a contact, noted on it and said with it.
func detailQuestions(id contact.ID, plan field.ID, taken contact.NoteID) []question {
	field, note := plan.UUID, taken.UUID
	found := func(err error) (int, error) {
		if err != nil {
			return 0, err
		}
		return 1, nil
	}
	return []question{
		{"a custom field", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			_, err := readmodels.Fields{DB: db}.Get(ctx, org, field)
			return found(err)
		}},
		{"a note", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			_, err := readmodels.Notes{DB: db}.Get(ctx, org, id.UUID, note)
			return found(err)
		}},
		{"custom fields", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.Fields{DB: db}.List(ctx, org, readmodels.AllFields, &readmodels.FieldKey{Name: "a"}, 9)
			return len(items), err
		}},
		{"custom fields counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			return readmodels.Fields{DB: db}.Count(ctx, org, readmodels.ActiveFields, 9)
		}},
		{"fields of a contact", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			details, err := readmodels.ContactDetails{DB: db}.Of(ctx, org, id.UUID)
			return len(details.Fields), err
		}},
		{"social profiles", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			details, err := readmodels.ContactDetails{DB: db}.Of(ctx, org, id.UUID)
			return len(details.Social), err
		}},
		{"notes", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.Notes{DB: db}.Of(ctx, org, id.UUID, &readmodels.NoteKey{CreatedAt: noon.Add(99 * time.Hour)}, 9)
			return len(items), err
		}},
		{"notes counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			return readmodels.Notes{DB: db}.Count(ctx, org, id.UUID, 9)
		}},
		{"conversations", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.Conversations{DB: db}.Of(ctx, org, id.UUID, &readmodels.ConversationKey{OpenedAt: noon.Add(99 * time.Hour)}, 9)
			return len(items), err
		}},
		{"conversations counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			return readmodels.Conversations{DB: db}.Count(ctx, org, id.UUID, 9)
		}},
		{"statistics", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			statistics, err := readmodels.ContactStatistics{DB: db}.Of(ctx, org, id.UUID)
			return int(statistics.MessagesIn), err
		}},
	}
}

// C9: what the team wrote is shown, else what a channel said, else what a browser did.
func TestDetailsAreThoseOfWhoIsBelievedMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.contact("Ana", "+16505550101")
	details := func() readmodels.Details {
		t.Helper()
		w.project()
		d, err := readmodels.ContactDetails{DB: w.reader}.Of(t.Context(), w.org.UUID, ana.UUID)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, row := range []struct {
		said contact.LanguageChanged
		want readmodels.Told
	}{
		{contact.LanguageChanged{}, readmodels.Told{}},
		{contact.LanguageChanged{Language: "es", From: contact.FromBrowser}, readmodels.Told{Value: "es", Provenance: "browser"}},
		{contact.LanguageChanged{Language: "pt", From: contact.FromChannel}, readmodels.Told{Value: "pt", Provenance: "channel"}},
		{contact.LanguageChanged{Language: "fr", From: contact.FromBrowser}, readmodels.Told{Value: "pt", Provenance: "channel"}},
		{contact.LanguageChanged{Language: "de", From: contact.Manual}, readmodels.Told{Value: "de", Provenance: "manual"}},
		{contact.LanguageChanged{Language: "it", From: contact.FromChannel}, readmodels.Told{Value: "de", Provenance: "manual"}},
		{contact.LanguageChanged{From: contact.Manual}, readmodels.Told{Value: "it", Provenance: "channel"}},
	} {
		if row.said != (contact.LanguageChanged{}) {
			w.happened(ana.Stream(), row.said)
		}
		if got := details().Language; got != row.want {
			t.Errorf("after %+v it is %+v, want %+v", row.said, got, row.want)
		}
	}
}
