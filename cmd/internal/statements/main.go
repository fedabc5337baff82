// Command statements prints what tagtrail has to do, statement by statement, with the tests that show it, and fails while
// one is missing that nothing excuses.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
)

//go:embed testdata/statements.txt
var list string

func main() {
	root := flag.String("root", ".", "the directory of the module")
	flag.Parse()
	complete, err := run(*root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "statements:", err)
	}
	if err != nil || !complete {
		os.Exit(1)
	}
}

// run prints the table and says whether nothing is missing.
func run(root string) (bool, error) {
	statements, err := parse(list)
	if err != nil {
		return false, err
	}
	mentions, err := scan(os.DirFS(root))
	if err != nil {
		return false, err
	}
	t, err := match(statements, mentions)
	if err != nil {
		return false, err
	}
	return len(t.missing) == 0, t.print(os.Stdout)
}
