package eventstore

import (
	"context"
	"log/slog"

	"github.com/ThreeDotsLabs/watermill/message"

	"tagtrail/domain/event"
)

// Batches answers how projection groups subscribe to the log: in batches of all
// events that have come, behind the position of the group's own checkpoint.
func Batches(client *Client, most int, logger *slog.Logger) func(group string, from func(context.Context) (event.Position, error)) message.Subscriber {
	return func(group string, from func(context.Context) (event.Position, error)) message.Subscriber {
		return NewSubscriber(client, SubscriberConfig{
			BatchMax: most,
			Logger:   logger.With("group", group),
			From: func(ctx context.Context, _ string) (uint64, error) {
				position, err := from(ctx)
				return uint64(position), err
			},
		})
	}
}
