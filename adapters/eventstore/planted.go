//go:build !planted_revision

package eventstore

// anyRevision is a fault that a build can be given, so that the harness that kills processes shows that it would find it.
const anyRevision = false
