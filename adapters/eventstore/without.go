package eventstore

import (
	"slices"
	"strconv"

	"github.com/ThreeDotsLabs/watermill/message"

	"tagtrail/domain/event"
)

// Without answers what leaves the events at some positions out of a batch. They are not decoded, so that one that nobody
// can decode can be left out; what stands for each is made of its place.
func Without(stands func(stream string, revision event.Revision, position event.Position) event.Recorded[event.Event]) func(*message.Message, []event.Position) (*message.Message, []event.Recorded[event.Event], error) {
	return func(msg *message.Message, at []event.Position) (*message.Message, []event.Recorded[event.Event], error) {
		records, err := Records(msg)
		if err != nil {
			return nil, nil, err
		}
		var left []event.Recorded[event.Event]
		var frame []byte
		for i := range records {
			r := &records[i]
			if slices.Contains(at, event.Position(r.Position)) {
				left = append(left, stands(r.Stream, event.Revision(r.Revision), event.Position(r.Position))) //nolint:gosec // far below the half of 64 bits
				continue
			}
			frame = appendRecord(frame, r)
		}
		rest := msg.Copy()
		rest.Payload = frame
		rest.Metadata[Count] = strconv.Itoa(len(records) - len(left))
		return rest, left, nil
	}
}
