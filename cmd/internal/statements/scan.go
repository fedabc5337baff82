package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mention is a test that names a statement, in its comment, in a comment within it, or in the name of one of its cases.
type mention struct {
	id   id
	file string
	test string
}

// scan reads all tests of the module, whatever they are built for.
func scan(module fs.FS) ([]mention, error) {
	var mentions []mention
	err := fs.WalkDir(module, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if base := entry.Name(); name != "." && (strings.HasPrefix(base, ".") || slices.Contains([]string{"testdata", "node_modules", "bin", "data"}, base)) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, "_test.go") || path.Dir(name) == itself {
			return nil
		}
		source, err := fs.ReadFile(module, name)
		if err != nil {
			return err
		}
		found, err := mentionsOf(name, source)
		mentions = append(mentions, found...)
		return err
	})
	return mentions, err
}

// itself is where tests speak of ids without showing what they stand for.
const itself = "cmd/internal/statements"

func mentionsOf(name string, source []byte) ([]mention, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var mentions []mention
	for _, declared := range tree.Decls {
		test, ok := declared.(*ast.FuncDecl)
		if !ok || !isTest(test) {
			continue
		}
		for _, named := range slices.Compact(slices.SortedFunc(slices.Values(idsOf(tree, test)), compare)) {
			mentions = append(mentions, mention{named, name, test.Name.Name})
		}
	}
	return mentions, nil
}

// isTest leaves out what tests call: a comment there shows nothing by itself.
func isTest(f *ast.FuncDecl) bool {
	return f.Recv == nil && slices.ContainsFunc([]string{"Test", "Fuzz", "Example"}, func(prefix string) bool { return strings.HasPrefix(f.Name.Name, prefix) })
}

// idsOf answers the ids in all comments of the test and, in brackets, in its strings, where a bare C1 may be anything.
func idsOf(tree *ast.File, test *ast.FuncDecl) []id {
	begin := test.Pos()
	if test.Doc != nil {
		begin = test.Doc.Pos()
	}
	var ids []id
	for _, comment := range tree.Comments {
		if begin <= comment.Pos() && comment.End() <= test.End() {
			ids = append(ids, idsIn(comment.Text())...)
		}
	}
	ast.Inspect(test, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil {
				for _, bracketed := range brackets.FindAllString(text, -1) {
					ids = append(ids, idsIn(bracketed)...)
				}
			}
		}
		return true
	})
	return ids
}

var (
	brackets = regexp.MustCompile(`\([^()]*\)`)
	named    = regexp.MustCompile(`\b(?:(S[0-4])-|(C))([1-9]\d*)\b`)
	through  = regexp.MustCompile(`^\s*(?:…|–|\.\.\.?|to|through)\s*$`)
)

// idsIn finds ids in a text, and all between two of one series that "to" or an ellipsis joins.
func idsIn(text string) []id {
	var ids []id
	end := 0
	for _, at := range named.FindAllStringSubmatchIndex(text, -1) {
		series := "C"
		if at[2] >= 0 {
			series = text[at[2]:at[3]]
		}
		next := identify(series, text[at[6]:at[7]])
		if len(ids) > 0 && ids[len(ids)-1].series == series && through.MatchString(text[end:at[0]]) {
			for n := ids[len(ids)-1].number + 1; n < next.number && n < longest; n++ {
				ids = append(ids, id{series, n})
			}
		}
		ids, end = append(ids, next), at[1]
	}
	return ids
}

// longest bounds what a slip in a range may cost; no series has as many statements.
const longest = 1000
