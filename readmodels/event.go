package readmodels

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// Event is an event as it was recorded, with what its reader may see opened.
type Event struct {
	Deed
	ID          uuid.UUID
	Stream      string
	Revision    int64
	Type        string
	Version     int32
	Contact     *uuid.UUID // that it is about
	Command     *uuid.UUID
	Correlation string
	Causation   string
	RuleVersion int            // of the rule that did it; 0 where the actor is none
	Data        jsontext.Value // personal values are texts, {"erased":true} or {"masked":true}
}

// Sight is what a reader may see of personal values.
type Sight bool

// The sights.
const (
	Masked Sight = false // that there is something
	Opened Sight = true
)

// What stands in the data of an event for what is not shown.
const (
	erasedValue = `{"erased":true}`
	maskedValue = `{"masked":true}`
)

const eventColumns = ` e.position, e.id, e.stream, e.revision, e.type, e.version, e.recorded_at, e.occurred_at, e.actor_kind, e.actor,
	(select k.name from actors k where k.org = e.org and k.actor = e.actor), e.source, e.contact, e.operation, e.command, e.data, e.metadata`

type eventRow struct {
	Event
	name           sealedName
	data, metadata []byte
}

func scanEvent(row pgx.CollectableRow) (r eventRow, err error) {
	err = row.Scan(&r.Position, &r.ID, &r.Stream, &r.Revision, &r.Type, &r.Version, &r.RecordedAt, &r.OccurredAt, &r.Actor.Kind, &r.Actor.ID,
		&r.name, &r.Source, &r.Contact, &r.Operation, &r.Command, (*verbatim)(&r.data), (*verbatim)(&r.metadata))
	return r, err
}

// verbatim reads a text as it is.
type verbatim []byte

// ScanBytes implements pgtype.BytesScanner.
func (v *verbatim) ScanBytes(column []byte) error {
	*v = slices.Clone(column)
	return nil
}

// shown cuts the page, and opens at once all that its reader may see.
func (r Events) shown(ctx context.Context, org uuid.UUID, found []eventRow, see Sight, limit int) ([]Event, *int64, error) {
	rows, next := page(found, limit, func(r eventRow) int64 { return r.Position })
	var texts []*personal.Text
	inData := make([][]personal.Text, len(rows))
	for i := range rows {
		if err := rows[i].readMetadata(); err != nil {
			return nil, nil, fmt.Errorf("event %s: metadata: %w", rows[i].ID, err)
		}
		texts = append(texts, (*personal.Text)(&rows[i].name), &rows[i].Reason)
		if see == Masked {
			rows[i].Reason = personal.Text{}
			continue
		}
		var err error
		if inData[i], err = r.sealedIn(&rows[i]); err != nil {
			return nil, nil, fmt.Errorf("event %s: %w", rows[i].ID, err)
		}
		for j := range inData[i] {
			texts = append(texts, &inData[i][j])
		}
	}
	if err := openAll(ctx, r.Opener, org, texts); err != nil {
		return nil, nil, err
	}
	events := make([]Event, len(rows))
	for i := range rows {
		events[i] = rows[i].Event
		events[i].Actor.Name = personal.Text(rows[i].name).Reveal()
		var err error
		if events[i].Data, err = r.dataOf(&rows[i], inData[i]); err != nil {
			return nil, nil, fmt.Errorf("event %s: %w", rows[i].ID, err)
		}
	}
	return events, next, nil
}

// readMetadata takes over what the metadata say beside the columns.
func (r *eventRow) readMetadata() error {
	raw, err := personal.Annotate(r.metadata, r.ID, "metadata")
	if err != nil {
		return err
	}
	var m event.Metadata
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	r.Reason, r.Correlation, r.Causation, r.RuleVersion = m.Reason, m.CorrelationID, m.CausationID, m.RuleVersion
	if m.AI != nil {
		r.AI = &AI{Model: m.AI.Model, Confidence: m.AI.Confidence}
	}
	return nil
}

// sealedIn answers the sealed values of the data that may be opened, in their order.
func (r Events) sealedIn(row *eventRow) ([]personal.Text, error) {
	var texts []personal.Text
	_, err := personal.ReplaceSealed(row.data, func(dst []byte, sealed string, place jsontext.Pointer) ([]byte, error) {
		if slices.Contains(r.Known.withheld[row.Type], string(place)) {
			return dst, nil
		}
		s, err := personal.ParseSeal(sealed)
		s.Event, s.Place = row.ID, "data"+string(place)
		texts = append(texts, personal.Sealed(s))
		return dst, err
	})
	return texts, err
}

// dataOf answers the data of an event with its sealed values replaced by the texts, in their order; those that are left over
// are masked.
func (r Events) dataOf(row *eventRow, opened []personal.Text) (jsontext.Value, error) {
	withheld := r.Known.withheld[row.Type]
	data, err := personal.ReplaceSealed(row.data, func(dst []byte, _ string, place jsontext.Pointer) ([]byte, error) {
		if len(opened) == 0 || slices.Contains(withheld, string(place)) {
			return append(dst, maskedValue...), nil
		}
		text := opened[0]
		opened = opened[1:]
		if text.IsErased() {
			return append(dst, erasedValue...), nil
		}
		return jsontext.AppendQuote(dst, text.Reveal())
	})
	if err != nil || len(withheld) == 0 {
		return data, err
	}
	return withhold(data, withheld)
}

// withhold masks members that are in clear.
func withhold(data []byte, pointers []string) (jsontext.Value, error) {
	members := map[string]jsontext.Value{}
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	for _, pointer := range pointers {
		if name := jsontext.Pointer(pointer).LastToken(); members[name] != nil {
			members[name] = jsontext.Value(maskedValue)
		}
	}
	return json.Marshal(members, json.Deterministic(true))
}
