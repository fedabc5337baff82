package eventstore

import (
	"context"
	"log/slog"
	"slices"

	"github.com/ThreeDotsLabs/watermill/message"

	"tagtrail/domain/event"
)

// DecodeSome answers those events of a message that are wanted, sealed as they are. The others are not decoded: nobody has
// to know what does not concern him.
func (c SealedCodec) DecodeSome(
	_ context.Context, msg *message.Message, wanted func(eventType string, at event.Position) bool,
) ([]event.Recorded[event.Event], error) {
	records, err := Records(msg)
	if err != nil {
		return nil, err
	}
	some := slices.DeleteFunc(records, func(r Record) bool { return !wanted(r.Type, event.Position(r.Position)) })
	return decodeEach(some, c.decodeOne)
}

// Reacting answers how reactions subscribe to the log: in batches, behind the position of the reaction's own checkpoint.
func Reacting(client *Client, most int, logger *slog.Logger) func(reaction string, from func(context.Context) (event.Position, error)) message.Subscriber {
	batches := Batches(client, most, logger)
	return func(reaction string, from func(context.Context) (event.Position, error)) message.Subscriber {
		return batches("reaction "+reaction, from)
	}
}
