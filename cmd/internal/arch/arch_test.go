package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A room says which packages of ours one package, or a whole tree ("/..."), may import.
type room struct {
	name string
	may  []string
}

// Every package needs a row; the first that fits counts.
var rooms = []room{
	{"domain/domaintest", []string{"domain/..."}},
	{"domain/...", []string{"domain/..."}},
	{"commands/commandstest", []string{"domain/...", "commands"}},
	{"commands", []string{"domain/..."}},
	{"commands/reactions", []string{"domain/...", "commands"}},
	{"projections", []string{"domain/..."}},
	{"projections/runner", []string{"domain/...", "projections"}},
	{"projections/projectionstest", []string{"domain/...", "projections", "projections/runner", "adapters/postgres", "adapters/embedded/postgres/postgrestest"}},
	{"readmodels", []string{"domain/..."}},
	{"adapters/classifier", []string{"domain/...", "commands/reactions"}},
	{"adapters/httpapi", []string{"domain/...", "commands", "readmodels"}},
	{"adapters/whatsapp", []string{"domain/...", "commands"}},
	{"adapters/eventstore", []string{"domain/...", "commands"}},
	{"adapters/postgres", []string{"domain/...", "commands", "commands/reactions", "projections", "projections/runner", "readmodels"}},
	{"adapters/jobs", []string{"domain/...", "commands", "readmodels"}},
	{"adapters/vault", []string{"domain/...", "commands"}},
	{"adapters/files", []string{"domain/..."}},
	{"adapters/telemetry", []string{"domain/...", "projections/runner", "commands/reactions"}},
	{"adapters/embedded/eventstore/...", []string{"adapters/embedded/eventstore/..."}},
	{"adapters/embedded/postgres/...", []string{"adapters/embedded/postgres/..."}},
	{"cmd/...", []string{"..."}},
}

// homes says where each outside library lives; a library that is not here is free.
var homes = map[string][]string{
	"github.com/EventStore/EventStore-Client-Go/v4/esdb":   {"adapters/eventstore"},
	"github.com/EventStore/EventStore-Client-Go/v4/protos": {"adapters/embedded/eventstore/wire"},
	"github.com/gorilla/mux":                               {"adapters/httpapi"},
	"github.com/danielgtaylor/huma":                        {"adapters/httpapi"},
	"github.com/cockroachdb/pebble":                        {"adapters/embedded/eventstore/logstore"},
	"google.golang.org/grpc/codes":                         {"adapters/embedded/eventstore/wire", "adapters/eventstore"},
	"google.golang.org/grpc/status":                        {"adapters/embedded/eventstore/wire", "adapters/eventstore"},
	"google.golang.org/grpc":                               {"adapters/embedded/eventstore/wire"},
	"github.com/tink-crypto/tink-go":                       {"adapters/vault"},
	"github.com/ThreeDotsLabs/watermill":                   {"adapters/eventstore", "projections/runner", "commands/reactions"},
	"github.com/jackc/pgx":                                 {"adapters/...", "readmodels"},
	"github.com/riverqueue/river":                          {"adapters/jobs"},
	"github.com/pressly/goose":                             {"adapters/postgres"},
	"github.com/spf13/cobra":                               {"cmd/..."},
	"github.com/vbauerster/mpb":                            {"cmd/tagtrail"},
	"github.com/caarlos0/env":                              {"cmd/..."},
	"github.com/prometheus/client_golang":                  {"adapters/telemetry"},
	"github.com/nyaruka/phonenumbers":                      {"domain/contact"},
}

// bench sets parts of tagtrail beside the libraries that they are made of, and is not in the binary.
const bench = "cmd/internal/bench"

// testLibraries are imported by tests only, as are packages whose name ends in "test".
var testLibraries = []string{
	"testing", "pgregory.net/rapid", "github.com/google/go-cmp", "go.uber.org/goleak",
	"github.com/getkin/kin-openapi", "github.com/anishathalye/porcupine", "net/http/httptest",
}

