package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// What no statement is called would otherwise be taken for shown, and what is meant would not.
func TestTestsNameOnlyStatementsThatThereAre(t *testing.T) {
	t.Parallel()
	statements, err := parse(list)
	if err != nil {
		t.Fatal(err)
	}
	mentions, err := scan(os.DirFS("../../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(mentions) < 100 {
		t.Errorf("only %d mentions were found: the tests are not read", len(mentions))
	}
	if _, err := match(statements, mentions); err != nil {
		t.Error(err)
	}
}

func TestTheListHoldsEveryNumberOfItsSeries(t *testing.T) {
	t.Parallel()
	statements, err := parse(list)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, s := range statements {
		count[s.id.series]++
	}
	for series, want := range map[string]int{"S0": 48, "S1": 44, "S2": 36, "S3": 43, "S4": 24, "C": 32} {
		if count[series] != want {
			t.Errorf("%s has %d statements, want %d", series, count[series], want)
		}
	}
}

func TestAListWithAGapASlipOrAnIdleExcuseIsRefused(t *testing.T) {
	t.Parallel()
	for name, list := range map[string]string{
		"a number is left out":            "S0-1 One.\nS0-3 Three.",
		"a number stands twice":           "C1 One.\nC1 One.",
		"a series that is not there":      "S5-1 One.",
		"no words":                        "S0-1 ",
		"an excuse of nothing":            "  page: why",
		"an excuse of a kind of its own":  "S0-1 One.\n  later: there was no time",
		"an excuse that gives no reason":  "S0-1 One.\n  page: ",
		"an excuse that names no kind":    "S0-1 One.\n  there was no time",
		"more digits than a number holds": "S0-99999999999999999999 Many.",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if found, err := parse(list); err == nil {
				t.Errorf("read as %v", found)
			}
		})
	}
}

func TestIdsAreFoundAloneAndInRanges(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"S0-41.":                        "S0-41",
		"S1-2 and C13":                  "S1-2 C13",
		"S1-41…S1-44, C21":              "S1-41 S1-42 S1-43 S1-44 C21",
		"S4-6 … S4-8":                   "S4-6 S4-7 S4-8",
		"S2-9 to\nS2-11, S2-13":         "S2-9 S2-10 S2-11 S2-13",
		"S0-9 to S1-2":                  "S0-9 S1-2",
		"S0-1, S0-3":                    "S0-1 S0-3",
		"C1 … C3":                       "C1 C2 C3",
		"XS0-1 S0-1b C3PO UTC1 S9-1 C0": "",
	} {
		var got []string
		for _, found := range idsIn(text) {
			got = append(got, found.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q names %v, want %s", text, got, want)
		}
	}
}

const someTests = `package some_test

// S0-1: the comment of a test.
func TestOne(t *testing.T) {
	// S0-2 within it, and S0-1 once more.
	run("a case (S0-3, C1)", "C2", ` + "`raw (C3)`" + `)
}

// S0-4: what is called shows nothing by itself.
func assertTwo(t *testing.T) {}

// S0-5: nor does a table.
var cases = []string{"(S0-6)"}

// C4.
func FuzzThree(f *testing.F) {}
`

func TestOnlyTestsCountWithTheirCommentsAndTheirCases(t *testing.T) {
	t.Parallel()
	mentions, err := scan(fstest.MapFS{
		"some/some_test.go":          {Data: []byte(someTests)},
		"some/some.go":               {Data: []byte("package some\n\n// TestFour: S0-7.\nfunc TestFour() {}\n")},
		"some/testdata/some_test.go": {Data: []byte("package broken, S0-8")},
		itself + "/other_test.go":    {Data: []byte("package main\n\n// S0-9.\nfunc TestFive() {}\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range mentions {
		got = append(got, m.id.String()+" "+m.test)
	}
	slices.Sort(got)
	want := []string{"C1 TestOne", "C3 TestOne", "C4 FuzzThree", "S0-1 TestOne", "S0-2 TestOne", "S0-3 TestOne"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestTheTableBeginsWithWhatIsMissing(t *testing.T) {
	t.Parallel()
	statements, err := parse("S0-1 Shown.\nS0-2 Drawn.\n  page: it is drawn\nS0-3 Missing.\nS0-4 Drawn, and shown.\n  page: it is drawn\n")
	if err != nil {
		t.Fatal(err)
	}
	known, err := match(statements, []mention{{id{"S0", 1}, "a/a_test.go", "TestA"}, {id{"S0", 4}, "b/b_test.go", "TestB"}})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := known.print(&out); err != nil {
		t.Fatal(err)
	}
	want := `S0-3   MISSING  Missing.
S0-2   excused  Drawn.
                page: it is drawn
S0-1   shown    Shown.
                a TestA
S0-4   shown    Drawn, and shown.
                b TestB

1 missing, 1 excused, 2 shown by tests
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", out.String(), want)
	}
}

func TestATestThatNamesNoStatementIsRefused(t *testing.T) {
	t.Parallel()
	_, err := match([]statement{{id: id{"C", 1}}}, []mention{{id{"C", 33}, "a/a_test.go", "TestA"}})
	if err == nil || !strings.Contains(err.Error(), "a/a_test.go: TestA names C33") {
		t.Errorf("answered %v", err)
	}
}
