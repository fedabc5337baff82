package commands

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/field"
	"tagtrail/domain/identity"
	"tagtrail/domain/importing"
	"tagtrail/domain/personal"
)

// wished is a row, and where what came of it goes.
type wished struct {
	importing.Wish
	result *importing.Result
}

// take does what rows ask of one contact. A dry run holds on to what came of it only where more is to come. Rows that may
// have been worked at before an interruption are nobody's for the first time: whom they created may be erased by now, and is
// not to be bound to the number again.
func (im *running) take(ctx context.Context, rows []wished, more bool) error {
	for attempt := range maxAttempts {
		if err := pause(ctx, attempt); err != nil {
			return err
		}
		streams, err := im.tryTake(ctx, rows, attempt == 0 && im.begun)
		if errors.Is(err, event.ErrWrongRevision) {
			continue
		}
		if im.rehearsal != nil && !more {
			im.rehearsal.forget(streams...)
		}
		return err
	}
	return ErrContended
}

// tryTake takes whoever nobody ever asked for at their word, where it may: of them there is nothing to read. If they are
// known after all, the append says so.
func (im *running) tryTake(ctx context.Context, rows []wished, mayBeNew bool) (streams []string, err error) {
	origin := originOf(ctx)
	for i := range rows {
		rows[i].result.Reset()
	}
	own := contact.ID{UUID: created(row(origin.OperationID, rows[0].Line), "contact", 0)}
	whose, claim, at, err := im.meet(ctx, rows, own, mayBeNew)
	if err != nil {
		return nil, err
	}
	streams = []string{whose.Stream()}
	if claim != nil {
		streams = append(streams, identity.Stream(claim.id))
	}
	envelopes, creates, err := im.decideRows(ctx, at, rows, whose)
	if err != nil || len(envelopes) == 0 || at.done {
		return streams, err
	}
	if claim != nil && creates {
		err = im.hold(ctx, claim, whose, im.now())
	}
	if err == nil {
		_, err = im.append(ctx, whose.Stream(), at.revision, envelopes)
	}
	if err != nil && creates {
		im.giveBack()
	}
	return streams, err
}

// meet answers the contact that rows are about, the claim of the number by which it was named, and how it was before them.
func (im *running) meet(ctx context.Context, rows []wished, own contact.ID, mayBeNew bool) (contact.ID, *claimed, before, error) {
	if known, ok := im.met[rows[0].Key()]; ok && known.fresh && mayBeNew {
		of := claim{Identity: im.numberOf(rows[0].Wish)}
		return own, &claimed{claim: of, id: known.id, holder: identity.New(), revision: event.NoStream}, nobodyYet(), nil
	}
	whose, claim, err := im.whom(ctx, rows[0].Wish, own)
	if err != nil {
		return own, nil, before{}, err
	}
	at, err := im.loadBefore(ctx, whose, rows)
	for ; err == nil; at, err = im.loadBefore(ctx, whose, rows) {
		into, merged := at.state.Survivor()
		if !merged {
			break
		}
		whose = into // the contact that stands for it is the person
	}
	return whose, claim, at, err
}

func (im *running) numberOf(wish importing.Wish) contact.Identity {
	wish.Number.Channel = im.settings.Channel
	return wish.Number
}

// whom answers the contact that a row is about, and the claim of the number by which it was named.
func (im *running) whom(ctx context.Context, wish importing.Wish, own contact.ID) (contact.ID, *claimed, error) {
	if wish.Contact != uuid.Nil {
		return contact.ID{UUID: wish.Contact}, nil, nil
	}
	found, err := im.lookAt(ctx, im.met[wish.Key()].id, claim{Identity: im.numberOf(wish)})
	if err != nil {
		return own, nil, err
	}
	if holder, held := found.holder.Current(); held {
		return holder, found, nil
	}
	return own, found, nil
}

// met is an identity of a batch.
type met struct {
	id    uuid.UUID
	fresh bool // nobody asked for it before, so that its stream is empty
}