// outside are the standard packages through which a clock, chance or the world would get into the domain.
var outside = []string{"os", "net", "net/http", "io/fs", "math/rand", "math/rand/v2", "crypto/rand", "database/sql", "log", "log/slog"}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t) {
		if f.forTests && strings.HasSuffix(f.name, "_test.go") {
			continue
		}
		r := roomOf(f.dir)
		if r == nil {
			t.Errorf("%s: package %s has no row in the rules", f.name, f.dir)
			continue
		}
		for _, imported := range f.imports {
			if ours, ok := strings.CutPrefix(imported, "tagtrail/"); ok {
				if ours != f.dir && !slices.ContainsFunc(r.may, func(p string) bool { return fits(p, ours) }) {
					t.Errorf("%s: %s must not import %s", f.name, f.dir, ours)
				}
				if !f.forTests && strings.HasSuffix(ours, "test") {
					t.Errorf("%s: %s is for tests", f.name, ours)
				}
				continue
			}
			if home := homeOf(imported); home != nil && !f.forTests && !slices.ContainsFunc(home, func(p string) bool { return fits(p, f.dir) }) {
				t.Errorf("%s: %s is at home in %v", f.name, imported, home)
			}
			if !f.forTests && slices.ContainsFunc(testLibraries, func(l string) bool { return within(imported, l) }) {
				t.Errorf("%s: %s is for tests", f.name, imported)
			}
		}
	}
}

func TestTheEmbeddedStoreIsReachedOnlyOverItsWire(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t) {
		for _, imported := range f.imports {
			ours := strings.TrimPrefix(imported, "tagtrail/")
			inside := strings.HasPrefix(ours, "adapters/embedded/eventstore/")
			if inside && !f.forTests && !strings.HasPrefix(f.dir, "adapters/embedded/eventstore") {
				t.Errorf("%s: %s belongs to the embedded store", f.name, imported)
			}
		}
	}
}

func TestTheDomainReadsNoClockNoChanceAndNoWorld(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t) {
		if !strings.HasPrefix(f.dir, "domain") || f.forTests {
			continue
		}
		for _, imported := range f.imports {
			if slices.Contains(outside, imported) && (imported != "log/slog" || f.dir != "domain/personal") {
				t.Errorf("%s: the domain must not import %s", f.name, imported)
			}
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if call, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := call.X.(*ast.Ident); ok && slices.Contains([]string{"time.Now", "time.Since", "uuid.New", "uuid.NewString", "uuid.NewV7", "uuid.NewRandom"}, pkg.Name+"."+call.Sel.Name) {
					t.Errorf("%s: the domain must not call %s.%s", f.name, pkg.Name, call.Sel.Name)
				}
			}
			return true
		})
	}
}

func TestProjectionsNeverRevealPersonalData(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t) {
		if f.dir != "projections" || f.forTests || f.name == "projections/values.go" { // where a value becomes a column
			continue
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if call, ok := n.(*ast.SelectorExpr); ok && (call.Sel.Name == "Reveal" || call.Sel.Name == "IsErased" || call.Sel.Name == "IsSealed") {
				t.Errorf("%s: a projection must not call %s", f.name, call.Sel.Name)
			}
			return true
		})
	}
}

// source is one Go file of the module.
type source struct {
	name, dir string
	forTests  bool // a _test.go file, or of a package for tests or measurements
	imports   []string
	tree      *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	var found []source
	err = fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if base := entry.Name(); name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules" || base == "bin" || base == "data") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, 0)
		if err != nil {
			return err
		}
		f := source{name: name, dir: path.Dir(name), tree: tree}
		f.forTests = strings.HasSuffix(name, "_test.go") || strings.HasSuffix(f.dir, "test") || f.dir == bench
		for _, spec := range tree.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, imported)
		}
		found = append(found, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 20 {
		t.Fatalf("found only %d files: the rules see nothing", len(found))
	}
	return found
}

func roomOf(dir string) *room {
	for i := range rooms {
		if fits(rooms[i].name, dir) {
			return &rooms[i]
		}
	}
	return nil
}

func homeOf(library string) []string {
	var home []string
	longest := 0
	for prefix, at := range homes {
		if within(library, prefix) && len(prefix) > longest {
			home, longest = at, len(prefix)
		}
	}
	return home
}

// fits says whether a package is the named one, or under a tree that ends in "/...".
func fits(pattern, dir string) bool {
	tree, ok := strings.CutSuffix(pattern, "...")
	if !ok {
		return pattern == dir
	}
	return strings.HasPrefix(dir+"/", tree)
}

// within says whether a library is the named one or a part of it.
func within(library, name string) bool {
	return library == name || strings.HasPrefix(library, name+"/")
}
