package main

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
	"tagtrail/domain/organization"
	"tagtrail/readmodels"
)

func auditEventsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "events",
		Short: "what was recorded in an organisation, in the order of the log",
		Example: `  tagtrail audit events --organization ID --type contact.tag-assigned --from 2026-05-01T00:00:00Z
  tagtrail audit events --organization ID --contact ID --json
  tagtrail audit events --organization ID --type tag. --csv`,
		Args: noArguments,
	}
	org := organizationFlag(c)
	types := c.Flags().StringArray("type", nil, "of this type; one that ends with a dot means all that begin so; may be given again")
	actor := idFlag(c, "actor", "by this key or channel")
	contact := idFlag(c, "contact", "naming this contact")
	tag := idFlag(c, "tag", "about this tag")
	operation := idFlag(c, "operation", "part of this operation")
	from := instantFlag(c, "from", "recorded at this instant or later, as in 2026-05-01T00:00:00Z")
	to := instantFlag(c, "to", "recorded before this instant")
	after := c.Flags().Int64("after", 0, "behind this position")
	limit := c.Flags().Int("limit", 0, "at most so many; 0 for all")
	begin := listingFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		filter := readmodels.EventFilter{Types: *types, Behind: *after}
		var err [6]error
		filter.Actor, err[0] = actor()
		filter.Contact, err[1] = contact()
		filter.Tag, err[2] = tag()
		filter.Operation, err[3] = operation()
		filter.From, err[4] = from()
		filter.To, err[5] = to()
		if *limit < 0 || *after < 0 {
			err[5] = errors.Join(err[5], usage(errors.New("--limit and --after are not below 0")))
		}
		if wrong := errors.Join(err[:]...); wrong != nil {
			return usage(wrong)
		}
		return audit(c, org, func(a *app.Audit, org organization.ID) error {
			return printEvents(c.Context(), a, org.UUID, filter, *limit, begin)
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

func printEvents(ctx context.Context, a *app.Audit, org uuid.UUID, filter readmodels.EventFilter, limit int, begin func(...string) (*listing, error)) error {
	type row struct {
		ID         string          `json:"id"`
		Type       string          `json:"type"`
		Version    int32           `json:"version"`
		Stream     string          `json:"stream"`
		Revision   int64           `json:"revision"`
		RecordedAt time.Time       `json:"recorded_at"`
		Data       json.RawMessage `json:"data"`
		deedRow
	}
	l, err := begin("POSITION", "RECORDED", "TYPE", "STREAM", "REVISION", "SOURCE", "BY", "REASON", "DATA")
	if err != nil {
		return err
	}
	err = pages(func(after *int64) ([]readmodels.Event, *int64, error) {
		return a.Events.List(ctx, org, filter, readmodels.Opened, readmodels.OldestFirst, after, atOnce)
	}, func(e readmodels.Event) error {
		if limit > 0 && l.count == limit {
			return errEnough
		}
		r := row{e.ID.String(), e.Type, e.Version, e.Stream, e.Revision, e.RecordedAt, json.RawMessage(e.Data), deedOf(e.Deed)}
		return l.add(r, strconv.FormatInt(e.Position, 10), instantCell(e.RecordedAt), e.Type, e.Stream, strconv.FormatInt(e.Revision, 10),
			e.Source, r.by(), r.why(), string(e.Data))
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return errors.Join(err, l.end())
}

// errEnough ends a list before its end.
var errEnough = errors.New("enough is listed")
