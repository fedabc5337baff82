package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
)

func projectionsCommand() *cobra.Command {
	c := &cobra.Command{Use: "projections", Short: "the tables that lists are served from", RunE: needsSubcommand}
	c.AddCommand(projectionsStatusCommand())
	return c
}

func projectionsStatusCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "status",
		Short:   "how far each group is, and what its projector does",
		Example: "  tagtrail projections status --json",
		Args:    noArguments,
	}
	asJSON := c.Flags().Bool("json", false, "print JSON")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return administer(c, func(b *app.Backends) error {
			found, err := b.Projections(c.Context())
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(c, found)
			}
			var rows [][]string
			for _, g := range found {
				rows = append(rows, []string{
					g.Group, g.Generation, strconv.FormatUint(uint64(g.Position), 10), strconv.FormatUint(uint64(g.Head), 10), g.State, g.Reason,
				})
			}
			return printTable(c, []string{"GROUP", "GENERATION", "POSITION", "HEAD", "STATE", "REASON"}, rows)
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}
