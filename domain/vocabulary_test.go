package domain_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tagtrail/commands"
	"tagtrail/domain"
	"tagtrail/domain/fault"
)

// A code is API: there is one fault of it, and it is in the list that the front doors document.
func TestEveryFaultIsListedOnce(t *testing.T) {
	t.Parallel()
	for _, room := range []struct {
		name   string
		faults []*fault.Fault
	}{
		{".", domain.Faults()},
		{filepath.Join("..", "commands"), commands.Faults()},
	} {
		var listed, made []string
		for _, f := range room.faults {
			listed = append(listed, f.Code)
		}
		for _, file := range parse(t, room.name) {
			made = append(made, codesIn(file)...)
		}
		slices.Sort(listed)
		slices.Sort(made)
		if diff := cmp.Diff(made, listed); diff != "" {
			t.Errorf("the faults of %s are not those in its list (- made, + listed):\n%s", room.name, diff)
		}
	}
}

func TestEveryFaultHasACodeOfItsOwn(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[a-z]+\.[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, f := range slices.Concat(domain.Faults(), commands.Faults()) {
		if seen[f.Code] {
			t.Errorf("%s is the code of two faults", f.Code)
		}
		seen[f.Code] = true
		if !form.MatchString(f.Code) || f.Kind == 0 || f.Message == "" || strings.HasSuffix(f.Message, ".") {
			t.Errorf("%+v is not a kind, a code such as tag.name-taken, and a message without a full stop", f)
		}
	}
}

// codesIn answers the codes of all faults that a file makes.
func codesIn(file *ast.File) []string {
	var codes []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 3 {
			return true
		}
		if called, ok := call.Fun.(*ast.SelectorExpr); !ok || called.Sel.Name != "New" || selected(called.X) != "fault" {
			return true
		}
		code, ok := call.Args[1].(*ast.BasicLit)
		if !ok {
			return true
		}
		if text, err := strconv.Unquote(code.Value); err == nil {
			codes = append(codes, text)
		}
		return true
	})
	return codes
}

// An aggregate that forgets an event decides on a state that never was. An
// event may change nothing, but then a case says so.
func TestEveryEventIsAppliedByItsAggregate(t *testing.T) {
	t.Parallel()
	applied := map[string]bool{}
	for path, file := range parse(t, ".") {
		ast.Inspect(file, func(n ast.Node) bool {
			method, ok := n.(*ast.FuncDecl)
			if ok && method.Recv != nil && method.Name.Name == "Apply" {
				for _, name := range casesIn(method) {
					applied[filepath.Base(filepath.Dir(path))+"."+name] = true
				}
			}
			return true
		})
	}
	for _, spec := range domain.Catalog().Specs() {
		event := reflect.TypeOf(spec.Zero())
		if name := filepath.Base(event.PkgPath()) + "." + event.Name(); !applied[name] {
			t.Errorf("no Apply has a case for %s", name)
		}
	}
}

// casesIn answers the types that a function's type switches tell apart.
func casesIn(function *ast.FuncDecl) []string {
	var names []string
	ast.Inspect(function, func(n ast.Node) bool {
		choice, ok := n.(*ast.TypeSwitchStmt)
		if !ok {
			return true
		}
		for _, clause := range choice.Body.List {
			for _, expression := range clause.(*ast.CaseClause).List {
				names = append(names, selected(expression))
			}
		}
		return true
	})
	return names
}

func selected(expression ast.Expr) string {
	if name, ok := expression.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// parse answers the files below a directory that are compiled into the binary.
func parse(t *testing.T, dir string) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		files[path] = file
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
