package eventstore

import (
	"bytes"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"tagtrail/domain/event"
)

// readMetadata reads the opened metadata of an event of ours.
//
// Every event has the same few members in the same order, and reading them by
// reflection costs more than the event itself: what is spelt just as Encode
// spells it is read by hand, anything else by the JSON package. Both answer the
// same, which a fuzz test keeps true.
func readMetadata(raw []byte) (event.Metadata, error) {
	if metadata, ok := spelt(raw); ok {
		return metadata, nil
	}
	var metadata event.Metadata
	err := json.Unmarshal(raw, &metadata)
	return metadata, err
}

// organizationOf answers whose the event is from metadata that may hold sealed values.
func organizationOf(metadata []byte) (uuid.UUID, error) {
	s := speller{rest: metadata}
	s.literal(`{"v":`)
	s.number()
	s.literal(`,"organization":`)
	if id := s.uuid(); !s.failed {
		return id, nil
	}
	var named struct {
		Organization uuid.UUID `json:"organization"`
	}
	err := json.Unmarshal(metadata, &named)
	return named.Organization, err
}

func spelt(raw []byte) (event.Metadata, bool) {
	var m event.Metadata
	s := speller{rest: raw}
	s.literal(`{"v":`)
	m.Version = int(s.number())
	s.literal(`,"organization":`)
	m.Organization = s.uuid()
	s.literal(`,"actor":{"kind":`)
	m.Actor.Kind = s.text()
	s.literal(`,"id":`)
	m.Actor.ID = s.text()
	s.literal(`},"source":`)
	m.Source = event.Source(s.text())
	s.literal(`,"occurred_at":`)
	m.OccurredAt = s.instant()
	if s.optional(`,"command_id":`) {
		m.CommandID = s.uuid()
	}
	if s.optional(`,"request_hmac":`) {
		m.RequestHMAC = s.text()
	}
	if s.optional(`,"$correlationId":`) {
		m.CorrelationID = s.text()
	}
	if s.optional(`,"$causationId":`) {
		m.CausationID = s.text()
	}
	if s.optional(`,"operation_id":`) {
		m.OperationID = s.uuid()
	}
	if s.optional(`,"catalog_revision":`) {
		revision := event.Revision(s.number())
		m.CatalogRevision = &revision
	}
	if s.optional(`,"rule_version":`) {
		m.RuleVersion = int(s.number())
	}
	s.literal(`}`)
	return m, !s.failed && len(s.rest) == 0
}

// spell writes metadata as spelt reads it, byte for byte what the JSON package writes; not where it holds a personal value,
// or what JSON spells otherwise than it is.
func spell(m event.Metadata) ([]byte, bool) {
	if !m.Reason.IsZero() || m.AI != nil || m.OccurredAt.Location() != time.UTC || m.OccurredAt.Year() < 0 || m.OccurredAt.Year() > 9999 {
		return nil, false
	}
	for _, text := range []string{m.Actor.Kind, m.Actor.ID, string(m.Source), m.RequestHMAC, m.CorrelationID, m.CausationID} {
		if !isPlain(text) {
			return nil, false
		}
	}
	raw := make([]byte, 0, 512)
	raw = strconv.AppendInt(append(raw, `{"v":`...), int64(m.Version), 10)
	raw = appendID(raw, `,"organization":`, m.Organization)
	raw = appendText(raw, `,"actor":{"kind":`, m.Actor.Kind)
	raw = appendText(raw, `,"id":`, m.Actor.ID)
	raw = appendText(raw, `},"source":`, string(m.Source))
	raw = append(m.OccurredAt.AppendFormat(append(raw, `,"occurred_at":"`...), time.RFC3339Nano), '"')
	if m.CommandID != uuid.Nil {
		raw = appendID(raw, `,"command_id":`, m.CommandID)
	}
	for _, text := range [...]struct{ name, value string }{
		{`,"request_hmac":`, m.RequestHMAC}, {`,"$correlationId":`, m.CorrelationID}, {`,"$causationId":`, m.CausationID},
	} {
		if text.value != "" {
			raw = appendText(raw, text.name, text.value)
		}
	}
	if m.OperationID != uuid.Nil {
		raw = appendID(raw, `,"operation_id":`, m.OperationID)
	}
	if m.CatalogRevision != nil {
		raw = strconv.AppendInt(append(raw, `,"catalog_revision":`...), int64(*m.CatalogRevision), 10)
	}
	if m.RuleVersion != 0 {
		raw = strconv.AppendInt(append(raw, `,"rule_version":`...), int64(m.RuleVersion), 10)
	}
	return append(raw, '}'), true
}

// isPlain says whether JSON spells a text as it is, between quotes.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func appendText(raw []byte, name, text string) []byte {
	return append(append(append(append(raw, name...), '"'), text...), '"')
}

func appendID(raw []byte, name string, id uuid.UUID) []byte {
	spelt, _ := id.MarshalText() // it cannot fail
	return append(append(append(append(raw, name...), '"'), spelt...), '"')
}

// speller reads JSON of one known spelling, and fails at the first byte that is another.
type speller struct {
	rest   []byte
	failed bool
}

func (s *speller) optional(literal string) bool {
	if s.failed || len(s.rest) < len(literal) || string(s.rest[:len(literal)]) != literal {
		return false
	}
	s.rest = s.rest[len(literal):]
	return true
}

func (s *speller) literal(literal string) {
	if !s.optional(literal) {
		s.failed = true
	}
}

// number reads a whole number of up to 18 digits without a sign.
func (s *speller) number() int64 {
	n := 0
	for n < len(s.rest) && s.rest[n] >= '0' && s.rest[n] <= '9' {
		n++
	}
	if s.failed || n == 0 || n > 18 || n > 1 && s.rest[0] == '0' {
		s.failed = true
		return 0
	}
	value, _ := strconv.ParseInt(string(s.rest[:n]), 10, 64)
	s.rest = s.rest[n:]
	return value
}

// quoted reads a string of printable ASCII without escapes.
func (s *speller) quoted() []byte {
	if s.failed || len(s.rest) < 2 || s.rest[0] != '"' {
		s.failed = true
		return nil
	}
	end := bytes.IndexByte(s.rest[1:], '"') + 1
	for _, c := range s.rest[1:max(end, 1)] {
		if c < 0x20 || c > 0x7e || c == '\\' {
			end = 0
		}
	}
	if end == 0 {
		s.failed = true
		return nil
	}
	value := s.rest[1:end]
	s.rest = s.rest[end+1:]
	return value
}

func (s *speller) text() string { return string(s.quoted()) }

func (s *speller) uuid() uuid.UUID {
	value := s.quoted()
	id, err := uuid.ParseBytes(value)
	s.failed = s.failed || err != nil || len(value) != 36
	return id
}

// instant reads a time in UTC. The time package also takes hours of one digit
// and commas for dots, which JSON's does not.
func (s *speller) instant() time.Time {
	value := s.quoted()
	if n := len(value); n < 20 || value[13] != ':' || value[16] != ':' || value[n-1] != 'Z' || n > 20 && value[19] != '.' {
		s.failed = true
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, string(value))
	s.failed = s.failed || err != nil
	return at
}
