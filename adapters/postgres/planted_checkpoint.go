//go:build planted_checkpoint

package postgres

// checkpointApart commits the checkpoint before its rows: whoever dies between the two loses the rows.
const checkpointApart = true
