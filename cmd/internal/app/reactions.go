package app

import (
	"context"
	"fmt"
	"time"

	"tagtrail/adapters/classifier"
	"tagtrail/adapters/eventstore"
	"tagtrail/adapters/postgres"
	"tagtrail/adapters/telemetry"
	"tagtrail/commands/reactions"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/projections/runner"
	"tagtrail/readmodels"
)

const (
	reactionBatch = 1_000 // events that a reaction is handed at once, at most
	textsMost     = 100   // messages of a conversation that a classifier is shown
)

// serveReactions gives the commands that follow from events, until ctx ends.
func serveReactions(ctx context.Context, env Env, b *Backends, positions *postgres.Positions, metrics *telemetry.Metrics) error {
	group := served()
	reads, err := postgres.OpenReader(ctx, b.postgresURL, postgres.ReadSchema(group))
	if err != nil {
		return err
	}
	defer reads.Close()
	tables := shownTables{of: groupPositions{positions, group.Name}}
	for _, outcome := range reactions.AllRuled() {
		metrics.ExpectRuled(string(outcome))
	}
	all := []reactions.Reaction{
		reactions.Segmentation{
			Commands: b.Commands, Members: members{tables, b.Commands, readmodels.SegmentMembers{DB: reads}}, Head: b.Store.Head, Logger: env.Log,
		}.Reaction(),
		reactions.Rulings{
			Commands: b.Commands, Rules: watchers{tables, readmodels.Rules{DB: reads}}, Logger: env.Log,
			Count: func(o reactions.Ruled) { metrics.Ruled(string(o)) },
		}.Reaction(),
	}
	if env.Config.ClassifierURL != "" {
		asked := classifier.New(classifier.Config{URL: env.Config.ClassifierURL, Model: env.Config.ClassifierModel, Key: env.Config.ClassifierKey})
		defer asked.Close()
		for _, outcome := range reactions.Outcomes() {
			metrics.ExpectPick(string(outcome))
		}
		all = append(all, reactions.Classification{
			Commands: b.Commands, Classifier: asked, Said: texts{tables, readmodels.Conversations{DB: reads}}.of,
			Count: func(o reactions.Outcome) { metrics.Pick(string(o)) }, Logger: env.Log,
		}.Reaction())
	}
	return reactions.Run(ctx, reactions.Config{
		Reactions: all, Checkpoints: postgres.NewReactions(b.Postgres), Decode: eventstore.SealedCodec{Codec: b.Codec}.DecodeSome,
		Subscribe: eventstore.Reacting(b.Log, reactionBatch, env.Log), Head: b.Store.Head, Metrics: metrics, Logger: env.Log,
	})
}

// shownTables wait until the tables that are read show a position.
type shownTables struct{ of groupPositions }

// tablesPatience is how long the tables may take: who waits tries again, and is seen to wait.
const tablesPatience = 30 * time.Second

func (t shownTables) await(ctx context.Context, at event.Position) error {
	ctx, cancel := context.WithTimeout(ctx, tablesPatience)
	defer cancel()
	if err := t.of.Wait(ctx, at); err != nil {
		return fmt.Errorf("the tables do not show %d yet: %w", at, err)
	}
	return nil
}

// texts are what contacts wrote.
type texts struct {
	tables        shownTables
	conversations readmodels.Conversations
}

func (t texts) of(ctx context.Context, org organization.ID, with contact.ID, number int, at event.Position) ([]reactions.Said, error) {
	if err := t.tables.await(ctx, at); err != nil {
		return nil, err
	}
	found, err := t.conversations.Texts(ctx, org.UUID, with.UUID, number, textsMost)
	if err != nil {
		return nil, postgres.Explain(err, "read what was said")
	}
	said := make([]reactions.Said, len(found))
	for i, each := range found {
		said[i] = reactions.Said(each)
	}
	return said, nil
}

// ReactionStatus says how a reaction is.
type ReactionStatus struct {
	Reaction   string         `json:"reaction"`
	Position   event.Position `json:"position"` // of the last event that it is done with
	Head       event.Position `json:"head"`     // of the log
	State      string         `json:"state"`
	Reason     string         `json:"reason"`
	ReportedAt time.Time      `json:"reported_at"`
	Skipped    []int64        `json:"skipped"` // the positions that it passes by because an operator said so
}

// Reactions answers how every reaction is that ever ran, by what its leader last reported.
func (b *Backends) Reactions(ctx context.Context) ([]ReactionStatus, error) {
	reports, err := postgres.NewReactions(b.Postgres).Reports(ctx)
	if err != nil {
		return nil, err
	}
	head, err := b.Store.Head(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]ReactionStatus, len(reports))
	for i, r := range reports {
		if time.Since(r.ReportedAt) > reportOld && r.State != string(reactions.Stopped) {
			r.State, r.Reason = "unattended", "no worker has reported for a while"
		}
		all[i] = ReactionStatus{
			Reaction: r.Reaction, Position: r.Position, Head: head, State: r.State, Reason: r.Reason, ReportedAt: r.ReportedAt, Skipped: r.Skipped,
		}
	}
	return all, nil
}

// SkipReaction has a reaction that stopped at an event pass it by.
func (b *Backends) SkipReaction(ctx context.Context, reaction string, at event.Position, reason string) error {
	head, err := b.Store.Head(ctx)
	if err != nil {
		return err
	}
	if at > head {
		return fmt.Errorf("the log ends at %d: %w", head, runner.ErrFuture)
	}
	return postgres.NewReactions(b.Postgres).Skip(ctx, reaction, at, reason)
}
