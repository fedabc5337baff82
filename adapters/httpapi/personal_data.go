package httpapi

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
	"tagtrail/domain/text"
	"tagtrail/readmodels"
)

// heldIdentity is something that a person is recognised by, as the file of it says.
type heldIdentity struct {
	Contact string  `json:"contact"`
	Kind    string  `json:"kind"`
	Value   string  `json:"value"`
	WaID    string  `json:"wa_id"`
	Country string  `json:"country"`
	Channel *string `json:"channel"`
	Held    bool    `json:"held"`
}

func (a *api) registerPersonalData() {
	const path = "/v1/contacts/{id}/personal-data"
	register(a, operation{
		id: "get-personal-data", method: http.MethodGet, path: path, group: "Contacts", permission: commands.MayExportPersonalData,
		summary: "Get everything that is held about a person",
		description: "A ZIP file for whoever asks what is known about them: each part as JSON, and as CSV for a spreadsheet. It holds the contact and those that were merged into it, " +
			"what they are recognised by, tags and lead statuses with their history, notes, consents, conversations, messages as they are held, and all that was recorded. " +
			"It is written while it is sent, and read page by page; one that is cut off is no readable ZIP file.",
		answers: map[int]any{http.StatusOK: nil}, faults: []*fault.Fault{commands.ErrNotFound, contact.ErrErased, contact.ErrMerged, ErrMasked},
	}, a.getPersonalData)
	a.huma.OpenAPI().Paths[path].Get.Responses["200"].Content = zipped()
	a.registerGathering()
}

func zipped() map[string]*huma.MediaType {
	return map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
}

func (a *api) getPersonalData(ctx context.Context, in *ByContact) (*huma.StreamResponse, error) {
	person, err := a.personOf(ctx, parsed(in.ID))
	if err != nil {
		return nil, err
	}
	parts, err := a.partsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	return a.download("personal-data-"+in.ID+".zip", "application/zip", nil, func(ctx context.Context, out io.Writer) error {
		return writeParts(ctx, parts, out)
	}), nil
}

// personOf answers the contacts that are one person, the one that stands for all first, to whoever may have all of it.
func (a *api) personOf(ctx context.Context, id uuid.UUID) ([]uuid.UUID, error) {
	if requestOf(ctx).credential.Masking != (organization.Masking{}) {
		return nil, ErrMasked // a person asks what is held, not a part of it
	}
	shown, _, err := a.readContact(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case shown.Erased:
		return nil, contact.ErrErased
	case shown.MergedInto != nil:
		return nil, contact.ErrMerged.With("contact", *shown.MergedInto)
	}
	return append([]uuid.UUID{id}, parsedAll(shown.StandsFor)...), nil
}

// partsOf answers the parts of the file when none of them is older than the contact in it.
func (a *api) partsOf(ctx context.Context, person []uuid.UUID) ([]personalPart, error) {
	if err := a.pastCatchesUp(ctx); err != nil {
		return nil, err
	}
	return a.personalData(ctx, person)
}

func writeParts(ctx context.Context, parts []personalPart, out io.Writer) error {
	file := zip.NewWriter(out)
	for _, part := range parts {
		if err := part.write(ctx, file); err != nil {
			return err
		}
	}
	return file.Close()
}

// pastCatchesUp waits until the tables of the past show all that those of now show, so that no part of the file is older than
// the contact in it.
func (a *api) pastCatchesUp(ctx context.Context) error {
	position, err := a.Positions.Position(ctx)
	if err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, longestWait)
	defer cancel()
	if err := a.Past.Positions.Wait(waiting, position); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return ErrBehind
	}
	return nil
}

// personalPart is one kind of thing that is held about a person.
type personalPart struct {
	name    string
	columns []string // of the CSV file: members of the items
	each    func(ctx context.Context, visit func(any) error) error
}

// atATime is how many items are read at once.
const atATime = 200

// everyPage visits what pages hold.
func everyPage[R, K, T any](read func(after *K) ([]R, *K, error), show func(R) T, visit func(any) error) error {
	for after := (*K)(nil); ; {
		rows, next, err := read(after)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := visit(show(row)); err != nil {
				return err
			}
		}
		if after = next; next == nil {
			return nil
		}
	}
}

