package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/readmodels"
)

func auditCommand() *cobra.Command {
	c := &cobra.Command{Use: "audit", Short: "what was recorded, and how tags and lead statuses came to be", RunE: needsSubcommand}
	c.AddCommand(auditHistoryCommand(), auditEventsCommand())
	return c
}

// atOnce is how many items are read at a time.
const atOnce = 200

var errNoContact = fault.New(fault.NotFound, "contact.unknown", "there is no such contact in the organisation")

func auditHistoryCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "history",
		Short: "every tag that a contact ever carried, or every lead status that it had, the oldest first",
		Example: `  tagtrail audit history --organization ID --contact ID
  tagtrail audit history --organization ID --contact ID --of lead-status --csv`,
		Args: noArguments,
	}
	org := organizationFlag(c)
	contact := idFlag(c, "contact", "id of the contact (required)")
	of := c.Flags().String("of", "tags", "tags or lead-status")
	begin := listingFlags(c)
	_ = c.MarkFlagRequired("contact")
	c.RunE = func(c *cobra.Command, _ []string) error {
		show := map[string]func(context.Context, *app.Audit, uuid.UUID, uuid.UUID, func(...string) (*listing, error)) error{
			"tags": printTagHistory, "lead-status": printLeadStatuses,
		}[*of]
		if show == nil {
			return usage(fmt.Errorf("--of is tags or lead-status, and not %q", *of))
		}
		who, err := contact()
		if err != nil {
			return err
		}
		return audit(c, org, func(a *app.Audit, org organization.ID) error {
			there, err := a.Events.Concerns(c.Context(), org.UUID, *who)
			if err != nil {
				return err
			}
			if !there {
				return errNoContact
			}
			return show(c.Context(), a, org.UUID, *who, begin)
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

// audit opens the tables of the audit for one organisation, and says when they are behind the log.
func audit(c *cobra.Command, org func() (organization.ID, error), f func(*app.Audit, organization.ID) error) error {
	id, err := org()
	if err != nil {
		return err
	}
	return administer(c, func(b *app.Backends) error {
		if _, err := b.Commands.Organization(c.Context(), id); err != nil {
			return err
		}
		a, err := b.Audit(c.Context())
		if err != nil {
			return err
		}
		if a.Position < a.Head {
			_, _ = fmt.Fprintf(c.ErrOrStderr(), "the tables show the log up to position %d of %d: tagtrail projections status says more\n", a.Position, a.Head)
		}
		return f(a, id)
	})
}

// deedRow is when, by whom and why something was done, as it is printed.
type deedRow struct {
	Position  int64     `json:"position"`
	At        time.Time `json:"at"`
	Source    string    `json:"source"`
	ActorKind string    `json:"actor_kind"`
	ActorID   string    `json:"actor_id"`
	ActorName string    `json:"actor_name"`
	Reason    string    `json:"reason"`
	Erased    bool      `json:"reason_erased"`
	AIModel   string    `json:"ai_model,omitempty"`
}

func deedOf(d readmodels.Deed) deedRow {
	row := deedRow{
		Position: d.Position, At: d.OccurredAt, Source: d.Source, ActorKind: d.Actor.Kind, ActorName: d.Actor.Name,
		Reason: d.Reason.Reveal(), Erased: d.Reason.IsErased(),
	}
	if d.Actor.ID != nil {
		row.ActorID = d.Actor.ID.String()
	}
	if d.AI != nil {
		row.AIModel = d.AI.Model
	}
	return row
}

// by says who it was, as people call them.
func (d deedRow) by() string {
	if d.ActorName == "" {
		return d.ActorKind
	}
	return d.ActorName + " (" + d.ActorKind + ")"
}

func (d deedRow) why() string { return said(personal.New(d.Reason), d.Erased) }

// said is a personal value as it is printed.
func said(text personal.Text, erased bool) string {
	if erased || text.IsErased() {
		return "(erased)"
	}
	return text.Reveal()
}

func instantCell(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func printTagHistory(ctx context.Context, a *app.Audit, org, contact uuid.UUID, begin func(...string) (*listing, error)) error {
	type edit struct {
		Change string `json:"change"`
		Before string `json:"before"`
		After  string `json:"after"`
		deedRow
	}
	type row struct {
		Assignment  string   `json:"assignment"`
		Tag         string   `json:"tag"`
		Name        string   `json:"name"`
		NameThen    string   `json:"name_then"`
		Value       string   `json:"value"`
		ValueErased bool     `json:"value_erased"`
		EndedReason string   `json:"ended_reason"`
		Begun       deedRow  `json:"begun"`
		Ended       *deedRow `json:"ended"`
		Edits       []edit   `json:"edits"`
	}
	l, err := begin("FROM", "TO", "TAG", "NAME THEN", "VALUE", "SOURCE", "BY", "REASON", "ENDED", "ENDED BY", "WHY ENDED", "EDITS OF THE TAG")
	if err != nil {
		return err
	}
	err = pages(func(after *readmodels.StayKey) ([]readmodels.TagStay, *readmodels.StayKey, error) {
		return a.TagHistory.Of(ctx, org, contact, nil, readmodels.OldestFirst, after, atOnce)
	}, func(s readmodels.TagStay) error {
		r := row{
			Assignment: s.Assignment.String(), Tag: s.Tag.ID.String(), Name: s.Tag.Name, NameThen: s.Tag.NameThen, Value: s.Value.Reveal(),
			ValueErased: s.Value.IsErased(), EndedReason: s.EndedReason, Begun: deedOf(s.Begun), Edits: []edit{},
		}
		to, endedBy, whyEnded := "", "", ""
		if s.Ended != nil {
			ended := deedOf(*s.Ended)
			r.Ended, to, endedBy, whyEnded = &ended, instantCell(ended.At), ended.by(), ended.why()
		}
		for _, e := range s.Edits {
			r.Edits = append(r.Edits, edit{e.Change, e.Before, e.After, deedOf(e.Edited)})
		}
		return l.add(r, instantCell(r.Begun.At), to, r.Name, r.NameThen, said(s.Value, false), r.Begun.Source, r.Begun.by(), r.Begun.why(),
			r.EndedReason, endedBy, whyEnded, strconv.Itoa(len(r.Edits)))
	})
	return errors.Join(err, l.end())
}

func printLeadStatuses(ctx context.Context, a *app.Audit, org, contact uuid.UUID, begin func(...string) (*listing, error)) error {
	type row struct {
		From    string     `json:"from"`
		To      string     `json:"to"`
		Kind    string     `json:"kind"`
		BeganAt time.Time  `json:"began_at"`
		EndedAt *time.Time `json:"ended_at"`
		deedRow
	}
	l, err := begin("BEGAN", "ENDED", "LASTED", "FROM", "TO", "KIND", "SOURCE", "BY", "REASON")
	if err != nil {
		return err
	}
	err = pages(func(after *int64) ([]readmodels.LeadStatusPeriod, *int64, error) {
		return a.LeadStatuses.Of(ctx, org, contact, readmodels.OldestFirst, after, atOnce)
	}, func(p readmodels.LeadStatusPeriod) error {
		r := row{p.From, p.Status, p.Move, p.Began(), p.Until, deedOf(p.Changed)}
		ended, lasted := "", ""
		if p.Until != nil {
			ended, lasted = instantCell(*p.Until), p.Until.Sub(p.Began()).Round(time.Millisecond).String()
		}
		return l.add(r, instantCell(r.BeganAt), ended, lasted, r.From, r.To, r.Kind, r.Source, r.by(), r.why())
	})
	return errors.Join(err, l.end())
}

// pages visits every item of a list, page by page.
func pages[T, K any](read func(after *K) ([]T, *K, error), visit func(T) error) error {
	for after := (*K)(nil); ; {
		items, next, err := read(after)
		if err != nil {
			return err
		}
		for _, item := range items {
			if err := visit(item); err != nil {
				return err
			}
		}
		if after = next; next == nil {
			return nil
		}
	}
}

// idFlag asks for an id; none is nil.
func idFlag(c *cobra.Command, name, help string) func() (*uuid.UUID, error) {
	value := c.Flags().String(name, "", help)
	return func() (*uuid.UUID, error) {
		if *value == "" && !c.Flags().Changed(name) {
			return nil, nil
		}
		id, err := uuid.Parse(*value)
		if err != nil {
			return nil, usage(fmt.Errorf("--%s: %q is no id", name, *value))
		}
		return &id, nil
	}
}

// instantFlag asks for an instant with its zone; none is nil.
func instantFlag(c *cobra.Command, name, help string) func() (*time.Time, error) {
	value := c.Flags().String(name, "", help)
	return func() (*time.Time, error) {
		if *value == "" && !c.Flags().Changed(name) {
			return nil, nil
		}
		at, err := time.Parse(time.RFC3339Nano, *value)
		if err != nil {
			return nil, usage(fmt.Errorf("--%s: %q is no instant with its zone, as in 2026-05-01T00:00:00Z", name, *value))
		}
		return &at, nil
	}
}
