package delivery

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// MaxPart bounds one event's part of a body, in bytes. A longer body is kept in
// several events, whose bodies in order are the body as it came.
const MaxPart = 256 << 10

// Delivery is the state of one kept body.
type Delivery struct{ parts int }

// New answers a delivery before its first event.
func New() *Delivery { return &Delivery{} }

// Apply takes over what happened.
func (d *Delivery) Apply(r event.Recorded[Event]) {
	switch r.Data.(type) {
	case Kept:
		d.parts++
	}
}

// Keep decides on the next part of a body; none is left when the whole body is kept.
func (d *Delivery) Keep(channel uuid.UUID, why, field string, body []byte) []Event {
	parts := Parts(body)
	if d.parts >= len(parts) {
		return nil
	}
	return []Event{Kept{Channel: channel, Why: why, Field: cleanField(field), Body: personal.New(parts[d.parts])}}
}

// inBase64 marks a body that is not text.
const inBase64 = "base64:"

// Write answers a body as text, which is all that an event can hold.
func Write(body []byte) string {
	if utf8.Valid(body) && !strings.HasPrefix(string(body), inBase64) {
		return string(body)
	}
	return inBase64 + base64.StdEncoding.EncodeToString(body)
}

// Read answers the body that was written as text. Nothing replays deliveries yet; whoever does begins with this, and that
// what is kept can be read back is a promise from the first delivery on.
func Read(written string) ([]byte, error) {
	if encoded, ok := strings.CutPrefix(written, inBase64); ok {
		return base64.StdEncoding.DecodeString(encoded)
	}
	return []byte(written), nil
}

// Parts cuts a body, written as text, between characters into parts that fit an event each; even an empty body has one.
func Parts(body []byte) []string {
	var parts []string
	left := Write(body)
	for len(left) > MaxPart {
		end := MaxPart
		for !utf8.RuneStart(left[end]) {
			end--
		}
		parts, left = append(parts, left[:end]), left[end:]
	}
	return append(parts, left)
}

// cleanField answers the name of a webhook field; it is a clear field, so only what looks like one of WhatsApp's words gets in.
func cleanField(field string) string {
	if len(field) > 64 || strings.Trim(field, "abcdefghijklmnopqrstuvwxyz_./") != "" {
		return "other"
	}
	return field
}
