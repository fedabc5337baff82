package organization

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
	"tagtrail/domain/text"
)

// Channel is a WhatsApp number of an organisation, with what proves that a delivery is WhatsApp's.
type Channel struct {
	ID            uuid.UUID
	Organization  ID
	Name          personal.Text
	PhoneNumberID string        // WhatsApp's own id of the number
	Phone         personal.Text // E.164, or nothing
	AppSecret     personal.Text
	VerifyToken   personal.Text
}

// Channel answers a channel of the organisation.
func (o *Organization) Channel(id uuid.UUID) (Channel, error) {
	channel, ok := o.channels[id]
	if !ok {
		return Channel{}, ErrUnknownChannel
	}
	return channel, nil
}

// ChannelIDs answers the channels of the organisation, in the order of their ids.
func (o *Organization) ChannelIDs() []uuid.UUID {
	return slices.SortedFunc(maps.Keys(o.channels), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
}

// AddChannel decides that a WhatsApp number delivers to us.
func (o *Organization) AddChannel(c Channel) ([]Event, error) {
	if !o.Exists() {
		return nil, ErrUnknown
	}
	name, err := c.clean()
	if err != nil {
		return nil, err
	}
	for _, other := range o.channels {
		if other.PhoneNumberID == c.PhoneNumberID {
			return nil, ErrChannelExists.At("/phone_number_id").With("channel", other.ID.String())
		}
	}
	if len(o.channels) >= MaxChannels {
		return nil, ErrTooManyChannels
	}
	return []Event{ChannelAdded{
		Channel: c.ID, Name: personal.New(name), PhoneNumberID: c.PhoneNumberID,
		Phone: c.Phone, AppSecret: c.AppSecret, VerifyToken: c.VerifyToken,
	}}, nil
}

// clean answers the channel's name as it is kept, or what is wrong with the channel.
func (c Channel) clean() (string, error) {
	name, err := text.Line(c.Name.Reveal(), MaxNameLength)
	phone := c.Phone.Reveal()
	switch {
	case err != nil:
		return "", ErrName.At("/name")
	case !digits(c.PhoneNumberID, 1, 32):
		return "", ErrPhoneNumberID.At("/phone_number_id")
	case phone != "" && (phone[0] != '+' || !digits(phone[1:], 7, 15)):
		return "", ErrChannelPhone.At("/phone")
	}
	if err := secret(c.AppSecret, ErrChannelSecret.At("/app_secret")); err != nil {
		return "", err
	}
	return name, secret(c.VerifyToken, ErrChannelVerifyToken.At("/verify_token"))
}

func digits(s string, shortest, longest int) bool {
	return len(s) >= shortest && len(s) <= longest && strings.Trim(s, "0123456789") == ""
}

func secret(t personal.Text, refusal *fault.Fault) error {
	s := t.Reveal()
	if len(s) < 8 || len(s) > 256 {
		return refusal
	}
	for _, b := range []byte(s) {
		if b <= ' ' || b > '~' {
			return refusal
		}
	}
	return nil
}
