package httpapi

import (
	"context"
	"net/http"
	"time"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/readmodels"
)

// Message is a message between a contact and the team.
type Message struct {
	ID          string     `json:"id" format:"uuid"`
	Direction   string     `json:"direction" enum:"in,out"`
	Channel     string     `json:"channel" format:"uuid"`
	Kind        string     `json:"kind" doc:"Of an incoming message, as WhatsApp names it; empty of an outgoing one." example:"text"`
	Text        string     `json:"text" doc:"Of an incoming message." example:"Do you deliver on Saturdays?"`
	At          time.Time  `json:"at" doc:"When it was sent."`
	Status      *string    `json:"status" enum:"sent,delivered,read,played,failed" doc:"Of an outgoing message: how far it got."`
	SentAt      *time.Time `json:"sent_at"`
	DeliveredAt *time.Time `json:"delivered_at"`
	ReadAt      *time.Time `json:"read_at"`
	PlayedAt    *time.Time `json:"played_at"`
	FailedAt    *time.Time `json:"failed_at"`
	FailureCode *int32     `json:"failure_code" doc:"WhatsApp's own." example:"131026"`
}

func messageOf(m readmodels.Message) Message {
	shown := Message{
		ID: m.ID.String(), Direction: m.Direction, Channel: m.Channel.String(), Kind: m.Kind, Text: m.Text, At: m.At,
		Status: textOrNull(m.Status), SentAt: utc(m.SentAt), DeliveredAt: utc(m.DeliveredAt), ReadAt: utc(m.ReadAt),
		PlayedAt: utc(m.PlayedAt), FailedAt: utc(m.FailedAt),
	}
	if m.FailureCode != 0 {
		shown.FailureCode = &m.FailureCode
	}
	return shown
}

type listMessages struct {
	ByContact
	PerPage
}

func (a *api) registerMessages() {
	register(a, operation{
		id: "list-messages", method: http.MethodGet, path: "/v1/contacts/{id}/messages", group: "Contacts", permission: commands.MayRead,
		summary: "List the messages of a contact, the newest first", lists: true, faults: []*fault.Fault{commands.ErrNotFound},
	}, a.listMessages)
}

func (a *api) listMessages(ctx context.Context, in *listMessages) (*listed[Message], error) {
	org := orgOf(ctx)
	of := place{org: org, list: "messages", filters: []string{in.ID}}
	after, err := open[readmodels.MessageKey](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	messages, next, err := a.messages.Of(ctx, org, parsed(in.ID), after, in.Limit)
	if err != nil {
		return nil, err
	}
	if len(messages) == 0 {
		if _, err := a.contacts.Get(ctx, org, parsed(in.ID)); err != nil {
			return nil, err
		}
	}
	return pageOf(ctx, a, of, messages, next, messageOf, func(bound int) (int, error) {
		return a.messages.Count(ctx, org, parsed(in.ID), bound)
	})
}
