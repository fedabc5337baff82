package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// statement is one thing that is asked of tagtrail.
type statement struct {
	id     id
	what   string
	excuse string // why no test has to show it; empty where one has to
}

// id names a statement: a number in one of the five descriptions (S0-41), or among the decisions (C13).
type id struct {
	series string
	number int
}

func (i id) String() string {
	if i.series == "C" {
		return "C" + strconv.Itoa(i.number)
	}
	return i.series + "-" + strconv.Itoa(i.number)
}

var entry = regexp.MustCompile(`^(?:(S[0-4])-|(C))([1-9]\d*) (\S.*)$`)

// parse reads the list. The numbers of a series follow each other, so that none can be forgotten.
func parse(list string) ([]statement, error) {
	var statements []statement
	last := map[string]int{}
	for n, line := range strings.Split(list, "\n") {
		switch excuse, indented := strings.CutPrefix(line, "  "); {
		case line == "" || strings.HasPrefix(line, "#"):
		case indented:
			if len(statements) == 0 || !excuses(excuse) {
				return nil, fmt.Errorf("line %d is no excuse of a statement: %q", n+1, line)
			}
			statements[len(statements)-1].excuse = excuse
		default:
			parts := entry.FindStringSubmatch(line)
			if parts == nil {
				return nil, fmt.Errorf("line %d is no statement: %q", n+1, line)
			}
			found := statement{id: identify(parts[1]+parts[2], parts[3]), what: parts[4]}
			if found.id.number != last[found.id.series]+1 {
				return nil, fmt.Errorf("line %d: %v does not follow %d", n+1, found.id, last[found.id.series])
			}
			last[found.id.series]++
			statements = append(statements, found)
		}
	}
	return statements, nil
}

// excuses says whether a line gives one of the two reasons that count, in words.
func excuses(line string) bool {
	kind, reason, _ := strings.Cut(line, ": ")
	return (kind == "page" || kind == "outside") && strings.TrimSpace(reason) != ""
}

// identify makes an id of what an expression has matched as digits.
func identify(series, digits string) id {
	number, err := strconv.Atoi(digits)
	if err != nil {
		number = 0 // more digits than a number has; no statement is called so
	}
	return id{series, number}
}
