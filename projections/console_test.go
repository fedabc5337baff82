package projections_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

// Who and what the specs of the console are about.
var (
	acme    = organization.ID{UUID: org}
	ana     = contact.ID{UUID: uuid.MustParse("0193a000-0000-7000-8000-0000000000a1")}
	bob     = contact.ID{UUID: uuid.MustParse("0193a000-0000-7000-8000-0000000000b0")}
	vip     = tag.ID{UUID: uuid.MustParse("0193a000-0000-7000-8000-000000000011")}
	city    = tag.ID{UUID: uuid.MustParse("0193a000-0000-7000-8000-000000000012")}
	channel = uuid.MustParse("0193a000-0000-7000-8000-0000000000c1")
	agent   = event.Actor{Kind: "agent", ID: "0193a000-0000-7000-8000-00000000000e"}
	system  = event.Actor{Kind: "system"}
	noon    = time.Date(2026, 5, 30, 12, 0, 0, 0, time.UTC)
)

func assignment(n byte) contact.AssignmentID {
	id := uuid.MustParse("0193a000-0000-7000-8000-00000000a500")
	id[15] = n
	return contact.AssignmentID{UUID: id}
}

func messageID(n byte) message.ID {
	id := uuid.MustParse("0193a000-0000-7000-8000-00000000e500")
	id[15] = n
	return message.ID{UUID: id}
}

func number(phone string) contact.Identity {
	return contact.Identity{Kind: contact.Number, Value: personal.New(phone), WaID: personal.New(strings.TrimPrefix(phone, "+")), Country: "US", Channel: channel}
}

func bsuid(value string) contact.Identity {
	return contact.Identity{Kind: contact.BSUID, Value: personal.New(value), Channel: channel}
}

func created(name, phone string) contact.Created {
	return contact.Created{Origin: contact.OriginManual, Identity: number(phone), Name: personal.New(name), LeadStatus: contact.Cold}
}

func received(from contact.ID, minute int, text string) message.Received {
	return message.Received{
		Contact: from, Channel: channel, Kind: "text", Wamid: personal.New("wamid.HBgLMTY1MDU1NTAxMDE"), Text: personal.New(text),
		SentAt: noon.Add(time.Duration(minute) * time.Minute),
	}
}

func reported(to contact.ID, status message.Status, minute, code int) message.StatusReported {
	return message.StatusReported{Contact: to, Channel: channel, Status: status, At: noon.Add(time.Duration(minute) * time.Minute), Code: code}
}

func lines(t *testing.T, rows projectionstest.Rows, table string, columns []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), rows.Lines(table, columns...)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", table, diff)
	}
}

// Deliveries come in any order: the tables must not tell in which.
func TestMessagesInEveryOrderGiveTheSameRows(t *testing.T) {
	t.Parallel()
	group := projections.All()[0]
	begin := projectionstest.On(ana.Stream(), created("Ana", "+16505550101"))
	steps := []projectionstest.Step{
		projectionstest.On(messageID(1).Stream(), received(ana, 1, "hi")),
		projectionstest.On(messageID(2).Stream(), received(ana, 2, "hello?")),
		projectionstest.On(messageID(3).Stream(), reported(ana, message.Sent, 3, 0)),
		projectionstest.On(messageID(3).Stream(), reported(ana, message.Delivered, 4, 0)),
		projectionstest.On(messageID(3).Stream(), reported(ana, message.Read, 5, 0)),
		projectionstest.On(messageID(3).Stream(), reported(contact.ID{}, message.Failed, 6, 131026)),
	}
	var want *projectionstest.Memory
	projectionstest.Permute(steps, func(order []projectionstest.Step) {
		changes, err := group.Project(projectionstest.History(org, append([]projectionstest.Step{begin}, order...)...))
		if err != nil {
			t.Fatal(err)
		}
		memory := projectionstest.NewMemory(group)
		memory.Apply(changes)
		if want == nil {
			want = memory
			return
		}
		for _, table := range group.Tables() {
			if diff := cmp.Diff(want.Rows(table.Name()), memory.Rows(table.Name())); diff != "" {
				t.Fatalf("%s differs in another order:\n%s", table.Name(), diff)
			}
		}
	})
}

func TestEveryProjectionIsInAll(t *testing.T) {
	t.Parallel()
	registered := map[string]bool{}
	for _, g := range projections.All() {
		if err := g.Check(); err != nil {
			t.Error(err)
		}
		for _, p := range g.Projections {
			registered[p.Name()] = true
		}
	}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || f.Name.Name == "Define" || f.Type.Results == nil || len(f.Type.Results.List) != 1 {
				continue
			}
			if answers, ok := f.Type.Results.List[0].Type.(*ast.Ident); !ok || answers.Name != "Projection" {
				continue
			}
			declared++
			if !registered[snake(f.Name.Name)] {
				t.Errorf("%s is not in All, or its name is not %s", f.Name.Name, snake(f.Name.Name))
			}
		}
	}
	if declared != len(registered) {
		t.Errorf("%d projections are declared, and %d registered", declared, len(registered))
	}
}

// snake writes ContactTags as contact_tags, and APIKeys as api_keys.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		upper := r >= 'A' && r <= 'Z'
		if upper && i > 0 && (name[i-1] >= 'a' || i+1 < len(name) && name[i+1] >= 'a') {
			b.WriteByte('_')
		}
		b.WriteString(strings.ToLower(string(r)))
	}
	return b.String()
}

// byColumn orders the rows of a view, which has no key.
func byColumn(rows []projectionstest.Row, column string) []projectionstest.Row {
	return slices.SortedFunc(slices.Values(rows), func(a, b projectionstest.Row) int { return strings.Compare(a[column], b[column]) })
}
