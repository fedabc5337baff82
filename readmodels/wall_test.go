package readmodels_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/field"
	"tagtrail/domain/filter"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/segment"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

// question is one question of one read model, asked with everything that it can be asked with.
type question struct {
	name string
	ask  func(ctx context.Context, db readmodels.DB, org uuid.UUID) (answers int, err error)
}

// everyQuestion asks what there is to ask about a contact and a tag.
func everyQuestion(id contact.ID, t tag.Created, key, channel uuid.UUID) []question {
	at := noon.Add(-time.Hour)
	everything := readmodels.ContactFilter{
		Q: "+1 650", Tags: ids(t), ExcludeTags: []uuid.UUID{uuid.New()}, LeadStatus: "cold", CreatedFrom: &at, Channel: &channel,
	}
	one := func(err error) (int, error) {
		if err != nil {
			return 0, err
		}
		return 1, nil
	}
	all := []question{
		{"a contact", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			_, err := readmodels.Contacts{DB: db}.Get(ctx, org, id.UUID)
			return one(err)
		}},
		{"a tag", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			_, err := readmodels.Tags{DB: db}.Get(ctx, org, t.Tag.UUID)
			return one(err)
		}},
		{"a key", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			_, err := readmodels.Keys{DB: db}.Get(ctx, org, key)
			return one(err)
		}},
		{"a channel", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			_, err := readmodels.Channels{DB: db}.Get(ctx, org, channel)
			return one(err)
		}},
		{"tags", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.Tags{DB: db}.List(ctx, org, readmodels.AllTags, &readmodels.TagKey{Name: "a"}, 9)
			return len(items), err
		}},
		{"members", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.Team{DB: db}.List(ctx, org, readmodels.ActiveMembers, &readmodels.TeamKey{AddedAt: at}, 9)
			return len(items), err
		}},
		{"suggested tags", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, err := readmodels.Tags{DB: db}.Suggest(ctx, org, "", uuid.New(), 9)
			return len(items), err
		}},
		{"messages", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.Messages{DB: db}.Of(ctx, org, id.UUID, &readmodels.MessageKey{At: noon.Add(99 * time.Hour)}, 9)
			return len(items), err
		}},
		{"channels", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.Channels{DB: db}.List(ctx, org, &readmodels.ChannelKey{CreatedAt: at}, 9)
			return len(items), err
		}},
		{"keys", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.Keys{DB: db}.List(ctx, org, &readmodels.KeyKey{CreatedAt: at}, 9)
			return len(items), err
		}},
		{"tags counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			return readmodels.Tags{DB: db}.Count(ctx, org, readmodels.AllTags, 9)
		}},
		{"messages counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			return readmodels.Messages{DB: db}.Count(ctx, org, id.UUID, 9)
		}},
		{"channels counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			return readmodels.Channels{DB: db}.Count(ctx, org, 9)
		}},
		{"keys counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			return readmodels.Keys{DB: db}.Count(ctx, org, 9)
		}},
	}
	for name, filter := range map[string]readmodels.ContactFilter{"all": {}, "filtered": everything} {
		all = append(all,
			question{name + " contacts", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
				after := noon.Add(99 * time.Hour)
				items, _, err := readmodels.Contacts{DB: db}.Page(ctx, org, filter, &readmodels.ContactKey{LastSeenAt: &after}, 9)
				return len(items), err
			}},
			question{name + " contacts for export", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
				_, total, err := readmodels.Contacts{DB: db}.Export(ctx, org, filter, 9)
				return total, err
			}},
			question{name + " contacts counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
				return readmodels.Contacts{DB: db}.Count(ctx, org, filter, 9)
			}})
	}
	return all
}

// furnished is a world with one of everything.
func furnished(t *testing.T) (*world, []question) {
	t.Helper()
	w := newWorld(t)
	return w, w.furnish()
}

// furnishings are the worlds of every group that is read here.
func furnishings() []func(*testing.T) (*world, []question) {
	return []func(*testing.T) (*world, []question){furnished, furnishedAudit}
}

