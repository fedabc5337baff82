package filter

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"tagtrail/domain/fault"
)

// Parse reads a filter; a fault names by its pointer what is not as it should be.
func Parse(written []byte) (Filter, error) {
	p := &parser{}
	f := p.filter(jsontext.Value(written), "", 1)
	if p.fault != nil {
		return nil, p.fault
	}
	return f, nil
}

// parser reads filters until something is wrong.
type parser struct {
	nodes int
	fault *fault.Fault // the first
}

// refuse keeps the first fault; whatever is read from then on is of no interest.
func (p *parser) refuse(f *fault.Fault, at jsontext.Pointer) {
	if p.fault == nil {
		p.fault = f.At(string(at))
	}
}

func (p *parser) filter(written jsontext.Value, at jsontext.Pointer, depth int) Filter {
	p.nodes++
	switch {
	case p.fault != nil:
		return nil
	case depth > MaxDepth:
		p.refuse(ErrTooDeep, at)
		return nil
	case p.nodes > MaxNodes:
		p.refuse(ErrTooMany, at)
		return nil
	}
	var members map[string]jsontext.Value
	if json.Unmarshal(written, &members) != nil || len(members) != 1 {
		p.refuse(ErrForm, at)
		return nil
	}
	for name, value := range members {
		return p.member(Name(name), value, at.AppendToken(name), depth)
	}
	return nil
}

func (p *parser) member(name Name, written jsontext.Value, at jsontext.Pointer, depth int) Filter {
	switch name {
	case "all":
		return All(p.filters(written, at, depth))
	case "any":
		return Any(p.filters(written, at, depth))
	case "not":
		return Not{p.filter(written, at, depth+1)}
	case "text":
		return Text(p.text(written, at))
	case TagsAll, TagsAny, TagsNone, Owner, Channel, Segment:
		return IDs{Of: name, IDs: p.ids(written, at)}
	case LeadStatus, Country, Language, Source, Origin, Conversation:
		return Words{Of: name, Words: p.words(name, written, at)}
	case NoTags, NoOwner, HasEmail, Archived, LegalHold, OverLimit, OverPlan:
		return Flag{Of: name, Is: read[bool](p, written, at)}
	case Created, FirstSeen, LastSeen, LastActive:
		return p.time(name, written, at)
	case "tag_value":
		return p.value(written, at)
	case "field":
		return p.field(written, at)
	case "consent":
		return p.consent(written, at)
	}
	p.refuse(ErrUnknown.With("known", strings.Join(Names(), ", ")), at)
	return nil
}

func (p *parser) filters(written jsontext.Value, at jsontext.Pointer, depth int) []Filter {
	parts := read[[]jsontext.Value](p, written, at)
	switch {
	case p.fault == nil && len(parts) == 0:
		p.refuse(ErrForm, at)
	case len(parts) > MaxNodes:
		p.refuse(ErrTooMany, at)
	}
	var filters []Filter
	for i, part := range parts {
		if p.fault != nil {
			return nil
		}
		filters = append(filters, p.filter(part, at.AppendToken(strconv.Itoa(i)), depth+1))
	}
	return filters
}

// read takes a value as it is meant to be; null is nothing of it.
func read[T any](p *parser, written jsontext.Value, at jsontext.Pointer) T {
	var value T
	err := json.Unmarshal(written, &value, json.RejectUnknownMembers(true))
	switch {
	case errors.Is(err, json.ErrUnknownName):
		p.refuse(ErrValue.With("known", strings.Join(membersOf(reflect.TypeFor[T]()), ", ")), at)
	case err != nil, written.Kind() == 'n':
		p.refuse(ErrValue, at)
	}
	return value
}

// membersOf answers what the members of an object may be called, by the alphabet.
func membersOf(object reflect.Type) []string {
	names := make([]string, object.NumField())
	for i := range names {
		names[i] = object.Field(i).Tag.Get("json")
	}
	slices.Sort(names)
	return names
}

func (p *parser) text(written jsontext.Value, at jsontext.Pointer) string {
	s := read[string](p, written, at)
	if !isText(s) {
		p.refuse(ErrValue, at)
	}
	return s
}

// isText says whether a text can be looked for: it is there, it is short, and nothing in it controls anything.
func isText(s string) bool {
	return strings.TrimSpace(s) != "" && utf8.RuneCountInString(s) <= MaxText && !strings.ContainsFunc(s, unicode.IsControl)
}

func (p *parser) strings(written jsontext.Value, at jsontext.Pointer) []string {
	values := read[[]string](p, written, at)
	switch {
	case len(values) == 0:
		p.refuse(ErrValue, at)
	case len(values) > MaxValues:
		p.refuse(ErrTooMany, at)
	}
	return values
}

