package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Conversations answers: which conversations were there with a contact, and with those that were merged into it?
//
// Lists begin with the one that was opened last.
type Conversations struct{ DB DB }

// ConversationKey is a conversation's place in a list.
type ConversationKey struct {
	OpenedAt time.Time
	With     uuid.UUID
	Number   int32
}

// Of answers the conversations with a contact, beginning behind a key, and where the next page begins; nil is the end.
func (r Conversations) Of(
	ctx context.Context, org, contact uuid.UUID, after *ConversationKey, limit int,
) ([]Conversation, *ConversationKey, error) {
	where := conversationsWith(org, contact)
	if after != nil {
		where.and("(c.opened_at, c.held_with, c.number) < (%s, %s, %s)", after.OpenedAt, after.With, after.Number)
	}
	sql := `
		select c.held_with, c.number, c.channel, coalesce(c.reference, ''), c.member, coalesce(c.assignee_name, ''),
			c.opened_at, c.assigned_at, c.closed_at
		from shown_conversations c
		where ` + where.sql() + `
		order by c.opened_at desc, c.held_with desc, c.number desc
		limit ` + where.parameter(limit+1)
	found, err := ask(ctx, r.DB, org, planReuse, pgx.RowToStructByPos[Conversation], sql, where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the conversations with %s: %w", contact, err)
	}
	items, next := page(found, limit, func(c Conversation) ConversationKey {
		return ConversationKey{OpenedAt: c.OpenedAt, With: c.With, Number: c.Number}
	})
	return items, next, nil
}

// Count answers how many conversations there were with a contact, counting no further than one above the bound.
func (r Conversations) Count(ctx context.Context, org, contact uuid.UUID, bound int) (int, error) {
	return count(ctx, r.DB, org, "shown_conversations c", conversationsWith(org, contact), bound)
}

func conversationsWith(org, contact uuid.UUID) *conditions {
	where := &conditions{}
	where.and("c.org = %s", org)
	where.and("c.contact = %s", contact)
	return where
}
