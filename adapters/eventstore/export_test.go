package eventstore

import (
	"context"

	"tagtrail/domain/event"
)

// DecodeRecords lets tests decode records that no message brought.
func (c *Codec) DecodeRecords(ctx context.Context, records []Record) ([]event.Recorded[event.Event], error) {
	return c.decode(ctx, records)
}