func (w *world) furnish() []question {
	key, channel, gone := uuid.New(), uuid.New(), uuid.New()
	w.happened(w.org.Stream(),
		organization.MemberAdded{Member: gone, Name: personal.New("Nils"), Role: organization.Agent}, organization.MemberRemoved{Member: gone},
		organization.KeyCreated{Key: key, Kind: organization.Owner, Name: personal.New("Owner"), Hash: "00"},
		organization.MemberAdded{Member: uuid.New(), Name: personal.New("Marta"), Role: organization.Agent},
		organization.ChannelAdded{Channel: channel, Name: personal.New("Sales"), PhoneNumberID: "1"})
	tags := w.tags("VIP")
	ana := w.contact("Ana", "+16505550101")
	w.assign(ana, tags...)
	w.wrote(ana, channel, noon, "hi")
	plan, note, kept := field.ID{UUID: uuid.New()}, contact.NoteID{UUID: uuid.New()}, segment.ID{UUID: uuid.New()}
	w.happened(w.org.Stream(), organization.FieldDefined{Field: plan, Name: "Plan", Type: field.Choice, Options: []field.Option{{Number: 1, Name: "Basic"}, {Number: 2, Name: "Pro"}}})
	w.happened(ana.Stream(),
		contact.FieldSet{Field: plan, Type: field.Choice, Value: personal.New("1")}, contact.CompanyChanged{Company: personal.New("Acme")},
		contact.NoteAdded{Note: note, Kind: contact.Call, Text: personal.New("called")},
		contact.SocialProfileChanged{Network: contact.X, Handle: personal.New("ana")},
		contact.LanguageChanged{Language: "es", From: contact.Manual},
		contact.ConsentGiven{Purpose: "marketing", Evidence: personal.New("said so")},
		contact.ToldApart{Contact: contact.ID{UUID: uuid.New()}})
	work := operation.ID{UUID: uuid.New()}
	w.happened(work.Stream(), operation.Started{Kind: operation.Import, Action: "import", Asked: personal.New("{}")})
	w.happened(conversation.Stream(ana), conversation.Opened{Number: 1, Channel: channel})
	w.happened(kept.Stream(), segment.Created{Name: personal.New("Cold"), Kind: segment.Dynamic, Filter: personal.New(`{"lead_status":["cold"]}`)})
	w.happened(kept.MembersStream(), segment.MembersEntered{Contacts: []contact.ID{ana}, Cause: segment.OfSegment})
	w.project()
	return slices.Concat(operationQuestions(work), segmentQuestions(kept), detailQuestions(ana, plan, note), everyQuestion(ana, tags[0], key, channel))
}

// operationQuestions asks what there is to ask about what is done to many.
func operationQuestions(work operation.ID) []question {
	return []question{
		{"an operation", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			if _, err := (readmodels.Operations{DB: db}).Get(ctx, org, work.UUID); err != nil {
				return 0, err
			}
			return 1, nil
		}},
		{"operations", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.Operations{DB: db}.List(ctx, org, nil, 9)
			return len(items), err
		}},
	}
}

// segmentQuestions asks what there is to ask about a segment.
func segmentQuestions(kept segment.ID) []question {
	all := []question{
		{"a segment", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			if _, err := (readmodels.Segments{DB: db}).Get(ctx, org, kept.UUID); err != nil {
				return 0, err
			}
			return 1, nil
		}},
		{"segments", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.Segments{DB: db}.List(ctx, org, false, &readmodels.SegmentKey{Name: "a"}, 9)
			return len(items), err
		}},
		{"segments counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			return readmodels.Segments{DB: db}.Count(ctx, org, false, 9)
		}},
		{"members of a segment", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.SegmentMembers{DB: db}.Of(ctx, org, kept.UUID, nil, 9)
			return len(items), err
		}},
		{"members counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			return readmodels.SegmentMembers{DB: db}.Count(ctx, org, kept.UUID)
		}},
		{"who entered and left", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, _, err := readmodels.SegmentMembers{DB: db}.History(ctx, org, kept.UUID, uuid.Nil, nil, 9)
			return len(items), err
		}},
		{"who entered and left, counted", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			return readmodels.SegmentMembers{DB: db}.CountHistory(ctx, org, kept.UUID, uuid.Nil, 9)
		}},
		{"dynamic segments", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			items, err := readmodels.SegmentMembers{DB: db}.Dynamic(ctx, org)
			return len(items), err
		}},
		{"who should leave", func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			d, err := readmodels.SegmentMembers{DB: db}.Differ(ctx, org, readmodels.DynamicSegment{ID: kept.UUID}, filter.Clock{}, nil, 9)
			return len(d.Left), err
		}},
	}
	for _, order := range readmodels.ContactOrders() {
		all = append(all, question{"whom a segment means, by " + string(order), func(ctx context.Context, db readmodels.DB, org uuid.UUID) (int, error) {
			asked := readmodels.ContactFilter{Where: filter.IDs{Of: filter.Segment, IDs: []uuid.UUID{kept.UUID}}}
			items, _, err := readmodels.Contacts{DB: db}.PageIn(ctx, org, asked, order, nil, 9)
			return len(items), err
		}})
	}
	return all
}

