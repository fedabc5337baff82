package commands_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// S0-19, S0-22, S0-29, S0-33, S0-36: the life of a tag, through the service.
func TestATagIsCreatedEditedDeletedAndRestored(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	id, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP", Color: "red"})
	check(t, err)
	_, err = w.Service.EditTag(w.Ask(t.Context()), commands.EditTag{Tag: id, Name: new("Gold")})
	check(t, err)
	_, err = w.Service.DeleteTags(w.Ask(t.Context()), commands.DeleteTags{Tags: []tag.ID{id}})
	check(t, err)
	other, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "gold"})
	check(t, err)
	_, err = w.Service.RestoreTag(w.Ask(t.Context()), commands.RestoreTag{Tag: id})
	refused(t, err, tag.ErrNameTaken)
	_, err = w.Service.RestoreTag(w.Ask(t.Context()), commands.RestoreTag{Tag: id, As: new("Gold 2025")})
	check(t, err)
	w.Happened(t, w.Organization.CatalogStream(),
		tag.Created{Tag: id, Number: 1, Name: "VIP", Color: "red", Kind: tag.Label},
		tag.Renamed{Tag: id, Number: 1, From: "VIP", To: "Gold"},
		tag.Deleted{Tag: id, Number: 1},
		tag.Created{Tag: other, Number: 2, Name: "gold", Color: "default", Kind: tag.Label},
		tag.Renamed{Tag: id, Number: 1, From: "Gold", To: "Gold 2025"},
		tag.Restored{Tag: id, Number: 1},
	)
}

func TestATagIsEditedAtTheRevisionThatTheCallerSaw(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	id, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
	check(t, err)
	edit := commands.EditTag{Tag: id, Name: new("Gold"), IfMatch: []event.Revision{0}}
	_, err = w.Service.EditTag(w.Ask(t.Context()), edit)
	check(t, err)
	_, err = w.Service.EditTag(w.Ask(t.Context()), edit)
	refused(t, err, tag.ErrStale)
}

func TestAnEventSaysWhoAskedWhenAndThroughWhat(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	origin := commands.Origin{
		Organization: w.Organization, Actor: event.Actor{Kind: "ai_tool", ID: uuid.NewString()}, Source: event.AITool,
		CommandID: uuid.New(), RequestHMAC: "q83v", CorrelationID: "c-1", CausationID: "c-0", Reason: personal.New("because"),
		At: time.Date(2026, time.May, 1, 12, 0, 0, 1234, time.FixedZone("", 7200)), AI: &event.AI{Model: "m-1", Confidence: 0.5},
	}
	_, _, err := w.Service.CreateTag(commands.WithOrigin(t.Context(), origin), commands.CreateTag{Name: "VIP"})
	check(t, err)
	all := w.Store.All()
	want := event.Metadata{
		Version: 1, Organization: w.Organization.UUID, Actor: origin.Actor, Source: event.AITool,
		OccurredAt: time.Date(2026, time.May, 1, 10, 0, 0, 1000, time.UTC), CommandID: origin.CommandID, RequestHMAC: "q83v",
		CorrelationID: "c-1", CausationID: "c-0", Reason: personal.New("because"), AI: origin.AI,
	}
	if diff := cmp.Diff(want, all[len(all)-1].Metadata, cmp.AllowUnexported(personal.Text{})); diff != "" {
		t.Errorf("the metadata is otherwise (- want, + got):\n%s", diff)
	}
}

func TestACommandThatNamesNoTimeHappensNow(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	_, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
	check(t, err)
	all := w.Store.All()
	if got := all[len(all)-1].Metadata.OccurredAt; !got.Equal(w.Now) {
		t.Errorf("occurred at %v, want %v", got, w.Now)
	}
}

// The ids of what a command makes are stored for ever: another way to derive
// them would let a repeated command take effect twice.
func TestIdsAreDerivedFromTheCommandForEver(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	w.Organization = organization.ID{UUID: uuid.MustParse("0197a1b2-0000-7000-8000-00000000000a")}
	ctx := w.AskAs(t.Context(), uuid.MustParse("0197a1b2-0000-7000-8000-00000000000c"), event.API)
	id, _, err := w.Service.CreateTag(ctx, commands.CreateTag{Name: "VIP"})
	check(t, err)
	all := w.Store.All()
	if got, want := id.String(), "efe611a2-b0a4-5e5f-b769-6ca99250a3b0"; got != want {
		t.Errorf("the tag is %s, want %s", got, want)
	}
	if got, want := all[len(all)-1].ID.String(), "7738c783-f8ab-599d-8c92-42c1a7f84d6a"; got != want {
		t.Errorf("the event is %s, want %s", got, want)
	}
}

func TestAnotherOrganisationsTagIsUnknown(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	id, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
	check(t, err)
	w.Organization = organization.ID{UUID: uuid.New()}
	_, err = w.Service.EditTag(w.Ask(t.Context()), commands.EditTag{Tag: id, Name: new("Gold")})
	refused(t, err, tag.ErrUnknown)
	_, _, err = w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
	check(t, err)
}

// A stream belongs to the organisation of its first event; to everybody else it is not there.
func TestAnotherOrganisationsStreamIsNotThere(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ana := contact.ID{UUID: uuid.New()}
	w.Store.Put(ana.Stream(), w.Metadata(), contact.Created{Origin: contact.OriginManual, LeadStatus: contact.Cold})
	change := commands.ChangeLeadStatus{Contact: ana, Status: contact.Hot}
	own := w.Organization
	w.Organization = organization.ID{UUID: uuid.New()}
	_, err := w.Service.ChangeLeadStatus(w.Ask(t.Context()), change)
	refused(t, err, contact.ErrUnknown)
	w.Organization = own
	_, err = w.Service.ChangeLeadStatus(w.Ask(t.Context()), change)
	check(t, err)
}

// S0-23: however many ask at once, a name is given once.
func TestOfManyWhoCreateATagOfOneNameOneSucceeds(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	errs := together(50, func(int) error {
		_, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
		return err
	})
	created := 0
	for _, err := range errs {
		if err == nil {
			created++
			continue
		}
		refused(t, err, tag.ErrNameTaken)
	}
	if created != 1 || len(w.Store.Events(w.Organization.CatalogStream())) != 1 {
		t.Errorf("%d of 50 created the tag, in %d events; want 1", created, len(w.Store.Events(w.Organization.CatalogStream())))
	}
}

func TestManyWhoCreateTagsAtOnceAllSucceedWithANumberEach(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	for i, err := range together(50, func(i int) error {
		_, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: fmt.Sprint("tag ", i)})
		return err
	}) {
		if err != nil {
			t.Errorf("tag %d: %v", i, err)
		}
	}
	numbers := map[tag.Number]bool{}
	for _, e := range w.Store.Events(w.Organization.CatalogStream()) {
		numbers[e.(tag.Created).Number] = true
	}
	if len(numbers) != 50 || !numbers[1] || !numbers[50] {
		t.Errorf("50 tags have the numbers %v", numbers)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("answered %v, want %v", err, want)
	}
}

// together runs a function n times at once and answers what each said.
func together(n int, f func(int) error) []error {
	errs, done := make([]error, n), make(chan int)
	for i := range n {
		go func() {
			errs[i] = f(i)
			done <- i
		}()
	}
	for range n {
		<-done
	}
	return errs
}
