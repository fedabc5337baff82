package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Messages answers: what was said between a contact and us, and how far did our messages get?
//
// Lists begin with the newest message.
type Messages struct{ DB DB }

// Message is one message, received or sent.
type Message struct {
	ID          uuid.UUID
	Direction   string // in, out
	Channel     uuid.UUID
	Kind        string // of an incoming message: text, image … as WhatsApp names it
	Text        string // of an incoming message
	At          time.Time
	Status      string // of an outgoing message: sent, delivered, read, played, failed
	SentAt      *time.Time
	DeliveredAt *time.Time
	ReadAt      *time.Time
	PlayedAt    *time.Time
	FailedAt    *time.Time
	FailureCode int32 // WhatsApp's own, 0 where it gave none
}

// MessageKey is a message's place in a list.
type MessageKey struct {
	At      time.Time
	Message uuid.UUID
}

// Of answers the messages of a contact and of those that it stands for, beginning behind a key, and where the next page begins; nil is the end.
func (r Messages) Of(ctx context.Context, org, contact uuid.UUID, after *MessageKey, limit int) ([]Message, *MessageKey, error) {
	where := &conditions{}
	where.and("m.org = %s", org)
	whose := wholePerson("$1", where.parameter(contact))
	if after != nil {
		where.and("(m.at, m.message) < (%s, %s)", after.At, after.Message)
	}
	const newest = ` order by m.at desc, m.message desc limit `
	most := where.parameter(limit + 1)
	// Each of the contacts has its messages in order, so that none is read but what a page may show.
	sql := `
		select m.message, m.direction, m.channel, m.kind, coalesce(m.text, ''), m.at, coalesce(s.status, ''),
			s.sent_at, s.delivered_at, s.read_at, s.played_at, s.failed_at, coalesce(s.failure_code, 0)
		from (
			select m.* from ` + whose + ` w cross join lateral (
				select * from messages m where m.contact = w.contact and ` + where.sql() + newest + most + `) m` + newest + most + `) m
		left join message_statuses s on s.org = m.org and s.message = m.message
		order by m.at desc, m.message desc`
	found, err := ask(ctx, r.DB, org, planReuse, scanMessage, sql, where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the messages of %s: %w", contact, err)
	}
	items, next := page(found, limit, func(m Message) MessageKey { return MessageKey{At: m.At, Message: m.ID} })
	return items, next, nil
}

// Count answers how many messages a contact has, counting no further than one above the bound.
func (r Messages) Count(ctx context.Context, org, contact uuid.UUID, bound int) (int, error) {
	where := &conditions{}
	where.and("m.org = %s", org)
	where.and("m.contact in (select w.contact from " + wholePerson("$1", where.parameter(contact)) + " w)")
	return count(ctx, r.DB, org, "messages m", where, bound)
}

func scanMessage(row pgx.CollectableRow) (m Message, err error) {
	err = row.Scan(&m.ID, &m.Direction, &m.Channel, &m.Kind, &m.Text, &m.At, &m.Status,
		&m.SentAt, &m.DeliveredAt, &m.ReadAt, &m.PlayedAt, &m.FailedAt, &m.FailureCode)
	return m, err
}
