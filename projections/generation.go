package projections

import "tagtrail/domain/event"

// Generation is one copy of a group's tables, and one projector's right to move it on.
type Generation struct {
	Group    Group
	Schema   string
	Epoch    int64          // drawn when the right was taken; who holds an older one commits nothing any more
	Position event.Position // of the checkpoint, when the right was taken
}
