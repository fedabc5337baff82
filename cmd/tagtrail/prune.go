package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
)

func pruneCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "prune GROUP",
		Short: "drop the tables of a group that nobody keeps up to date",
		Long: `Drops the tables that the last rebuild replaced, those that were built under a name, and those of other builds, as far
as no process keeps them up to date. It shows them first, and asks for the name of the group, unless --yes is given.`,
		Example: "  tagtrail projections prune console --yes",
		Args:    oneGroup,
	}
	yes := c.Flags().Bool("yes", false, "do not ask")
	asJSON := c.Flags().Bool("json", false, "print JSON; needs --yes")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *asJSON && !*yes {
			return usage(errors.New("--json needs --yes"))
		}
		return administer(c, func(b *app.Backends) error {
			unfed, err := b.Unfed(c.Context(), args[0])
			if err != nil {
				return err
			}
			var schemas []string
			var rows [][]string
			for _, u := range unfed {
				schemas = append(schemas, u.Schema)
				rows = append(rows, []string{u.Schema, u.State, u.CreatedAt.Format(time.RFC3339), fmt.Sprintf("%d kB", u.Bytes>>10)})
			}
			if len(schemas) == 0 && !*asJSON {
				_, err := fmt.Fprintf(c.OutOrStdout(), "%s has no tables that nobody keeps up to date\n", args[0])
				return err
			}
			if !*yes {
				if err := printTable(c, []string{"GENERATION", "KIND", "MADE", "SIZE"}, rows); err != nil {
					return err
				}
				if err := confirm(c, args[0]); err != nil {
					return err
				}
			}
			dropped, err := b.Prune(c.Context(), args[0], schemas)
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(c, map[string]any{"group": args[0], "dropped": append([]string{}, dropped...)})
			}
			for _, schema := range dropped {
				if _, err := fmt.Fprintln(c.OutOrStdout(), "dropped", schema); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

// confirm asks a person to type a name before something is done that cannot be undone.
func confirm(c *cobra.Command, name string) error {
	if _, err := fmt.Fprintf(c.ErrOrStderr(), "type %s to go on: ", name); err != nil {
		return err
	}
	typed, err := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	if strings.TrimSpace(typed) != name {
		return usage(errors.Join(fmt.Errorf("nothing was done: %q was not typed; --yes does not ask", name), err))
	}
	return nil
}
