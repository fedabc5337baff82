package commands_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/importing"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// file is a file of comma-separated cells without quotes; a line of a cell is its place.
type file struct {
	lines []string
	next  int
}

func fileOf(content string) func() (importing.Sheet, error) {
	return func() (importing.Sheet, error) {
		return &file{lines: strings.Split(strings.TrimSpace(content), "\n"), next: 1}, nil
	}
}

func (f *file) Header() []string { return strings.Split(f.lines[0], ",") }

func (f *file) Next() (importing.Row, error) {
	if f.next == len(f.lines) {
		return importing.Row{}, io.EOF
	}
	f.next++
	row := importing.Row{Line: f.next}
	for cell := range strings.SplitSeq(f.lines[f.next-1], ",") {
		row.Cells = append(row.Cells, importing.Cell{Text: strings.TrimSpace(cell)})
	}
	return row, nil
}

// run is one import of a test.
type run struct {
	w         *commandstest.World
	operation uuid.UUID
	settings  importing.Settings
	results   map[int]importing.Result
	kept      commands.ImportProgress
	stop      func() error // asked behind each batch, where there is somebody to ask
}

func newRun(w *commandstest.World, settings importing.Settings) *run {
	return &run{w: w, operation: uuid.New(), settings: settings, results: map[int]importing.Result{}}
}

func (r *run) of(ctx context.Context, content string) (importing.Tally, error) {
	ctx = commands.WithOrigin(ctx, commands.Origin{
		Organization: r.w.Organization, Actor: event.Actor{Kind: "owner", ID: uuid.NewString()}, Source: event.Import, OperationID: r.operation,
	})
	return r.w.Service.Import(ctx, commands.Import{
		Settings: r.settings, Open: fileOf(content), Done: r.kept,
		Keep: func(_ context.Context, progress commands.ImportProgress, rows []importing.Result) error {
			r.kept = progress
			for _, row := range rows {
				r.results[row.Line] = row
			}
			if r.stop != nil {
				return r.stop()
			}
			return nil
		},
	})
}

// imported runs a file that is taken.
func imported(t *testing.T, w *commandstest.World, settings importing.Settings, content string) (importing.Tally, map[int]importing.Result) {
	t.Helper()
	r := newRun(w, settings)
	tally, err := r.of(t.Context(), content)
	check(t, err)
	return tally, r.results
}

const example = `id,name,tags,gender,city
44687985632,Jane Smith,cat|dog,female,london
44986523145,Jane Thomas,dog,female,manchester`

// S1-17, S1-19, S2-17…S2-21, S2-29, C2, C3, C30: the example of the documents goes in as it stands, and a second time
// changes nothing.
func TestImportCreatesContactsAndTags(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	tally, results := imported(t, w, importing.Settings{UnknownTags: importing.CreateUnknown}, example)
	if want := (importing.Tally{Rows: 2, Created: 2, Events: 9, Assigned: 7, TagsCreated: 4}); tally != want {
		t.Errorf("counts %+v, not %+v", tally, want)
	}
	jane := contact.ID{UUID: results[2].Contact}
	happened := w.Store.Events(jane.Stream())
	var tags []string
	for _, e := range happened[1:] {
		assigned := e.(contact.TagAssigned)
		name := ""
		for _, each := range w.Store.Events(w.Organization.CatalogStream()) {
			if made := each.(tag.Created); made.Tag == assigned.Tag {
				name = made.Name
			}
		}
		if assigned.Value != nil {
			name += ":" + assigned.Value.Text.Reveal()
		}
		tags = append(tags, name)
	}
	want := contact.Created{Origin: contact.OriginImport, Identity: number("+44687985632", "GB"), Name: personal.New("Jane Smith"), LeadStatus: contact.Cold}
	want.Identity.Country = happened[0].(contact.Created).Identity.Country
	if happened[0] != want || !slices.Equal(tags, []string{"cat", "dog", "gender:female", "city:london"}) {
		t.Errorf("became %+v with %v", happened[0], tags)
	}
	for _, recorded := range w.Store.All() {
		if recorded.Stream == jane.Stream() && (recorded.Metadata.Source != event.Import || recorded.Metadata.OperationID == uuid.Nil) {
			t.Errorf("recorded as %+v", recorded.Metadata)
		}
	}

	before := len(w.Store.All())
	again, _ := imported(t, w, importing.Settings{UnknownTags: importing.CreateUnknown}, example)
	if want := (importing.Tally{Rows: 2, Unchanged: 2}); again != want || len(w.Store.All()) != before {
		t.Errorf("the second time counts %+v and writes %d events", again, len(w.Store.All())-before)
	}
}

