package commands

import (
	"context"
	"fmt"
	"time"

	"tagtrail/domain/organization"
)

// Zone answers the time zone in which an organisation's days begin and end.
func (s *Service) Zone(ctx context.Context, org organization.ID) (*time.Location, error) {
	o, err := s.organization(ctx, org)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(o.Zone)
	if err != nil {
		return nil, fmt.Errorf("load the zone of %s: %w", org, err)
	}
	return zone, nil
}