// introduce finds the identities of a batch at once, and makes the keys of whoever is new: one transaction in place of
// several for each contact.
func (im *running) introduce(ctx context.Context, groups map[string][]wished) error {
	origin := originOf(ctx)
	var numbers []personal.Text
	var first []wished
	for _, rows := range groups {
		if rows[0].Contact == uuid.Nil {
			numbers, first = append(numbers, rows[0].Number.Value), append(first, rows[0])
		}
	}
	im.met = make(map[string]met, len(first))
	if len(first) == 0 {
		return nil
	}
	ids, fresh, err := im.vault.Identities(ctx, origin.Organization, im.scope, contact.Number, numbers)
	if err != nil {
		return fmt.Errorf("find the identities of a batch: %w", err)
	}
	var newcomers []uuid.UUID
	for i, r := range first {
		im.met[r.Key()] = met{ids[i], fresh[i]}
		if fresh[i] {
			newcomers = append(newcomers, ids[i], created(row(origin.OperationID, r.Line), "contact", 0))
		}
	}
	if len(newcomers) == 0 {
		return nil
	}
	return im.vault.MakeKeys(ctx, origin.Organization, newcomers)
}

// before is a contact as it was before the rows of an import, and whether they took effect already.
type before struct {
	state    *contact.Contact
	revision event.Revision
	done     bool
}

func nobodyYet() before { return before{state: contact.New(), revision: event.NoStream} }

// loadBefore folds a contact up to the first event that one of the rows wrote.
func (im *running) loadBefore(ctx context.Context, id contact.ID, rows []wished) (before, error) {
	origin := originOf(ctx)
	at := nobodyYet()
	for recorded, err := range im.store.ReadStream(ctx, id.Stream(), 0) {
		if err != nil {
			return at, fmt.Errorf("read %s: %w", id.Stream(), err)
		}
		if recorded.Org() != origin.Organization.UUID {
			return at, nil
		}
		if recorded.Metadata.OperationID == origin.OperationID && slices.ContainsFunc(rows, func(r wished) bool {
			return row(origin.OperationID, r.Line) == recorded.Metadata.CommandID
		}) {
			at.done = true
			return at, nil
		}
		own, err := as[contact.Event](recorded)
		if err != nil {
			return at, err
		}
		at.state.Apply(own)
		at.revision = recorded.Revision
	}
	return at, nil
}

// decideRows decides on one row after the other, and says what comes of each.
func (im *running) decideRows(ctx context.Context, at before, rows []wished, whose contact.ID) (envelopes []event.Envelope, creates bool, err error) {
	origin := originOf(ctx)
	for _, r := range rows {
		origin.CommandID = row(origin.OperationID, r.Line)
		exists := at.state.Exists()
		if !exists && r.Contact != uuid.Nil {
			r.result.Refuse(importing.Refusal{Fault: contact.ErrUnknown, Column: im.columnOf(importing.Phone)})
			continue
		}
		events, refusal, err := im.decideRow(WithOrigin(ctx, origin), at.state, r.Wish)
		if err != nil {
			return nil, false, err
		}
		if refusal == nil && !exists && !at.done && !im.allow() {
			refusal = &importing.Refusal{Fault: contact.ErrLimitReached.With("limit", strconv.Itoa(im.limit))}
		}
		if refusal != nil {
			r.result.Refuse(*refusal)
			continue
		}
		creates = creates || !exists
		origin.catalogRevision = im.seen()
		metadata := origin.metadata(im.now)
		for i, e := range events {
			at.state.Apply(event.Recorded[contact.Event]{Data: e, Metadata: metadata, RecordedAt: metadata.OccurredAt})
			envelopes = append(envelopes, event.Envelope{
				ID: derive(metadata.CommandID, whose.Stream(), strconv.Itoa(i)), Metadata: metadata, Event: e,
			})
		}
		r.result.Contact = whose.UUID
		r.result.Decide(!exists, events)
	}
	return envelopes, creates, nil
}

// decideRow decides on what a row asks. Tags that the catalogue is to get are thought of as there first, so that none is
// made for a row that is refused.
func (im *running) decideRow(ctx context.Context, c *contact.Contact, wish importing.Wish) ([]contact.Event, *importing.Refusal, error) {
	command := originOf(ctx).CommandID
	assignment := func(nth int) contact.AssignmentID {
		return contact.AssignmentID{UUID: created(command, "assignment", nth)}
	}
	for {
		tags, refusal := im.resolve(originOf(ctx).OperationID, wish)
		if refusal != nil {
			return nil, refusal, nil
		}
		asked, refusal, err := im.rowOf(ctx, wish, tags)
		if refusal != nil || err != nil {
			return nil, refusal, err
		}
		events, err := c.Import(asked, tags, assignment, tags.limit)
		if refused := refusalIn(err); refused != nil {
			return nil, &importing.Refusal{Fault: refused, Column: im.blame(refused, tags)}, nil
		}
		if err != nil || len(tags.missing) == 0 {
			return events, nil, err
		}
		if refusal, err := im.createTags(ctx, tags.missing); refusal != nil || err != nil {
			return nil, refusal, err
		}
	}
}

