package commands_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

func TestARepeatedCommandTakesEffectOnce(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ctx := w.Ask(t.Context())
	id, first, err := w.Service.CreateTag(ctx, commands.CreateTag{Name: "VIP"})
	check(t, err)
	_, err = w.Service.EditTag(w.Ask(t.Context()), commands.EditTag{Tag: id, Name: new("Gold")})
	check(t, err)
	for name, service := range map[string]*commands.Service{
		"the same process": w.Service,
		"a new process":    commands.New(w.Store, w.Vault, w.Counts, time.Now),
	} {
		again, receipt, err := service.CreateTag(ctx, commands.CreateTag{Name: "VIP"})
		check(t, err)
		if again != id || receipt.Position != first.Position || !receipt.Replayed {
			t.Errorf("%s: the repeat answers %v and %+v, want %v and %+v replayed", name, again, receipt, id, first)
		}
	}
	if first.Replayed {
		t.Error("the first answer says that it is a repeat")
	}
	w.Happened(t, w.Organization.CatalogStream(),
		tag.Created{Tag: id, Number: 1, Name: "VIP", Color: "default", Kind: tag.Label},
		tag.Renamed{Tag: id, Number: 1, From: "VIP", To: "Gold"})
}

func TestTheRepeatOfSeveralEventsAnswersTheLastPosition(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	id, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
	check(t, err)
	ctx, edit := w.Ask(t.Context()), commands.EditTag{Tag: id, Name: new("Gold"), Description: new("new"), Color: new("blue")}
	first, err := w.Service.EditTag(ctx, edit)
	check(t, err)
	again, err := w.Service.EditTag(ctx, edit)
	check(t, err)
	if all := w.Store.All(); first.Position != all[len(all)-1].Position || again.Position != first.Position {
		t.Errorf("answered %d and %d, want %d twice", first.Position, again.Position, all[len(all)-1].Position)
	}
}

func TestAnotherRequestUnderTheSameKeyIsRefused(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	origin := commands.Origin{Organization: w.Organization, Source: event.API, CommandID: uuid.New(), RequestHMAC: "one"}
	_, _, err := w.Service.CreateTag(commands.WithOrigin(t.Context(), origin), commands.CreateTag{Name: "VIP"})
	check(t, err)
	origin.RequestHMAC = "other"
	_, _, err = w.Service.CreateTag(commands.WithOrigin(t.Context(), origin), commands.CreateTag{Name: "Gold"})
	refused(t, err, commands.ErrKeyReused)
}

func TestARefusalIsNotRemembered(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	taken, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
	check(t, err)
	ctx := w.Ask(t.Context())
	_, _, err = w.Service.CreateTag(ctx, commands.CreateTag{Name: "VIP"})
	refused(t, err, tag.ErrNameTaken)
	_, err = w.Service.DeleteTags(w.Ask(t.Context()), commands.DeleteTags{Tags: []tag.ID{taken}})
	check(t, err)
	_, receipt, err := w.Service.CreateTag(ctx, commands.CreateTag{Name: "VIP"})
	check(t, err)
	if receipt.Replayed {
		t.Error("what was refused before is answered as done before")
	}
}

func TestADecisionThatChangesNothingAnswersWhatItRead(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	id, created, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
	check(t, err)
	receipt, err := w.Service.RestoreTag(w.Ask(t.Context()), commands.RestoreTag{Tag: id})
	check(t, err)
	if receipt != (commands.Receipt{Position: created.Position}) || !created.Changed {
		t.Errorf("answered %+v, what was read is %+v", receipt, created)
	}
	if got := len(w.Store.Events(w.Organization.CatalogStream())); got != 1 {
		t.Errorf("the catalogue has %d events, want 1", got)
	}
}

func TestWhenTheStreamMovedTheDecisionIsMadeAgain(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	taken := tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: 1, Name: "vip", Color: "default", Kind: tag.Label}
	w.Store.Before(func(_ context.Context, a commandstest.Attempt) error {
		if len(w.Store.Events(a.Stream)) == 0 {
			w.Store.Put(a.Stream, w.Metadata(), taken)
		}
		return nil
	})
	_, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
	refused(t, err, tag.ErrNameTaken)
	id, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "Gold"})
	check(t, err)
	w.Happened(t, w.Organization.CatalogStream(), taken,
		tag.Created{Tag: id, Number: 2, Name: "Gold", Color: "default", Kind: tag.Label})
}

// The answer of an append can get lost with the process that waited for it.
func TestARepeatAfterALostAnswerFindsWhatWasDone(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	w.Store.After(func(context.Context, commandstest.Attempt) error { return errors.New("the line went dead") })
	ctx := w.Ask(t.Context())
	_, _, err := w.Service.CreateTag(ctx, commands.CreateTag{Name: "VIP"})
	refused(t, err, commands.ErrLogUnavailable)
	w.Store.After(nil)
	_, receipt, err := w.Service.CreateTag(ctx, commands.CreateTag{Name: "VIP"})
	check(t, err)
	if !receipt.Replayed || len(w.Store.Events(w.Organization.CatalogStream())) != 1 {
		t.Errorf("the repeat answers %+v with %d events, want one, replayed", receipt, len(w.Store.Events(w.Organization.CatalogStream())))
	}
}

func TestALogOutOfReachIsUnavailable(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	w.Store.Before(func(context.Context, commandstest.Attempt) error { return errors.New("no route to host") })
	_, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "a name that nobody reads"})
	refused(t, err, commands.ErrLogUnavailable)
	if strings.Contains(err.Error(), "nobody reads") {
		t.Errorf("the error says what was written: %v", err)
	}
}

func TestAStreamThatNeverStandsStillIsGivenUp(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	w.Store.Before(func(_ context.Context, a commandstest.Attempt) error {
		w.Store.Put(a.Stream, w.Metadata(), tag.Deleted{Tag: tag.ID{UUID: uuid.New()}, Number: 9})
		return nil
	})
	_, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
	refused(t, err, commands.ErrContended)
}

func TestACommandEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.Store.Before(func(_ context.Context, a commandstest.Attempt) error {
		cancel()
		return event.ErrWrongRevision
	})
	_, _, err := w.Service.CreateTag(w.Ask(ctx), commands.CreateTag{Name: "VIP"})
	refused(t, err, context.Canceled)
}
