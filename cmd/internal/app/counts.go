package app

import (
	"context"
	"math"
	"sync"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/organization"
	"tagtrail/readmodels"
)

// counts counts contacts in the tables that are read, through a reader of its own that is opened at the first question:
// most organisations have no limit.
type counts struct {
	url string

	mu      sync.Mutex
	readers *postgres.Pool
}

// Contacts answers how many contacts the organisation has.
func (c *counts) Contacts(ctx context.Context, org organization.ID) (int, error) {
	readers, err := c.open(ctx)
	if err != nil {
		return 0, err
	}
	return readmodels.Contacts{DB: readers}.Count(ctx, org.UUID, readmodels.ContactFilter{}, math.MaxInt32)
}

func (c *counts) open(ctx context.Context) (*postgres.Pool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.readers != nil {
		return c.readers, nil
	}
	readers, err := postgres.OpenReader(ctx, c.url, postgres.ReadSchema(served()))
	if err == nil {
		c.readers = readers
	}
	return readers, err
}

// Close ends the reader.
func (c *counts) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.readers != nil {
		c.readers.Close()
	}
	return nil
}