// C3, and faults, bad inputs 40: however a number is written, it is one contact.
func TestImportTakesEveryFormOfANumber(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	tally, results := imported(t, w, importing.Settings{}, "Phone,Name\n+34 666 555 444,Ana\n34666555444,Ana\n'+34666555444,Ana\ntel:+34-666-555-444,Ana\n+551187654321,Bia\n5511987654321,Bia")
	if want := (importing.Tally{Rows: 6, Created: 2, Unchanged: 4, Events: 2}); tally != want {
		t.Errorf("counts %+v, not %+v: %+v", tally, want, results)
	}
	_, byID := imported(t, w, importing.Settings{}, "id,name\n"+results[2].Contact.String()+",Ana Lima\n"+uuid.NewString()+",Nobody")
	if byID[2].Outcome != importing.Updated || byID[2].Contact != results[2].Contact || !errors.Is(byID[3].Refusal.Fault, contact.ErrUnknown) {
		t.Errorf("by id: %+v", byID)
	}
}

// Faults, bad inputs 39, 47, 48 and 49: a row that is refused says why and in which column, and the others are taken.
func TestImportRefusesRowsAndTakesTheOthers(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	vip, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "VIP"})
	check(t, err)
	gone, _, err := w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "gone"})
	check(t, err)
	_, _, err = w.Service.CreateTag(w.Ask(t.Context()), commands.CreateTag{Name: "size", Kind: tag.Valued, Values: []string{"S", "M"}})
	check(t, err)
	_, err = w.Service.DeleteTags(w.Ask(t.Context()), commands.DeleteTags{Tags: []tag.ID{gone}})
	check(t, err)
	_ = vip
	tally, results := imported(t, w, importing.Settings{}, strings.Join([]string{
		"name,phone,email,tags,lead status,size",
		"Ana,34666555444,ana@example.org,vip,Hot,s",
		"Ana,3.4667E+10,,,,",
		"Ana,34666555444.0,,,,",
		"Ana,0034666555444,,,,",
		"Ana,666555444,,,,",
		"Ana,=+34666555444,,,,",
		"Ana,,,,,",
		",34666555441,,,,",
		"Ana,34666555441,nope,,,",
		"Ana,34666555441,,cats,,",
		"Ana,34666555441,,gone,,",
		"Ana,34666555441,,,lukewarm,",
		"Ana,34666555441,,size,,",
		"Ana,34666555441,,,,XXL",
		"Ana,34666555442,,size:M|VIP,,",
	}, "\n"))
	type why struct {
		code   string
		column int
	}
	want := map[int]why{
		3: {"import.number-rounded", 2}, 4: {"import.number-decimal", 2}, 5: {"contact.phone-prefix", 2}, 6: {"contact.invalid-phone", 2},
		7: {"contact.invalid-phone", 2}, 8: {"contact.phone-required", 2}, 9: {"contact.name-required", 1}, 10: {"contact.invalid-email", 3},
		11: {"import.unknown-tag", 4}, 12: {"import.deleted-tag", 4}, 13: {"contact.unknown-lead-status", 5}, 14: {"contact.value-required", 4},
		15: {"contact.unknown-value", 6},
	}
	got := map[int]why{}
	for line, result := range results {
		if result.Outcome == importing.Refused {
			got[line] = why{result.Refusal.Fault.Code, result.Refusal.Column}
			if len(result.Cells) != 6 {
				t.Errorf("line %d keeps the cells %q", line, result.Cells)
			}
		}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(why{})); diff != "" {
		t.Errorf("refused otherwise (- want, + got):\n%s", diff)
	}
	if tally.Created != 2 || tally.Refused != len(want) {
		t.Errorf("counts %+v", tally)
	}
}