// personalData answers the parts, of the contact that stands for all first, and then of each of the others.
func (a *api) personalData(ctx context.Context, person []uuid.UUID) ([]personalPart, error) {
	org := orgOf(ctx)
	deed, err := a.shownDeeds(ctx)
	if err != nil {
		return nil, err
	}
	token, err := a.tokens(ctx)
	if err != nil {
		return nil, err
	}
	whole, all := person[0], func(visit func(uuid.UUID) error) error {
		for _, id := range person {
			if err := visit(id); err != nil {
				return err
			}
		}
		return nil
	}
	return []personalPart{
		{"contacts", []string{"id", "display_name", "name", "profile_name", "first_name", "last_name", "company", "phone", "wa_id", "email", "country", "language", "lead_status", "created_at", "first_seen_at", "last_seen_at", "merged_into"}, func(ctx context.Context, visit func(any) error) error {
			return all(func(id uuid.UUID) error {
				c, _, err := a.readContact(ctx, id)
				if err != nil {
					return err
				}
				return visit(c)
			})
		}},
		{"identities", []string{"contact", "kind", "value", "wa_id", "country", "channel", "held"}, func(ctx context.Context, visit func(any) error) error {
			return all(func(id uuid.UUID) error {
				found, err := a.contacts.Identities(ctx, org, id)
				for _, i := range found {
					err = visit(heldIdentity{id.String(), i.Kind, i.Value, i.WaID, i.Country, idOf(i.Channel), i.Held})
				}
				return err
			})
		}},
		{"tags", []string{"tag", "value", "from", "to", "ended_reason", "begun", "ended"}, func(ctx context.Context, visit func(any) error) error {
			return all(func(id uuid.UUID) error {
				return everyPage(func(after *readmodels.StayKey) ([]readmodels.TagStay, *readmodels.StayKey, error) {
					return a.tagHistory.Of(ctx, org, id, nil, readmodels.OldestFirst, after, atATime)
				}, func(s readmodels.TagStay) TagStay { return stayOf(s, deed) }, visit)
			})
		}},
		{"lead-statuses", []string{"from", "to", "kind", "began_at", "ended_at", "source", "reason"}, func(ctx context.Context, visit func(any) error) error {
			return all(func(id uuid.UUID) error {
				return everyPage(func(after *int64) ([]readmodels.LeadStatusPeriod, *int64, error) {
					return a.leadStatuses.Of(ctx, org, id, readmodels.OldestFirst, after, atATime)
				}, func(p readmodels.LeadStatusPeriod) LeadStatusPeriod { return periodOf(p, deed) }, visit)
			})
		}},
		{"notes", []string{"contact", "kind", "text", "created_at", "created_by", "edited_at"}, func(ctx context.Context, visit func(any) error) error {
			return everyPage(func(after *readmodels.NoteKey) ([]readmodels.Note, *readmodels.NoteKey, error) {
				return a.notes.Of(ctx, org, whole, after, atATime)
			}, noteOf, visit)
		}},
		{"consents", []string{"purpose", "agrees", "evidence", "source", "at"}, func(ctx context.Context, visit func(any) error) error {
			found, err := a.consents.Of(ctx, org, whole)
			for _, c := range consentsOf(found).Items {
				if err == nil {
					err = visit(c)
				}
			}
			return err
		}},
		{"conversations", []string{"contact", "number", "status", "reference", "assignee", "opened_at", "assigned_at", "closed_at"}, func(ctx context.Context, visit func(any) error) error {
			return everyPage(func(after *readmodels.ConversationKey) ([]readmodels.Conversation, *readmodels.ConversationKey, error) {
				return a.conversations.Of(ctx, org, whole, after, atATime)
			}, conversationOf, visit)
		}},
		{"messages", []string{"at", "direction", "channel", "kind", "text", "status"}, func(ctx context.Context, visit func(any) error) error {
			return everyPage(func(after *readmodels.MessageKey) ([]readmodels.Message, *readmodels.MessageKey, error) {
				return a.messages.Of(ctx, org, whole, after, atATime)
			}, messageOf, visit)
		}},
		{"timeline", []string{"time", "type", "position", "data"}, func(ctx context.Context, visit func(any) error) error {
			return all(func(id uuid.UUID) error {
				return everyPage(func(after *int64) ([]readmodels.Event, *int64, error) {
					return a.events.Timeline(ctx, org, id, readmodels.Opened, readmodels.OldestFirst, after, atATime)
				}, func(e readmodels.Event) Event { return eventOf(e, org.String(), token) }, visit)
			})
		}},
	}, nil
}

// write writes a part as JSON and as CSV, which reads it twice: a ZIP file holds one file after another.
func (p personalPart) write(ctx context.Context, file *zip.Writer) error {
	begin := func(name string) (io.Writer, error) {
		return file.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Now().UTC()})
	}
	out, err := begin(p.name + ".json")
	if err != nil {
		return err
	}
	enc := jsontext.NewEncoder(out, jsontext.WithIndent("  "))
	err = enc.WriteToken(jsontext.BeginArray)
	if err == nil {
		err = p.each(ctx, func(item any) error { return json.MarshalEncode(enc, item) })
	}
	if err == nil {
		err = enc.WriteToken(jsontext.EndArray)
	}
	if err != nil {
		return err
	}
	if out, err = begin(p.name + ".csv"); err != nil {
		return err
	}
	rows := csv.NewWriter(out)
	rows.UseCRLF = true
	_ = rows.Write(p.columns) // an error comes again with the last
	if err := p.each(ctx, func(item any) error {
		cells, err := cellsOf(item, p.columns)
		_ = rows.Write(cells)
		return err
	}); err != nil {
		return err
	}
	rows.Flush()
	return rows.Error()
}

// cellsOf answers members of an item: texts as they are, nothing where there is nothing, and all else as JSON.
func cellsOf(item any, columns []string) ([]string, error) {
	written, err := json.Marshal(item)
	if err != nil {
		return nil, err
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(written, &members); err != nil {
		return nil, err
	}
	cells := make([]string, len(columns))
	for i, column := range columns {
		value := members[column]
		switch {
		case len(value) == 0 || slices.Equal(value, []byte("null")):
		case value.Kind() == '"':
			var said string
			if err := json.Unmarshal(value, &said); err != nil {
				return nil, err
			}
			cells[i] = text.Guard(said)
		default:
			cells[i] = strings.TrimSpace(string(value))
		}
	}
	return cells, nil
}