func TestEveryQuestionFitsTheTablesAndFindsItsOwnOrganisation(t *testing.T) {
	t.Parallel()
	for _, furnished := range furnishings() {
		w, questions := furnished(t)
		for _, q := range questions {
			if n, err := q.ask(t.Context(), w.reader, w.org.UUID); n != 1 || err != nil {
				t.Errorf("%s: %d, %v", q.name, n, err)
			}
		}
	}
}

// Promise 10.
func TestNoQuestionFindsAnotherOrganisation(t *testing.T) {
	t.Parallel()
	for _, furnished := range furnishings() {
		w, questions := furnished(t)
		stranger := uuid.New()
		for _, q := range questions {
			if n, err := q.ask(t.Context(), w.reader, stranger); n != 0 || err != nil && !strings.Contains(err.Error(), readmodels.ErrNotFound.Error()) {
				t.Errorf("%s: %d, %v", q.name, n, err)
			}
		}
	}
}

// forgetful asks every question without its own condition on the organisation: only the wall is left.
type forgetful struct{ pool *pgxpool.Pool }

var onOrganisation = regexp.MustCompile(`\b(\w+\.)?org = \$1`)

func (f forgetful) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	for _, q := range b.QueuedQueries {
		q.SQL = onOrganisation.ReplaceAllLiteralString(q.SQL, "$1::uuid is not null")
	}
	return f.pool.SendBatch(ctx, b)
}

func TestTheWallHoldsWhenAQuestionForgetsItsOrganisation(t *testing.T) {
	t.Parallel()
	for _, furnished := range furnishings() {
		w, questions := furnished(t)
		first := w.org
		w.org = organization.ID{UUID: uuid.New()}
		w.furnish()
		for _, q := range questions {
			if n, err := q.ask(t.Context(), forgetful{w.reader}, first.UUID); n != 1 || err != nil {
				t.Errorf("%s of its own organisation: %d, %v", q.name, n, err)
			}
			if n, err := q.ask(t.Context(), forgetful{w.reader}, uuid.New()); n != 0 || err != nil && !strings.Contains(err.Error(), readmodels.ErrNotFound.Error()) {
				t.Errorf("%s of another: %d, %v", q.name, n, err)
			}
		}
	}
}

func TestNoViewShowsARowToWhoDoesNotSayTheOrganisation(t *testing.T) {
	t.Parallel()
	w, questions := furnished(t)
	var views []string
	for _, table := range w.group.Tables() {
		views = append(views, table.Name())
	}
	for _, view := range w.group.Views() {
		views = append(views, view.Name())
	}
	look := func(when string, prepare ...string) (seen int) {
		for _, view := range views {
			batch := &pgx.Batch{}
			for _, sql := range prepare {
				batch.Queue(sql)
			}
			batch.Queue(`select count(*) from ` + view)
			results := w.reader.SendBatch(t.Context(), batch)
			for range prepare {
				if _, err := results.Exec(); err != nil {
					t.Fatalf("%s: %s: %v", when, view, err)
				}
			}
			var n int
			if err := results.QueryRow().Scan(&n); err != nil {
				t.Fatalf("%s: %s: %v", when, view, err)
			}
			if err := results.Close(); err != nil {
				t.Fatal(err)
			}
			seen += n
		}
		return seen
	}
	if n := look("before"); n != 0 {
		t.Errorf("%d rows before any organisation was named", n)
	}
	for _, q := range questions {
		if _, err := q.ask(t.Context(), w.reader, w.org.UUID); err != nil {
			t.Fatal(err)
		}
	}
	if n := look("after"); n != 0 {
		t.Errorf("%d rows on a connection that was used for an organisation", n)
	}
	if n := look("named", fmt.Sprintf(`select set_config('tagtrail.organization', '%s', true)`, w.org)); n < len(views) {
		t.Errorf("only %d rows in %d views when it is named", n, len(views))
	}
	if n := look("after naming it"); n != 0 {
		t.Errorf("%d rows after a transaction that named it", n)
	}
	if n := look("empty", `select set_config('tagtrail.organization', '', true)`); n != 0 {
		t.Errorf("%d rows for an empty name", n)
	}
	if _, err := w.reader.Exec(t.Context(), `select from `+postgres.Schema(w.group)+`.contacts`); err == nil {
		t.Error("readers may read the tables themselves")
	}
}

func TestAnOrganisationThatIsSQLIsOnlyAText(t *testing.T) {
	t.Parallel()
	w, _ := furnished(t)
	batch := &pgx.Batch{}
	batch.Queue(`select set_config('tagtrail.organization', $1, true)`, `' or true --`)
	batch.Queue(`select count(*) from contacts`)
	if err := w.reader.SendBatch(t.Context(), batch).Close(); err == nil || !strings.Contains(err.Error(), "uuid") {
		t.Errorf("answered %v", err)
	}
}
