package filter

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// field reads a leaf about a custom field: whether anything is held, or what, in one way of saying so.
func (p *parser) field(written jsontext.Value, at jsontext.Pointer) Filter {
	said := read[struct {
		Field     string         `json:"field"`
		Held      *bool          `json:"held"`
		Is        jsontext.Value `json:"is"`
		IsNot     jsontext.Value `json:"is_not"`
		Contains  jsontext.Value `json:"contains"`
		AtLeast   jsontext.Value `json:"at_least"`
		Below     jsontext.Value `json:"below"`
		OlderThan *int           `json:"older_than_days"`
		Within    *int           `json:"within_days"`
	}](p, written, at)
	if p.fault != nil {
		return nil
	}
	f := Field{
		Field: p.id(said.Field, at.AppendToken("field")), OlderThan: p.days(said.OlderThan, at.AppendToken("older_than_days")),
		Within: p.days(said.Within, at.AppendToken("within_days")),
	}
	take := func(value jsontext.Value, name string, keep func(jsontext.Value, jsontext.Pointer)) bool {
		if value != nil {
			keep(value, at.AppendToken(name))
		}
		return value != nil
	}
	ways := 0
	for _, said := range []bool{
		take(said.Is, "is", func(v jsontext.Value, at jsontext.Pointer) { f.Is = p.texts(v, at) }),
		take(said.IsNot, "is_not", func(v jsontext.Value, at jsontext.Pointer) { f.Is, f.IsNot = p.texts(v, at), true }),
		take(said.Contains, "contains", func(v jsontext.Value, at jsontext.Pointer) { f.Contains = p.text(v, at) }),
		take(said.AtLeast, "at_least", func(v jsontext.Value, at jsontext.Pointer) { f.AtLeast = p.text(v, at) }) ||
			said.Below != nil,
		said.Held != nil,
		f.OlderThan > 0 || f.Within > 0,
	} {
		if said {
			ways++
		}
	}
	take(said.Below, "below", func(v jsontext.Value, at jsontext.Pointer) { f.Below = p.text(v, at) })
	if said.Held != nil {
		f.Held, f.IsNot = true, !*said.Held
	}
	if ways != 1 {
		p.refuse(ErrValue, at)
	}
	if f.OlderThan > 0 && f.Within > 0 && f.Within < f.OlderThan {
		p.refuse(ErrTime, at)
	}
	return f
}

// consent reads a leaf about the last word on a purpose.
func (p *parser) consent(written jsontext.Value, at jsontext.Pointer) Filter {
	said := read[struct {
		Purpose string `json:"purpose"`
		Is      string `json:"is"`
	}](p, written, at)
	if p.fault != nil {
		return nil
	}
	if !isText(said.Purpose) {
		p.refuse(ErrValue, at.AppendToken("purpose"))
	}
	switch said.Is {
	case Given, Withdrawn, Unknown:
	default:
		p.refuse(ErrValue, at.AppendToken("is"))
	}
	return Consent(said)
}

// isLanguage says whether a tag may name a language: letters and digits in parts of at most eight.
func isLanguage(s string) bool {
	const longest, part = 35, 8
	for token := range strings.SplitSeq(s, "-") {
		if token == "" || len(token) > part || strings.Trim(strings.ToLower(token), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return false
		}
	}
	return len(s) <= longest
}
