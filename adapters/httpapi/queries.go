package httpapi

import (
	"net/url"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// checkQuery refuses what the framework would pass over: a query string that cannot be read, a parameter that is said
// twice and counts once, one that is said without a value, and text that is no text. A parameter that the operation does
// not know is refused by the framework.
func checkQuery(raw string, op *huma.Operation) error {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return ErrQuery
	}
	for name, values := range query {
		p := queryParameter(op, name)
		if p == nil {
			continue
		}
		if len(values) > 1 && p.Schema.Type != huma.TypeArray {
			return invalidParameter(name, "it is given more than once")
		}
		for _, value := range values {
			switch {
			case name == "cursor" && value == "":
				return ErrCursor
			case value == "" && name != "q":
				return invalidParameter(name, "it is given without a value")
			case !isText(value):
				return invalidParameter(name, "it has characters that are not allowed")
			}
		}
	}
	return nil
}

func queryParameter(op *huma.Operation, name string) *huma.Param {
	for _, p := range op.Parameters {
		if p.In == "query" && p.Name == name {
			return p
		}
	}
	return nil
}

func isText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}

// invalidParameter refuses a request for one of its parameters.
func invalidParameter(name, detail string) error {
	return findings{{Parameter: name, Detail: detail}}
}
