package commands

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/erasure"
	"tagtrail/domain/fault"
	"tagtrail/domain/field"
	"tagtrail/domain/operation"
	"tagtrail/domain/rule"
	"tagtrail/domain/tag"
)

// BulkAction is what is done to each of many contacts.
type BulkAction struct {
	Action     Action             `json:"action"`
	Tag        tag.ID             `json:"tag,omitzero"`
	Value      *string            `json:"value,omitzero"` // of a valued tag
	LeadStatus contact.LeadStatus `json:"lead_status,omitzero"`
	Owner      uuid.UUID          `json:"owner,omitzero"` // the zero id is nobody
	Field      field.ID           `json:"field,omitzero"`
	FieldValue string             `json:"field_value,omitzero"` // "" clears the field
	Rule       rule.ID            `json:"rule,omitzero"`
}

// AskedBulk is what is asked of an operation that does one action, as it is kept with it.
type AskedBulk struct {
	BulkAction
	Filter jsontext.Value `json:"filter,omitzero"` // whom it is about, where they are not named one by one
	At     time.Time      `json:"at"`              // from when times are counted back
}

// Action is a word for something that can be done to many contacts at once.
type Action string

// The actions.
const (
	AddTagToAll     Action = "add_tag"
	RemoveTagOfAll  Action = "remove_tag"
	SetLeadStatuses Action = "set_lead_status"
	SetOwners       Action = "set_owner"
	SetFields       Action = "set_field"
	ArchiveAll      Action = "archive"
	EraseAll        Action = "erase"
)

// Needs answers what somebody must be allowed to, so as to do it to one contact.
func (a Action) Needs() Permission {
	switch a {
	case AddTagToAll, RemoveTagOfAll:
		return MayTagContacts
	case SetLeadStatuses:
		return MayChangeLeadStatus
	case ArchiveAll:
		return MayArchiveContacts
	case EraseAll:
		return MayEraseContacts
	case ApplyRule:
		return MayEditRules
	case SetOwners, SetFields:
	}
	return MayEditContacts
}

// ErrAction refuses an action that nobody knows.
var ErrAction = fault.New(fault.Invalid, "bulk.unknown-action", "there is no such action")

// CheckBulk refuses an action that no contact could take.
func (s *Service) CheckBulk(ctx context.Context, a BulkAction) error {
	switch a.Action {
	case AddTagToAll, RemoveTagOfAll:
		catalog, _, err := s.catalog(ctx, originOf(ctx).Organization)
		if err != nil {
			return err
		}
		t, known := catalog.Find(a.Tag)
		switch {
		case !known:
			return tag.ErrUnknown.At("/tag")
		case t.Into != tag.ID{}:
			return tag.ErrMerged.At("/tag").With("into", t.Into.String())
		case !t.Active:
			return tag.ErrDeleted.At("/tag")
		case a.Action == AddTagToAll && t.Kind == tag.Valued && a.Value == nil:
			return contact.ErrValueRequired.At("/value")
		case t.Kind != tag.Valued && a.Value != nil:
			return contact.ErrValueNotTaken.At("/value")
		}
	case SetLeadStatuses:
		if !slices.Contains(contact.LeadStatuses(), a.LeadStatus) {
			return contact.ErrUnknownLeadStatus.At("/lead_status")
		}
	case SetFields:
		if _, err := s.fieldChanges(ctx, map[field.ID]string{a.Field: a.FieldValue}); errors.Is(err, field.ErrUnknown) {
			return field.ErrUnknown.At("/field")
		} else if err != nil {
			return err
		}
	case EraseAll:
		if originOf(ctx).Reason.IsZero() {
			return erasure.ErrReason.At("/reason")
		}
	case SetOwners:
		o, err := s.organization(ctx, originOf(ctx).Organization)
		if err != nil {
			return err
		}
		if a.Owner != uuid.Nil && !o.IsMember(a.Owner) {
			return contact.ErrUnknownOwner.At("/owner")
		}
	case ArchiveAll:
	default:
		return ErrAction.At("/action")
	}
	return nil
}