// C17, C18, S2-22…S2-24, S2-36: what is blank clears, what is absent stays, and labels are added or replaced.
func TestImportUpdatesWhatTheFileHas(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode importing.TagsMode
		file string
		want importing.Tally
	}{
		"absent columns leave all":            {"", "id,name\n44687985632,Jane Smith", importing.Tally{Rows: 1, Unchanged: 1}},
		"a blank name leaves the name":        {"", "id,name\n44687985632,", importing.Tally{Rows: 1, Unchanged: 1}},
		"a value is set":                      {"", "id,gender\n44687985632,other", importing.Tally{Rows: 1, Updated: 1, Events: 1, Assigned: 1, Removed: 1}},
		"a blank value clears it":             {"", "id,gender,city\n44687985632,,london", importing.Tally{Rows: 1, Updated: 1, Events: 1, Removed: 1}},
		"labels are added":                    {importing.AddTags, "id,tags\n44986523145,cat", importing.Tally{Rows: 1, Updated: 1, Events: 1, Assigned: 1}},
		"no labels add nothing":               {importing.AddTags, "id,tags\n44687985632,", importing.Tally{Rows: 1, Unchanged: 1}},
		"labels are replaced, values are not": {importing.ReplaceTags, "id,tags\n44986523145,cat", importing.Tally{Rows: 1, Updated: 1, Events: 2, Assigned: 1, Removed: 1}},
		"no labels replace all":               {importing.ReplaceTags, "id,tags\n44687985632,", importing.Tally{Rows: 1, Updated: 1, Events: 2, Removed: 2}},
		"an e-mail address that was not":      {"", "id,email\n44687985632,jane@example.org", importing.Tally{Rows: 1, Updated: 1, Events: 1}},
		"what the console exports":            {"", "Phone,Display name,Tags,First seen,Last seen\n+44687985632,Jane Smith,cat|dog|gender:female,,", importing.Tally{Rows: 1, Unchanged: 1}},
		"a name that nobody gave":             {"", "Phone,Display name\n+44687985632,—", importing.Tally{Rows: 1, Unchanged: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := commandstest.New(t)
			imported(t, w, importing.Settings{UnknownTags: importing.CreateUnknown}, example)
			if got, results := imported(t, w, importing.Settings{TagsMode: c.mode}, c.file); got != c.want {
				t.Errorf("counts %+v, not %+v: %+v", got, c.want, results)
			}
		})
	}
}

// messy is a file with everything in it that may go one way or the other.
func messy() string {
	var b strings.Builder
	b.WriteString("id,name,tags,gender\n")
	for _, line := range []string{
		"44687985632,Jane Smith,cat|dog,female", "44687985632,Jane,dog|bird,", "44687985632,,fish,male", "nobody,,,",
		"44986523145,Jane Thomas,a1|a2|a3|a4|a5|a6|a7|a8|a9|a10|a11|a12|a13|a14|a15|a16|a17|a18|a19|a20|a21,", "44986523145,Jane Thomas,a1|a2,",
		"44986523146,Jim,new1,", "44986523147,,new2,", "44986523148,Joe,,x|y", "44986523146,James,new3,",
	} {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// C17, S2-29: a dry run says what the run would do, and does nothing. A plan that ends within the file ends at the same row.
func TestADryRunCountsWhatTheRunDoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plan    organization.Plan
		held    int
		unknown importing.UnknownTags
	}{
		"tags are created":     {unknown: importing.CreateUnknown},
		"tags are skipped":     {unknown: importing.SkipUnknown},
		"the plan allows two":  {plan: organization.Free, held: 98, unknown: importing.CreateUnknown},
		"the plan allows none": {plan: organization.Free, held: 100, unknown: importing.CreateUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := commandstest.New(t)
			if c.plan != "" {
				_, err := w.Service.ChangePlan(w.Ask(t.Context()), commands.ChangePlan{Plan: c.plan})
				check(t, err)
			}
			w.Counts.Of = c.held
			before := len(w.Store.All())
			rehearsed, dry := imported(t, w, importing.Settings{UnknownTags: c.unknown, DryRun: true}, messy())
			if wrote := len(w.Store.All()) - before; wrote != 0 {
				t.Fatalf("the dry run wrote %d events", wrote)
			}
			done, taken := imported(t, w, importing.Settings{UnknownTags: c.unknown}, messy())
			if rehearsed != done || done.Rows != 10 || done.Refused == 0 {
				t.Errorf("the dry run counts %+v, the run %+v", rehearsed, done)
			}
			for line, result := range taken {
				if dry[line].Outcome != result.Outcome || dry[line].Refusal.Column != result.Refusal.Column {
					t.Errorf("line %d: the dry run says %+v, the run %+v", line, dry[line], result)
				}
			}
		})
	}
}

