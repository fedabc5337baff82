package projections

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Kind is what a column holds, as far as changes care.
type Kind int

// The kinds of columns. Values of a column are, in Go: [uuid.UUID], string,
// int64, bool, [time.Time] in UTC, float64, []int64, []uuid.UUID, []string, and
// string for Other; nil is NULL.
const (
	UUID Kind = iota + 1
	Text
	Int
	Bool
	Time
	Float
	IntSet
	UUIDSet
	TextList
	JSON
	Other // travels as text and is cast
)

func (k Kind) canBeKey() bool { return k == UUID || k == Text || k == Int || k == Time }

func (k Kind) ordered() bool { return k == Int || k == Time }

func kindOf(sqlType string) (Kind, bool) {
	kind, ok := map[string]Kind{
		"uuid": UUID, "text": Text,
		"smallint": Int, "int": Int, "integer": Int, "bigint": Int,
		"bool": Bool, "boolean": Bool, "timestamptz": Time, "double precision": Float,
		"int[]": IntSet, "integer[]": IntSet, "uuid[]": UUIDSet, "text[]": TextList,
		"jsonb": JSON, "date": Other, "numeric": Other,
	}[sqlType]
	return kind, ok
}

var (
	typeEnds    = regexp.MustCompile(` (not null|null|default|generated|collate|primary|references|unique|check|constraint)\b`)
	defaultOf   = regexp.MustCompile(` default ('(?:[^']|'')*'|[^ ]+)`)
	generatedAs = regexp.MustCompile(` generated always as \(.*\) stored`)
	collationOf = regexp.MustCompile(` collate "[^"]+"`)
)

func parseColumn(table, definition string) Column {
	name, rest, _ := strings.Cut(strings.Join(strings.Fields(definition), " "), " ")
	c := Column{Name: mustName(name), sql: rest}
	rest = " " + rest
	typeEnd := len(rest)
	if at := typeEnds.FindStringIndex(rest); at != nil {
		typeEnd = at[0]
	}
	c.Type, rest = strings.TrimSpace(rest[:typeEnd]), rest[typeEnd:]
	kind, ok := kindOf(c.Type)
	if !ok {
		panic(fmt.Sprintf("%s.%s is of type %q, which no change can write", table, name, c.Type))
	}
	c.Kind = kind
	c.Generated = generatedAs.MatchString(rest)
	rest = generatedAs.ReplaceAllString(rest, "")
	if m := defaultOf.FindStringSubmatch(rest); m != nil {
		c.Default = parseDefault(table, c, m[1])
		rest = strings.Replace(rest, m[0], "", 1)
	}
	c.NotNull = strings.Contains(rest, " not null")
	rest = strings.Replace(rest, " not null", "", 1)
	rest = collationOf.ReplaceAllString(rest, "")
	if rest = strings.TrimSpace(rest); rest != "" && rest != "null" {
		panic(fmt.Sprintf("%s.%s: %q has no place in a read model", table, name, rest))
	}
	return c
}

// parseDefault takes constants only: a default that depends on when it is asked
// for would make a rebuild differ.
func parseDefault(table string, c Column, sql string) any {
	text, quoted := strings.CutPrefix(sql, "'")
	if quoted {
		text = strings.ReplaceAll(strings.TrimSuffix(text, "'"), "''", "'")
	}
	switch {
	case sql == "null":
		return nil
	case c.Kind == Int && !quoted:
		if n, err := strconv.ParseInt(sql, 10, 64); err == nil {
			return n
		}
	case c.Kind == Bool && (sql == "true" || sql == "false"):
		return sql == "true"
	case (c.Kind == Text || c.Kind == JSON) && quoted:
		return text
	case c.Kind == IntSet && sql == "'{}'":
		return []int64{}
	case c.Kind == UUIDSet && sql == "'{}'":
		return emptyIDs()
	case c.Kind == TextList && sql == "'{}'":
		return []string{}
	}
	panic(fmt.Sprintf("%s.%s: the default %s is no constant of its type", table, c.Name, sql))
}
