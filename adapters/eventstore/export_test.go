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

// DecodeRecords lets tests decode records that no message brought.
func (c SealedCodec) DecodeRecords(records []Record) ([]event.Recorded[event.Event], error) {
	return decodeEach(records, c.decodeOne)
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

// Late makes a call that reaches the official client only when released, and counts when that has let go of it.
func (c *Client) Late(ctx context.Context, began func(), release <-chan struct{}, returned func()) error {
	_, err := call(ctx, c, func(_ context.Context, db *esdb.Client) (struct{}, error) {
		began()
		<-release
		defer returned()
		_, err := db.GetServerVersion()
		return struct{}{}, err
	})
	return err
}

// CloseUnderneath closes the official client that is in use, as it closes itself when it gives up looking for the server.
func (c *Client) CloseUnderneath() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.link.db.Close()
}

// MetadataByHand reads metadata without the JSON package, where it can.
func MetadataByHand(raw []byte) (event.Metadata, bool) { return spelt(raw) }

// MetadataSpelt writes metadata without the JSON package, where it can.
func MetadataSpelt(m event.Metadata) ([]byte, bool) { return spell(m) }
