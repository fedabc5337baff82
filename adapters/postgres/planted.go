//go:build !planted_checkpoint

package postgres

// checkpointApart is a fault that a build can be given, so that the harness that kills processes shows that it would find it.
const checkpointApart = false