// rowOf answers what the contact is asked.
func (im *running) rowOf(ctx context.Context, wish importing.Wish, tags *resolved) (contact.Row, *importing.Refusal, error) {
	asked := contact.Row{
		Identity: wish.Number, Tags: tags.labels, Values: tags.values,
		Replace: im.settings.TagsMode == importing.ReplaceTags && wish.HasTags,
	}
	asked.Identity.Channel = im.settings.Channel
	said := func(d importing.Detail) *string {
		if value, ok := wish.Details[d]; ok {
			return &value
		}
		return nil
	}
	if name := said(importing.Name); name != nil && *name != unnamed {
		asked.Changes.Name = name
	}
	if status := said(importing.LeadStatus); status != nil {
		asked.LeadStatus = contact.LeadStatus(strings.ToLower(*status))
	}
	asked.Changes.Email = said(importing.Email)
	asked.Changes.FirstName, asked.Changes.LastName = said(importing.FirstName), said(importing.LastName)
	asked.Changes.Company = said(importing.Company)
	asked.Changes.Country, asked.Changes.Language = said(importing.Country), said(importing.Language)
	fields, err := im.fieldChanges(ctx, wish.Fields)
	if refused := refusalIn(err); refused != nil {
		return asked, &importing.Refusal{Fault: refused, Column: im.blame(refused, tags)}, nil
	}
	asked.Changes.Fields = fields
	return asked, nil, err
}

// refusalIn answers the fault of whoever asked, and nil where something was out of reach.
func refusalIn(err error) *fault.Fault {
	if refused := fault.Of(err); refused != nil && refused.Kind != fault.Unavailable {
		return refused
	}
	return nil
}

// unnamed is what our lists show where nobody gave a name.
const unnamed = "—"

// blame answers the column that a refusal is about.
func (im *running) blame(refused *fault.Fault, tags *resolved) int {
	pointer := strings.Split(strings.TrimPrefix(refused.Pointer, "/"), "/")
	if len(pointer) > 1 {
		nth, _ := strconv.Atoi(pointer[1])
		switch id, _ := uuid.Parse(pointer[1]); {
		case pointer[0] == "tags" && nth < len(tags.labelColumns):
			return tags.labelColumns[nth]
		case pointer[0] == "values" && nth < len(tags.valueColumns):
			return tags.valueColumns[nth]
		case pointer[0] == "fields":
			return 1 + slices.IndexFunc(im.columns, func(c importing.Column) bool { return c.Field == field.ID{UUID: id} })
		}
	}
	return im.columnOf(importing.Detail(pointer[0]))
}

func (im *running) columnOf(detail importing.Detail) int {
	return 1 + slices.IndexFunc(im.columns, func(c importing.Column) bool { return detail != "" && c.Detail == detail })
}

// allow says whether the plan has room for one more contact, and takes it.
func (im *running) allow() bool {
	im.allowance.Lock()
	defer im.allowance.Unlock()
	if im.limit > 0 && im.left == 0 {
		return false
	}
	im.left--
	return true
}

func (im *running) giveBack() {
	im.allowance.Lock()
	defer im.allowance.Unlock()
	im.left++
}

// findRepeated answers how many rows a file has, by a hash of whoever has more than one: of everybody else a dry run has to
// remember nothing.
func (im *running) findRepeated(sheet importing.Sheet) (map[uint64]int, error) {
	var all []uint64
	for {
		row, err := sheet.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if wish, refusal := importing.Read(row, im.columns, im.settings.TagsMode); refusal == nil {
			all = append(all, hash(wish.Key()))
		}
	}
	slices.Sort(all)
	repeated := map[uint64]int{}
	for i := 1; i < len(all); i++ {
		if all[i] == all[i-1] {
			repeated[all[i]] = max(repeated[all[i]], 1) + 1
		}
	}
	return repeated, nil
}

// more says whether a dry run comes to more about somebody behind rows that it takes now.
func (im *running) more(key string, rows int) bool {
	if im.repeated == nil {
		return false
	}
	of := hash(key)
	im.repeated[of] -= rows
	if im.repeated[of] > 0 {
		return true
	}
	delete(im.repeated, of)
	return false
}

func hash(key string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	return h.Sum64()
}
