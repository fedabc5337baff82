package commands

import (
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
)

// asSeen decides on the first of the revisions that is not stale, all on one state of the stream. Where the caller names
// none, any revision will do.
func asSeen[E event.Event](revisions []event.Revision, decision func(ifMatch *event.Revision) ([]E, error)) (events []E, err error) {
	if len(revisions) == 0 {
		return decision(nil)
	}
	for _, revision := range revisions {
		events, err = decision(&revision)
		if refused := fault.Of(err); refused == nil || refused.Kind != fault.Stale {
			break
		}
	}
	return events, err
}
