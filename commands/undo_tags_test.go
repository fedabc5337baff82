package commands_test

import (
	"slices"
	"testing"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/importing"
	"tagtrail/domain/operation"
	"tagtrail/domain/tag"
)

// C2: what an import gave the catalogue is taken back tag by tag, once.
func TestTagsThatAnImportCreatedGoWithItsUndo(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	r := newRun(w, importing.Settings{UnknownTags: importing.CreateUnknown})
	if _, err := r.of(t.Context(), "phone,name,tags\n+16505550101,Ana,free|used|renamed\n"); err != nil {
		t.Fatal(err)
	}
	undone, undoing := operation.ID{UUID: r.operation}, commands.UndoOf(operation.ID{UUID: r.operation})
	started := &operation.Operation{By: event.Metadata{Actor: event.Actor{Kind: "owner"}}}
	step := func(name string) (commands.TagsOfOperation, func(id tag.ID, carriers int64) commands.Outcome) {
		ctx := commands.ForOperation(t.Context(), w.Organization, undoing, started, name)
		did, err := w.Service.TagsOf(ctx, undone)
		if err != nil {
			t.Fatal(err)
		}
		return did, func(id tag.ID, carriers int64) commands.Outcome {
			outcome, err := w.Service.UndoOnTag(commands.ForOperation(t.Context(), w.Organization, undoing, started, id.String()), did, id, carriers)
			if err != nil {
				t.Fatal(err)
			}
			return outcome
		}
	}
	did, _ := step("look")
	if len(did.Given) != 3 || len(did.Taken)+len(did.Changed) != 0 {
		t.Fatalf("the import did %+v", did)
	}
	free, used, renamed := did.Given[0], did.Given[1], did.Given[2]
	if _, err := w.Service.EditTag(w.Ask(t.Context()), commands.EditTag{Tag: renamed, Name: new("Renamed")}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time after a crash, by the same commands
		did, undo := step("again")
		if !slices.Equal(did.Changed, []tag.ID{renamed}) {
			t.Errorf("changed since are %v", did.Changed)
		}
		for name, got := range map[string]struct {
			outcome commands.Outcome
			result  operation.Result
			why     *fault.Fault
		}{
			"nobody carries it": {undo(free, 0), operation.Changed, nil},
			"somebody does":     {undo(used, 1), operation.Kept, commands.ErrTagInUse},
			"it was renamed":    {undo(renamed, 0), operation.Kept, commands.ErrChangedSince},
		} {
			if got.outcome.Result != got.result || got.why != nil && got.outcome.Fault.Code != got.why.Code {
				t.Errorf("%s: %+v", name, got.outcome)
			}
		}
	}
	if events := w.Store.Events(w.Organization.CatalogStream()); len(events) != 5 {
		t.Errorf("the catalogue has %d events, want 5", len(events))
	}
}
