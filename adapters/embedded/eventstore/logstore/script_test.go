package logstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"tagtrail/adapters/embedded/eventstore/eventlog"
	"tagtrail/adapters/embedded/eventstore/logstore"
)

var rewrite = flag.Bool("rewrite", false, "write into the scripts what the store answers")

// TestScripts plays the histories in testdata: each tells one rule, a command at a time and below it what the store
// answers. With -rewrite the answers are written anew, to be read before they are committed.
func TestScripts(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/*.script")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	for _, path := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".script"), func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			played := play(t, path, string(content))
			if !*rewrite || t.Failed() {
				return
			}
			if err := os.WriteFile(path, []byte(played), 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// play answers the script with what the store says now. A command is followed by "----", its answer and an empty line;
// what stands elsewhere is told to people.
func play(t *testing.T, path, script string) string {
	t.Helper()
	p := &player{fs: vfs.NewCrashableMem(), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	p.open(t)
	defer func() { _ = p.store.Close() }()
	var played strings.Builder
	lines := strings.Split(script, "\n")
	for i := 0; i < len(lines); i++ {
		command := lines[i]
		played.WriteString(command)
		if i+1 < len(lines) {
			played.WriteByte('\n')
		}
		if i+1 == len(lines) || lines[i+1] != "----" {
			continue
		}
		i += 2
		at := i
		for i < len(lines) && lines[i] != "" {
			i++
		}
		want, got := strings.Join(lines[at:i], "\n"), p.do(t, command)
		if got != want && !*rewrite {
			t.Errorf("%s:%d: %s\nanswers\n%s\nwant\n%s", path, at-1, command, got, want)
		}
		played.WriteString("----\n" + got + "\n\n")
	}
	return strings.TrimRight(played.String(), "\n") + "\n"
}

type player struct {
	store *logstore.Store
	fs    *vfs.MemFS
	now   time.Time
}

func (p *player) options() logstore.Options {
	return logstore.Options{FS: p.fs, Dir: "log", Now: func() time.Time { return p.now }}
}

func (p *player) open(t *testing.T) {
	t.Helper()
	store, err := logstore.Open(p.options())
	if err != nil {
		t.Fatal("open:", err)
	}
	p.store = store
}

// do carries out one command and tells what came of it.
func (p *player) do(t *testing.T, line string) string {
	t.Helper()
	words := strings.Fields(line)
	command, words := words[0], words[1:]
	for len(words) < 2 {
		words = append(words, "")
	}
	switch command {
	case "append":
		return p.append(words[0], expectedOf(t, words[1]), eventsNamed(strings.Join(words[2:], " ")))
	case "meta":
		data := []byte(strings.SplitN(line, " ", 3)[2])
		metadata := eventlog.Proposed{ID: eventlog.ID(uuid.New()), Type: eventlog.MetadataType, JSON: true, Data: data}
		return p.append(eventlog.MetastreamOf(words[0]), anyState, []eventlog.Proposed{metadata})
	case "delete", "tombstone":
		end := p.store.Delete
		if command == "tombstone" {
			end = p.store.Tombstone
		}
		at, err := end(t.Context(), words[0], expectedOf(t, words[1]))
		if err != nil {
			return refusal(err)
		}
		return fmt.Sprint("at ", at)
	case "read":
		return p.read(t.Context(), words[0], words[1:])
	case "log":
		return p.log(t.Context(), words[0] == "backwards")
	case "clock":
		step, err := time.ParseDuration(words[0])
		if err != nil {
			t.Fatal(err)
		}
		p.now = p.now.Add(step)
		return p.now.Format(time.TimeOnly)
	case "reopen", "crash", "scavenge":
		return p.again(t, command)
	}
	t.Fatalf("no such command: %q", line)
	return ""
}

func expectedOf(t *testing.T, word string) eventlog.Expected {
	t.Helper()
	if named, ok := map[string]eventlog.Expected{"any": anyState, "none": noStream, "exists": exists}[word]; ok {
		return named
	}
	revision, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		t.Fatal("an expected revision is any, none, exists or a number:", err)
	}
	return eventlog.Expected(revision)
}

func (p *player) append(stream string, expected eventlog.Expected, events []eventlog.Proposed) string {
	got, err := appendTo(p.store, eventlog.Append{Stream: stream, Expected: expected, Events: events})
	if err != nil {
		return refusal(err)
	}
	return fmt.Sprintf("revision %d at %d", got.Revision, got.Position)
}

func refusal(err error) string {
	if wrong := (*eventlog.WrongRevision)(nil); errors.As(err, &wrong) {
		return fmt.Sprint("conflict: the stream is at ", wrong.Current)
	}
	return "refused: " + err.Error()
}

// read shows what a stream shows, page by page, forwards or backwards.
func (p *player) read(ctx context.Context, stream string, how []string) string {
	q := eventlog.StreamRead{Stream: stream, Limit: 3}
	for _, word := range how {
		from, isFrom := strings.CutPrefix(word, "from=")
		switch {
		case isFrom:
			q.From, _ = strconv.ParseInt(from, 10, 64)
		case word == "backwards":
			q.Backwards, q.From = true, eventlog.DeletedRevision
		}
	}
	var shown []string
	for {
		page, err := p.store.ReadStream(ctx, q)
		if err != nil {
			return refusal(err)
		}
		for _, e := range page.Events {
			shown = append(shown, fmt.Sprintf("%d %s", e.Revision, told(e)))
		}
		if page.End {
			return list(shown)
		}
		q.From = page.Next
	}
}

func (p *player) log(ctx context.Context, backwards bool) string {
	q := eventlog.AllRead{Limit: 3, Backwards: backwards}
	if backwards {
		q.From = p.store.Head() + 1
	}
	var shown []string
	for {
		page, err := p.store.ReadAll(ctx, q)
		if err != nil {
			return refusal(err)
		}
		for _, e := range page.Events {
			revision := fmt.Sprint(e.Revision)
			if e.Revision == eventlog.DeletedRevision {
				revision = "end"
			}
			shown = append(shown, fmt.Sprintf("%d %s %s %s", e.Position, e.Stream, revision, told(e)))
		}
		if page.End {
			return list(shown)
		}
		q.From = page.Next
	}
}

func told(e eventlog.Event) string {
	var named struct{ Name string }
	if json.Unmarshal([]byte(e.Data), &named) == nil && named.Name != "" {
		return named.Name
	}
	return strings.TrimSpace(e.Type + " " + e.Data)
}

func list(shown []string) string {
	if len(shown) == 0 {
		return "nothing"
	}
	return strings.Join(shown, "\n")
}

// again opens the log after it was closed, after the power went, or after a scavenge.
func (p *player) again(t *testing.T, how string) string {
	t.Helper()
	survived := p.fs
	if how == "crash" {
		survived = p.fs.CrashClone(vfs.CrashCloneCfg{}) // nothing is left of what was not synced
	}
	if err := p.store.Close(); err != nil {
		t.Fatal("close:", err)
	}
	p.fs = survived
	answer := "ok"
	if how == "scavenge" {
		gone, err := logstore.Scavenge(t.Context(), p.options())
		if err != nil {
			t.Fatal("scavenge:", err)
		}
		answer = fmt.Sprintf("%d events of %d streams are gone", gone.Events, gone.Streams)
	}
	p.open(t)
	return answer
}