// Whoever has rows in several batches is met again in a later one as the rows before left them, also where others are held
// on to no longer.
func TestADryRunOfSeveralBatchesCountsWhatTheRunDoes(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	_, _ = imported(t, w, importing.Settings{UnknownTags: importing.CreateUnknown}, "id,name,tags\n16505550007,Known before,a\n16505550008,Too,b\n")
	var b strings.Builder
	b.WriteString("id,name,tags\n")
	for n := range 2600 {
		fmt.Fprintf(&b, "1650555%04d,Somebody %d,%c\n", n%(300+n/13), n%2, 'a'+n%7)
	}
	rehearsed, dry := imported(t, w, importing.Settings{UnknownTags: importing.CreateUnknown, DryRun: true}, b.String())
	done, taken := imported(t, w, importing.Settings{UnknownTags: importing.CreateUnknown}, b.String())
	if rehearsed != done || done.Created < 300 || done.Updated == 0 || done.Unchanged == 0 {
		t.Errorf("the dry run counts %+v, the run %+v", rehearsed, done)
	}
	for line, result := range taken {
		if dry[line].Outcome != result.Outcome || dry[line].Events != result.Events {
			t.Errorf("line %d: the dry run says %+v, the run %+v", line, dry[line], result)
		}
	}
}

var errKilled = errors.New("killed")

// What a dry run had thought of as done is gone with it.
func TestAnInterruptedDryRunBeginsAgain(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	r := newRun(w, importing.Settings{UnknownTags: importing.CreateUnknown, DryRun: true})
	want, err := r.of(t.Context(), messy())
	check(t, err)
	got, err := r.of(t.Context(), messy())
	check(t, err)
	if got != want {
		t.Errorf("counts %+v, not %+v", got, want)
	}
}

// S2-29: whoever sent a file is told why rows were refused without reading the file of results, also where it was interrupted.
func TestAnImportCountsRefusalsByWhatWasInTheWay(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	var b strings.Builder
	b.WriteString("id,name,tags\n")
	for n := range 2400 {
		fmt.Fprintf(&b, "%s,Somebody,%s\n", []string{"nobody", "16505550101", "16505550102"}[n%3], []string{"", "rare"}[n%2])
	}
	r := newRun(w, importing.Settings{})
	kept := 0
	r.stop = func() error {
		if kept++; kept == 2 {
			return errKilled
		}
		return nil
	}
	if _, err := r.of(t.Context(), b.String()); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	tally, err := r.of(t.Context(), b.String())
	check(t, err)
	want := importing.Refusals{contact.ErrInvalidPhone.Code: 800, importing.ErrUnknownTag.Code: 800}
	if !maps.Equal(r.kept.Refusals, want) || tally.Refused != 1600 {
		t.Errorf("refused are %v of %d", r.kept.Refusals, tally.Refused)
	}
	if most := (importing.Refusals{"b": 1, "a": 1, "c": 2}).Most(); !slices.Equal(most, []string{"c", "a", "b"}) {
		t.Errorf("in order they are %v", most)
	}
}

