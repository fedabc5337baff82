package commands

import (
	"context"

	"github.com/google/uuid"

	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// StartOperation asks that something is done to many, in the background.
type StartOperation struct {
	Kind   operation.Kind
	Action string // a word for what is done to each
	Asked  string // the whole of it, as JSON that its worker reads
	Undoes operation.ID
}

// NextOperation answers the id of the operation that the command of a context starts, which is the same when it is repeated:
// what the operation is to work at may be kept under it before it is started.
func NextOperation(ctx context.Context) operation.ID {
	return operation.ID{UUID: created(originOf(ctx).CommandID, "operation", 0)}
}

// UndoOf answers the id of the operation that takes another back. There is one at most, so whoever asks again after a crash
// asks for the same.
func UndoOf(undone operation.ID) operation.ID { return operation.ID{UUID: derive(undone.UUID, "undo")} }

// StartOperation records that the operation was asked for; whoever works at such operations is to be woken by the caller.
func (s *Service) StartOperation(ctx context.Context, cmd StartOperation) (operation.ID, Receipt, error) {
	id := NextOperation(ctx)
	if cmd.Undoes != (operation.ID{}) {
		id = UndoOf(cmd.Undoes)
		if _, err := s.undoOperation(ctx, cmd.Undoes, id); err != nil {
			return id, Receipt{}, err
		}
	}
	receipt, err := s.decideOperation(ctx, id, func(o *operation.Operation) ([]operation.Event, error) {
		return o.Start(id, operation.Started{Kind: cmd.Kind, Action: cmd.Action, Asked: personal.New(cmd.Asked), Undoes: cmd.Undoes})
	})
	return id, receipt, err
}

// undoOperation records on an operation that another takes it back, so that no third does.
func (s *Service) undoOperation(ctx context.Context, undone, by operation.ID) (Receipt, error) {
	origin := originOf(ctx)
	origin.CommandID = derive(origin.CommandID, "undone")
	return s.decideOperation(WithOrigin(ctx, origin), undone, func(o *operation.Operation) ([]operation.Event, error) {
		return o.UndoBy(by)
	})
}

// PauseOperation asks that nothing more is done until the operation is resumed.
func (s *Service) PauseOperation(ctx context.Context, id operation.ID) (Receipt, error) {
	return s.decideOperation(ctx, id, (*operation.Operation).Pause)
}

// ResumeOperation asks that a paused operation goes on where it was.
func (s *Service) ResumeOperation(ctx context.Context, id operation.ID) (Receipt, error) {
	return s.decideOperation(ctx, id, (*operation.Operation).Resume)
}

// CancelOperation asks that the rest is not done; what was done stays until it is undone.
func (s *Service) CancelOperation(ctx context.Context, id operation.ID) (Receipt, error) {
	return s.decideOperation(ctx, id, (*operation.Operation).Cancel)
}

// FinishOperation records that nobody works at the operation any more.
func (s *Service) FinishOperation(ctx context.Context, id operation.ID, counts operation.Counts) (Receipt, error) {
	return s.decideOperation(ctx, id, func(o *operation.Operation) ([]operation.Event, error) { return o.Finish(counts) })
}

// Operation answers an operation as it is now; one that nobody asked for is in no phase.
func (s *Service) Operation(ctx context.Context, org organization.ID, id operation.ID) (*operation.Operation, error) {
	at, err := load[operation.Event](ctx, s.store, id.Stream(), org, operation.New)
	return at.state, err
}

// ForOperation answers a context for what the operation does itself: in the name of whoever asked for it, under a command id
// that follows from the step, so that a step that is done again after a crash takes effect once.
func ForOperation(ctx context.Context, org organization.ID, id operation.ID, o *operation.Operation, steps ...string) context.Context {
	return WithOrigin(ctx, Origin{
		Organization: org, Actor: o.By.Actor, Source: o.Source(), Reason: o.By.Reason, CorrelationID: o.By.CorrelationID,
		CausationID: o.By.CommandID.String(), OperationID: id.UUID, CommandID: derive(id.UUID, steps...),
	})
}

func (s *Service) decideOperation(
	ctx context.Context, id operation.ID, decision func(*operation.Operation) ([]operation.Event, error),
) (Receipt, error) {
	origin := originOf(ctx)
	if origin.OperationID == uuid.Nil {
		origin.OperationID = id.UUID
	}
	return decide(WithOrigin(ctx, origin), s, id.Stream(), operation.New, decision)
}
