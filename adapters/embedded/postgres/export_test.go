package postgres

import "context"

// ServersIn lists the processes that work on a cluster.
func ServersIn(data string) ([]int, error) { return serversIn(data) }

// NewestInstalled is the directory that is chosen on this machine for a new cluster.
func NewestInstalled(ctx context.Context) string { return NewestOf(ctx, places(ctx)...) }

// NewestOf is the directory that is chosen among several for a new cluster.
func NewestOf(ctx context.Context, dirs ...string) string {
	found := installed(ctx, dirs)
	if len(found) == 0 {
		return ""
	}
	return found[0].dir
}