func (p *parser) ids(written jsontext.Value, at jsontext.Pointer) []uuid.UUID {
	var ids []uuid.UUID
	for i, s := range p.strings(written, at) {
		ids = append(ids, p.id(s, at.AppendToken(strconv.Itoa(i))))
	}
	return ids
}

// id takes an id as it is written everywhere.
func (p *parser) id(s string, at jsontext.Pointer) uuid.UUID {
	id, err := uuid.Parse(s)
	if err != nil || id.String() != s {
		p.refuse(ErrValue, at)
	}
	return id
}

func (p *parser) words(name Name, written jsontext.Value, at jsontext.Pointer) []string {
	values := p.strings(written, at)
	for i, s := range values {
		if !isWord(name, s) {
			p.refuse(ErrValue, at.AppendToken(strconv.Itoa(i)))
		}
	}
	return values
}

func isWord(name Name, s string) bool {
	switch name { //nolint:exhaustive // the others have a vocabulary
	case Country:
		return len(s) == 2 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	case Language:
		return isLanguage(s)
	}
	return slices.Contains(Vocabulary(name), s)
}

// value reads a leaf about a valued tag.
func (p *parser) value(written jsontext.Value, at jsontext.Pointer) Filter {
	said := read[struct {
		Tag      string         `json:"tag"`
		Is       jsontext.Value `json:"is"`
		IsNot    jsontext.Value `json:"is_not"`
		Contains jsontext.Value `json:"contains"`
	}](p, written, at)
	if p.fault != nil {
		return nil
	}
	v := Value{Tag: p.id(said.Tag, at.AppendToken("tag"))}
	ways := 0
	if said.Is != nil {
		v.Is, ways = p.texts(said.Is, at.AppendToken("is")), ways+1
	}
	if said.IsNot != nil {
		v.IsNot, ways = p.texts(said.IsNot, at.AppendToken("is_not")), ways+1
	}
	if said.Contains != nil {
		v.Contains, ways = p.text(said.Contains, at.AppendToken("contains")), ways+1
	}
	if ways != 1 {
		p.refuse(ErrValue, at)
	}
	return v
}

func (p *parser) texts(written jsontext.Value, at jsontext.Pointer) []string {
	values := p.strings(written, at)
	for i, s := range values {
		if !isText(s) {
			p.refuse(ErrValue, at.AppendToken(strconv.Itoa(i)))
		}
	}
	return values
}

// time reads a leaf about when something happened. Each end is said once, and what never happened has none.
func (p *parser) time(name Name, written jsontext.Value, at jsontext.Pointer) Filter {
	said := read[struct {
		From      *string `json:"from"`
		Before    *string `json:"before"`
		OlderThan *int    `json:"older_than_days"`
		Within    *int    `json:"within_days"`
		Never     *bool   `json:"never"`
	}](p, written, at)
	if p.fault != nil {
		return nil
	}
	t := Time{
		Of: name, From: p.bound(said.From, at.AppendToken("from")), Before: p.bound(said.Before, at.AppendToken("before")),
		OlderThan: p.days(said.OlderThan, at.AppendToken("older_than_days")), Within: p.days(said.Within, at.AppendToken("within_days")),
	}
	bounded := t.From != nil || t.Before != nil || t.OlderThan > 0 || t.Within > 0
	switch {
	case said.Never != nil:
		if t.Never = *said.Never; !t.Never || bounded || name == Created {
			p.refuse(ErrValue, at)
		}
	case !bounded, t.From != nil && t.Within > 0, t.Before != nil && t.OlderThan > 0:
		p.refuse(ErrValue, at)
	case t.From != nil && t.Before != nil && t.From.Date == t.Before.Date && t.Before.At.Before(t.From.At),
		t.OlderThan > 0 && t.Within > 0 && t.Within < t.OlderThan:
		p.refuse(ErrTime, at)
	}
	return t
}

func (p *parser) days(n *int, at jsontext.Pointer) int {
	if n == nil {
		return 0
	}
	if *n < 1 || *n > MaxDays {
		p.refuse(ErrValue, at)
	}
	return *n
}

func (p *parser) bound(written *string, at jsontext.Pointer) *Bound {
	if written == nil {
		return nil
	}
	bound := &Bound{}
	var err error
	if bound.At, err = time.Parse(time.RFC3339Nano, *written); err != nil {
		bound.Date = true
		bound.At, err = time.Parse(time.DateOnly, *written)
	}
	if err != nil || bound.At.Year() < 1 {
		p.refuse(ErrTime, at)
	}
	return bound
}