// Do does the action to one contact.
func (s *Service) Do(ctx context.Context, a BulkAction, id contact.ID) (Receipt, error) {
	switch a.Action {
	case AddTagToAll:
		return s.AssignTag(ctx, AssignTag{Contact: id, Tag: a.Tag, Value: a.Value})
	case RemoveTagOfAll:
		return s.RemoveTag(ctx, RemoveTag{Contact: id, Tag: a.Tag})
	case SetLeadStatuses:
		return s.ChangeLeadStatus(ctx, ChangeLeadStatus{Contact: id, Status: a.LeadStatus})
	case SetOwners:
		return s.EditContact(ctx, EditContact{Contact: id, Owner: &a.Owner})
	case SetFields:
		return s.EditContact(ctx, EditContact{Contact: id, Fields: map[field.ID]string{a.Field: a.FieldValue}})
	case ArchiveAll:
		return s.ArchiveContact(ctx, ArchiveContact{Contact: id})
	case EraseAll:
		_, receipt, err := s.EraseContact(ctx, EraseContact{Contact: id})
		return receipt, err
	case ApplyRule: // several things, each with a receipt of its own
	}
	return Receipt{}, ErrAction.At("/action")
}

// Outcome is what came of one of many; the fault is what was in the way.
type Outcome struct {
	Result operation.Result
	Fault  *fault.Fault
}

// outcomeOf tells a refusal, which is what came of it, from something that is out of reach for now, which is an error.
func outcomeOf(receipt Receipt, err error) (Outcome, error) {
	refused := fault.Of(err)
	switch {
	case refused != nil && refused.Kind != fault.Unavailable && refused.Kind != fault.Stale:
		return Outcome{Result: operation.Refused, Fault: refused}, nil
	case err != nil:
		return Outcome{}, err
	case receipt.Changed:
		return Outcome{Result: operation.Changed}, nil
	default:
		return Outcome{Result: operation.Unchanged}, nil
	}
}

// DoInBulk does the action to one contact, as a step of an operation.
func (s *Service) DoInBulk(ctx context.Context, a BulkAction, id contact.ID) (Outcome, error) {
	if a.Action == ApplyRule {
		return s.applyRule(ctx, a.Rule, id)
	}
	return outcomeOf(s.Do(ctx, a, id))
}

// Rehearse answers what the action would come to on each contact. Nothing is written.
func (s *Service) Rehearse(ctx context.Context, a BulkAction, contacts []contact.ID) ([]Outcome, error) {
	return s.rehearse(ctx, contacts, func(ctx context.Context, aside *Service, id contact.ID) (Outcome, error) {
		return aside.DoInBulk(ctx, a, id)
	})
}

// ErrChangedSince says of a contact that an undo leaves it, or a part of it, as it is.
var ErrChangedSince = fault.New(fault.Conflict, "undo.changed-since", "this was changed since, and stays as it is")

// UndoOn takes back on one contact what an operation did to it, against what the contact is now.
func (s *Service) UndoOn(ctx context.Context, undone operation.ID, id contact.ID) (Outcome, error) {
	origin := originOf(ctx)
	catalog, revision, err := s.catalog(ctx, origin.Organization)
	if err != nil {
		return Outcome{}, err
	}
	o, err := s.organization(ctx, origin.Organization)
	if err != nil {
		return Outcome{}, err
	}
	stay := func(nth int) contact.AssignmentID {
		return contact.AssignmentID{UUID: created(origin.CommandID, "assignment", nth)}
	}
	var kept []contact.Detail
	receipt, err := decide(deciding(ctx, revision), s, id.Stream(), contact.NewPast, func(p *contact.Past) ([]contact.Event, error) {
		undoing, err := p.Undo(undone.UUID, catalog, stay, o.TagLimit())
		kept = undoing.Kept
		return undoing.Events, err
	})
	outcome, err := outcomeOf(receipt, err)
	if err == nil && outcome.Fault == nil && len(kept) > 0 {
		outcome = Outcome{Result: operation.Kept, Fault: ErrChangedSince.With("kept", joined(kept))}
	}
	return outcome, err
}

func joined(details []contact.Detail) string {
	words := make([]string, len(details))
	for i, detail := range details {
		words[i] = string(detail)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// CheckUndo refuses to take back what is not there, or is of a sort that cannot be taken back.
func (s *Service) CheckUndo(ctx context.Context, undone operation.ID) error {
	o, err := s.Operation(ctx, originOf(ctx).Organization, undone)
	switch {
	case err != nil:
		return err
	case o.Phase() == operation.Unknown:
		return operation.ErrUnknown
	case o.Kind == operation.PersonalData, Action(o.Action) == EraseAll:
		return operation.ErrNotUndoable
	}
	return nil
}

// UndoOperation asks that what an operation did is taken back, in the background.
func (s *Service) UndoOperation(ctx context.Context, undone operation.ID) (operation.ID, Receipt, error) {
	if err := s.CheckUndo(ctx, undone); err != nil {
		return operation.ID{}, Receipt{}, err
	}
	return s.StartOperation(ctx, StartOperation{Kind: operation.Undo, Action: "undo", Undoes: undone})
}
