package httpapi

import (
	"context"
	"net/http"
	"time"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/readmodels"
)

// Statistics are the numbers of what was said with a contact, and with those that were merged into it.
type Statistics struct {
	MessagesIn    int64      `json:"messages_in"`
	MessagesOut   int64      `json:"messages_out" doc:"That WhatsApp reported on."`
	FirstInAt     *time.Time `json:"first_in_at"`
	LastInAt      *time.Time `json:"last_in_at"`
	FirstOutAt    *time.Time `json:"first_out_at"`
	LastOutAt     *time.Time `json:"last_out_at"`
	Conversations int64      `json:"conversations" doc:"That the inbox reported."`
	Questions     int64      `json:"questions" doc:"How often the contact wrote first, or after the team did."`
	Answered      int64      `json:"answered" doc:"How many of these the team wrote after."`
	AnswerSeconds *float64   `json:"median_answer_seconds" doc:"The median of how long that took; null where nothing was answered."`
}

func (a *api) registerContactStatistics() {
	register(a, operation{
		id: "get-contact-statistics", method: http.MethodGet, path: "/v1/contacts/{id}/statistics", group: "Conversations", permission: commands.MayRead,
		summary: "Count what was said with a contact", faults: []*fault.Fault{commands.ErrNotFound},
	}, a.getContactStatistics)
}

type foundStatistics struct{ Body Statistics }

func (a *api) getContactStatistics(ctx context.Context, in *ByContact) (*foundStatistics, error) {
	org, id := orgOf(ctx), parsed(in.ID)
	if _, err := a.contacts.Get(ctx, org, id); err != nil {
		return nil, err
	}
	s, err := a.statistics.Of(ctx, org, id)
	if err != nil {
		return nil, err
	}
	return &foundStatistics{Body: statisticsOf(s)}, nil
}

func statisticsOf(s readmodels.Statistics) Statistics {
	return Statistics{
		MessagesIn: s.MessagesIn, MessagesOut: s.MessagesOut, FirstInAt: utc(s.FirstIn), LastInAt: utc(s.LastIn),
		FirstOutAt: utc(s.FirstOut), LastOutAt: utc(s.LastOut), Conversations: s.Conversations,
		Questions: s.Questions, Answered: s.Answered, AnswerSeconds: s.AnswerSeconds,
	}
}
