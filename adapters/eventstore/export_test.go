package eventstore

import (
	"context"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"tagtrail/domain/event"
)

// DecodeRecords lets tests decode records that no message brought.
func (c *Codec) DecodeRecords(ctx context.Context, records []Record) ([]event.Recorded[event.Event], error) {
	return c.decode(ctx, records)
}

// Stuck makes a call that does not look at its context, as the official
// client's do while it looks for a server, until release is closed.
func (c *Client) Stuck(ctx context.Context, release <-chan struct{}) error {
	_, err := call(ctx, c, func(context.Context, *esdb.Client) (struct{}, error) {
		<-release
		return struct{}{}, nil
	})
	return err
}

// Panicking makes a call that panics, as the official client does at an answer that it does not expect.
func (c *Client) Panicking(ctx context.Context) error {
	_, err := persist(ctx, c, func(context.Context, *esdb.Client) (struct{}, error) { panic("unreachable code") })
	return err
}

// MetadataByHand reads metadata without the JSON package, where it can.
func MetadataByHand(raw []byte) (event.Metadata, bool) { return spelt(raw) }
