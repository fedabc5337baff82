package app

import (
	"context"
	"fmt"

	"tagtrail/adapters/postgres"
	"tagtrail/domain"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/projections"
	"tagtrail/readmodels"
)

var errNoAudit = fault.New(fault.Unavailable, "projections.not-there", "the tables of the audit are not there yet: tagtrail serve makes them")

// Audit is what auditors ask, and how far the tables are that answer.
type Audit struct {
	Events       readmodels.Events
	TagHistory   readmodels.TagHistory
	LeadStatuses readmodels.LeadStatusHistory
	Position     event.Position // up to which everything is shown
	Head         event.Position // of the log
}

// Audit opens what auditors ask, for as long as the backends are open.
func (b *Backends) Audit(ctx context.Context) (*Audit, error) {
	group, err := groupNamed(projections.Audit)
	if err != nil {
		return nil, err
	}
	at, err := postgres.NewSink(b.Postgres).Position(ctx, group)
	if err != nil {
		return nil, err
	}
	head, err := b.Store.Head(ctx)
	if err != nil {
		return nil, err
	}
	if at == 0 && head > 0 {
		return nil, errNoAudit
	}
	reads, err := postgres.OpenReader(ctx, b.postgresURL, postgres.ReadSchema(group))
	if err != nil {
		return nil, fmt.Errorf("open the tables of the audit: %w", err)
	}
	b.closeLater(func() error { reads.Close(); return nil })
	return &Audit{
		Events:       readmodels.Events{DB: reads, Opener: b.Codec, Known: readmodels.NewVocabulary(domain.Withheld())},
		TagHistory:   readmodels.TagHistory{DB: reads, Opener: b.Codec},
		LeadStatuses: readmodels.LeadStatusHistory{DB: reads, Opener: b.Codec},
		Position:     at, Head: head,
	}, nil
}
