package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Channels answers: by which WhatsApp numbers do people reach the organisation?
type Channels struct{ DB DB }

// Channel is one WhatsApp number of the organisation, without its secrets.
type Channel struct {
	ID            uuid.UUID
	Name          string
	Phone         string // E.164
	PhoneNumberID string // WhatsApp's own id of the number
	CreatedAt     time.Time
	Revision      int64 // of the channel's own last event
}

// ChannelKey is a channel's place in a list.
type ChannelKey struct {
	CreatedAt time.Time
	Channel   uuid.UUID
}

// List answers the channels in the order of their creation, beginning behind a key, and where the next page begins;
// nil is the end.
func (r Channels) List(ctx context.Context, org uuid.UUID, after *ChannelKey, limit int) ([]Channel, *ChannelKey, error) {
	where := &conditions{}
	where.and("h.org = %s", org)
	if after != nil {
		where.and("(h.created_at, h.channel) > (%s, %s)", after.CreatedAt, after.Channel)
	}
	sql := selectChannels + ` where ` + where.sql() + ` order by h.created_at, h.channel limit ` + where.parameter(limit+1)
	found, err := ask(ctx, r.DB, org, planReuse, scanChannel, sql, where.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the channels of %s: %w", org, err)
	}
	items, next := page(found, limit, func(h Channel) ChannelKey { return ChannelKey{CreatedAt: h.CreatedAt, Channel: h.ID} })
	return items, next, nil
}

// Count answers how many channels there are, counting no further than one above the bound.
func (r Channels) Count(ctx context.Context, org uuid.UUID, bound int) (int, error) {
	where := &conditions{}
	where.and("h.org = %s", org)
	return count(ctx, r.DB, org, "channels h", where, bound)
}

// Get answers one channel.
func (r Channels) Get(ctx context.Context, org, channel uuid.UUID) (Channel, error) {
	found, err := one(ask(ctx, r.DB, org, planReuse, scanChannel, selectChannels+` where h.org = $1 and h.channel = $2`, org, channel))
	if err != nil {
		return Channel{}, fmt.Errorf("get channel %s: %w", channel, err)
	}
	return found, nil
}

const selectChannels = `
	select h.channel, coalesce(h.name, ''), coalesce(h.phone, ''), h.phone_number_id, h.created_at, h.revision
	from channels h`

func scanChannel(row pgx.CollectableRow) (h Channel, err error) {
	err = row.Scan(&h.ID, &h.Name, &h.Phone, &h.PhoneNumberID, &h.CreatedAt, &h.Revision)
	return h, err
}
