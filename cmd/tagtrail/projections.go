package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
)

func projectionsCommand() *cobra.Command {
	c := &cobra.Command{Use: "projections", Short: "the tables that lists are served from", RunE: needsSubcommand}
	c.AddCommand(projectionsStatusCommand(), rebuildCommand(), verifyCommand(), rollbackCommand(), cancelCommand(), pruneCommand(), skipCommand())
	return c
}

// watchEvery is the pause between two looks of a status that is watched.
const watchEvery = time.Second

func projectionsStatusCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "status",
		Short: "how far each group is, and what its projector does",
		Example: `  tagtrail projections status --json
  tagtrail projections status --watch`,
		Args: noArguments,
	}
	asJSON := c.Flags().Bool("json", false, "print JSON")
	watch := c.Flags().Bool("watch", false, "look again each second, until interrupted")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return administer(c, func(b *app.Backends) error {
			if !*watch {
				return printStatus(c, b, *asJSON)
			}
			tick := time.NewTicker(watchEvery)
			defer tick.Stop()
			for {
				if err := watchStatus(c, b, *asJSON); err != nil && c.Context().Err() == nil {
					return err
				}
				select {
				case <-tick.C:
				case <-c.Context().Done():
					return nil
				}
			}
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

func printStatus(c *cobra.Command, b *app.Backends, asJSON bool) error {
	found, err := b.Projections(c.Context())
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(c, found)
	}
	var rows [][]string
	for _, g := range found {
		rows = append(rows, []string{
			g.Group, g.Generation, strconv.FormatUint(uint64(g.Position), 10), strconv.FormatUint(uint64(g.Head), 10), g.State, g.Reason,
		})
	}
	if err := printTable(c, []string{"GROUP", "GENERATION", "POSITION", "HEAD", "STATE", "REASON"}, rows); err != nil {
		return err
	}
	if err := printUnfinished(c, b); err != nil {
		return err
	}
	return printSkipped(c, b)
}

// printUnfinished shows the rebuilds that are on their way, where there are any.
func printUnfinished(c *cobra.Command, b *app.Backends) error {
	unfinished, err := b.Unfinished(c.Context())
	if err != nil || len(unfinished) == 0 {
		return err
	}
	var rows [][]string
	for _, r := range unfinished {
		rows = append(rows, []string{
			r.Group, string(r.Kind), r.Phase, strconv.FormatUint(uint64(r.Position), 10), strconv.FormatUint(uint64(r.Target), 10),
			r.NotedAt.Format(time.RFC3339),
		})
	}
	if _, err := fmt.Fprintln(c.OutOrStdout()); err != nil {
		return err
	}
	return printTable(c, []string{"GROUP", "REBUILD", "PHASE", "POSITION", "TARGET", "NOTED"}, rows)
}

// watchStatus shows the status once more: in place of the one before at a terminal, on a line of its own as JSON.
func watchStatus(c *cobra.Command, b *app.Backends, asJSON bool) error {
	if !asJSON {
		if isTerminal(c.OutOrStdout()) {
			_, _ = fmt.Fprint(c.OutOrStdout(), "\x1b[H\x1b[2J")
		}
		return printStatus(c, b, false)
	}
	found, err := b.Projections(c.Context())
	if err != nil {
		return err
	}
	return json.NewEncoder(c.OutOrStdout()).Encode(found)
}