// Faults F2 and F25: wherever an import is interrupted, it goes on, and in the end all is as if nothing had been.
func TestAnInterruptedImportGoesOn(t *testing.T) {
	t.Parallel()
	settings := importing.Settings{UnknownTags: importing.CreateUnknown}
	whole := commandstest.New(t)
	want, wanted := imported(t, whole, settings, messy())
	for nth := 1; ; nth++ {
		w := commandstest.New(t)
		r := newRun(w, settings)
		var once sync.Once
		count := 0
		var mu sync.Mutex
		w.Store.After(func(context.Context, commandstest.Attempt) (err error) {
			mu.Lock()
			defer mu.Unlock()
			if count++; count == nth {
				once.Do(func() { err = errKilled })
			}
			return err
		})
		_, err := r.of(t.Context(), messy())
		if err == nil {
			break
		}
		if !errors.Is(err, errKilled) && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		got, err := r.of(t.Context(), messy())
		check(t, err)
		if got != want || len(w.Store.All()) != len(whole.Store.All()) {
			t.Errorf("interrupted at append %d: counts %+v of %d events, not %+v of %d", nth, got, len(w.Store.All()), want, len(whole.Store.All()))
		}
		for line, result := range r.results {
			if result.Outcome != wanted[line].Outcome {
				t.Errorf("interrupted at append %d: line %d is %s, not %s", nth, line, result.Outcome, wanted[line].Outcome)
			}
		}
	}
}

// S2-25, S2-28, C4: where contacts are kept for each channel, a file belongs to one.
func TestImportAsksForTheChannelWhereItMatters(t *testing.T) {
	t.Parallel()
	w := commandstest.NewWith(t, organization.ScopeChannel)
	_, err := newRun(w, importing.Settings{}).of(t.Context(), example)
	if !errors.Is(err, contact.ErrChannelRequired) {
		t.Errorf("without a channel: %v", err)
	}
	_, err = newRun(w, importing.Settings{Channel: uuid.New()}).of(t.Context(), example)
	if f := fault.Of(err); f == nil || f.Code != "organization.unknown-channel" {
		t.Errorf("with another's channel: %v", err)
	}
}

// S2-29, C1: an import is taken back like any operation: who was created is put away, who was updated is as before, and
// what somebody changed since stays.
func TestAnImportIsUndone(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	create := importing.Settings{UnknownTags: importing.CreateUnknown}
	_, first := imported(t, w, create, example)
	jane, thomas := contact.ID{UUID: first[2].Contact}, contact.ID{UUID: first[3].Contact}
	r := newRun(w, importing.Settings{UnknownTags: importing.CreateUnknown, TagsMode: importing.ReplaceTags})
	_, err := r.of(t.Context(), "id,name,tags,gender,email\n44687985632,Janet,bird,,janet@example.org\n44986523145,Tom,dog,other,\n34666555444,New,dog,,")
	check(t, err)
	renamed := "Thomasina"
	_, err = w.Service.EditContact(w.Ask(t.Context()), commands.EditContact{Contact: thomas, Name: &renamed})
	check(t, err)
	undo := func(id contact.ID) commands.Outcome {
		t.Helper()
		done, err := w.Service.UndoOn(w.Ask(t.Context()), operation.ID{UUID: r.operation}, id)
		check(t, err)
		return done
	}
	if done := undo(jane); done.Result != operation.Changed {
		t.Errorf("who was updated: %+v", done)
	}
	if done := undo(thomas); done.Result != operation.Kept {
		t.Errorf("who was changed since: %+v", done)
	}
	if done := undo(contact.ID{UUID: r.results[4].Contact}); done.Result != operation.Changed {
		t.Errorf("who was created: %+v", done)
	}
	got, results := imported(t, w, importing.Settings{}, "id,name,tags,gender,city,email\n44687985632,Jane Smith,cat|dog,female,london,\n44986523145,Thomasina,dog,female,manchester,\n34666555444,New,,,,")
	if want := (importing.Tally{Rows: 3, Unchanged: 2, Refused: 1}); got != want || !errors.Is(results[4].Refusal.Fault, contact.ErrArchived) {
		t.Errorf("afterwards a file of before counts %+v: %+v", got, results)
	}
}
