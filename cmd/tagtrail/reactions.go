package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
)

func reactionsCommand() *cobra.Command {
	c := &cobra.Command{Use: "reactions", Short: "what follows from events: members of segments, tags for closed conversations", RunE: needsSubcommand}
	c.AddCommand(reactionsStatusCommand(), passByCommand(&cobra.Command{
		Use:   "skip REACTION POSITION",
		Short: "have a reaction that stopped at an event pass it by",
		Long: `Has a reaction that stopped at an event pass it by. The position is in the reason that tagtrail reactions status
shows. What is skipped is kept with the reason that is given, and a stopped reaction goes on by itself.`,
		Example: `  tagtrail reactions skip classify 48213 --reason "the contact is gone"`,
	}, "a reaction", (*app.Backends).SkipReaction))
	return c
}

func reactionsStatusCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "status",
		Short:   "how far each reaction is, and what it does",
		Example: `  tagtrail reactions status --json`,
		Args:    noArguments,
	}
	asJSON := c.Flags().Bool("json", false, "print JSON")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return administer(c, func(b *app.Backends) error {
			found, err := b.Reactions(c.Context())
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(c, found)
			}
			var rows [][]string
			for _, r := range found {
				rows = append(rows, []string{r.Reaction, r.State, strconv.FormatUint(uint64(r.Position), 10), strconv.FormatUint(uint64(r.Head), 10), r.Reason})
			}
			return printTable(c, []string{"REACTION", "STATE", "POSITION", "HEAD", "REASON"}, rows)
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}
