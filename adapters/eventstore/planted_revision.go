//go:build planted_revision

package eventstore

// anyRevision appends whatever the stream's revision is: two decisions that do not know of each other both stand.
const anyRevision = true
