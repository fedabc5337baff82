package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
	"tagtrail/projections/runner"
)

func rebuildCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "rebuild GROUP",
		Short: "build the tables of a group anew from the log, beside those that are read",
		Long: `Builds the tables of a group anew from the log, beside those that are read, compares both row by row, and switches to
the new ones without anybody noticing; the old ones are kept. Where rows differ, nothing is switched, the rows are
named, and the exit code is 7.

With --until and --as, the tables are built as they were at a position or a time, under a name, and stay beside the
others.

An interrupt takes away what was built. After a kill, the same command goes on where it was.`,
		Example: `  tagtrail projections rebuild console
  tagtrail projections rebuild console --until 2026-05-30T12:00:00Z --as before_the_import
  tagtrail projections rebuild reporting --json`,
		Args: oneGroup,
	}
	until := c.Flags().String("until", "", "stop at a position of the log, or at a time such as 2026-05-30T12:00:00Z")
	as := c.Flags().String("as", "", "name of the generation that stays, with --until")
	asJSON := c.Flags().Bool("json", false, "print a JSON document a line")
	c.RunE = func(c *cobra.Command, args []string) error {
		if (*until == "") != (*as == "") {
			return usage(errors.New("--until and --as go together"))
		}
		wanted := app.Wanted{Group: args[0], Kind: runner.Replace, Name: *as}
		if *until != "" {
			wanted.Kind = runner.Until
			var err error
			if wanted.Until, err = app.ParseUntil(*until); err != nil {
				return err
			}
		}
		return rebuild(c, wanted, *asJSON)
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

func verifyCommand() *cobra.Command {
	return rebuilding(runner.Verify, &cobra.Command{
		Use:   "verify GROUP",
		Short: "build the tables of a group anew, compare them with those that are read, and drop them again",
		Long: `Builds the tables of a group anew from the log, compares them row by row with those that are read, and drops them
again. Where rows differ, they are named and the exit code is 7.`,
		Example: "  tagtrail projections verify console --json",
	})
}

func rollbackCommand() *cobra.Command {
	return rebuilding(runner.Rollback, &cobra.Command{
		Use:   "rollback GROUP",
		Short: "go back to the tables that a rebuild replaced",
		Long: `Brings the tables that the last rebuild replaced up to date, compares them row by row with those that are read, and
switches back to them. Where rows differ, nothing is switched, the rows are named, and the exit code is 7.`,
		Example: "  tagtrail projections rollback console",
	})
}

func rebuilding(kind runner.Kind, c *cobra.Command) *cobra.Command {
	c.Args = oneGroup
	asJSON := c.Flags().Bool("json", false, "print a JSON document a line")
	c.RunE = func(c *cobra.Command, args []string) error {
		return rebuild(c, app.Wanted{Group: args[0], Kind: kind}, *asJSON)
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

func cancelCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "cancel GROUP",
		Short:   "end the unfinished rebuild of a group, whoever works at it, and take away what it built",
		Example: "  tagtrail projections cancel console",
		Args:    oneGroup,
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		return administer(c, func(b *app.Backends) error {
			settings, _, err := load(c)
			if err != nil {
				return err
			}
			r, err := b.CancelRebuild(c.Context(), quiet(settings), args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "the %s of %s is cancelled\n", r.Kind, r.Group)
			return err
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

// oneGroup asks for the name of a group.
func oneGroup(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage(fmt.Errorf("%s needs the name of one group: see tagtrail projections status", c.CommandPath()))
	}
	return nil
}

func rebuild(c *cobra.Command, wanted app.Wanted, asJSON bool) error {
	settings, _, err := load(c)
	if err != nil {
		return err
	}
	wanted.ID, wanted.By = uuid.Must(uuid.NewV7()), runner.ByCommand
	return administer(c, func(b *app.Backends) error {
		shown := newProgress(c, asJSON)
		found, err := b.Rebuild(c.Context(), quiet(settings), wanted, shown.see)
		shown.end()
		if found == nil && err != nil {
			return err
		}
		return errors.Join(printOutcome(c, wanted, found, asJSON), err)
	})
}

// printOutcome says what came of a rebuild that came to its end.
func printOutcome(c *cobra.Command, wanted app.Wanted, found *runner.Comparison, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(c.OutOrStdout()).Encode(map[string]any{"group": wanted.Group, "kind": wanted.Kind, "comparison": found})
	}
	if found == nil {
		_, err := fmt.Fprintf(c.OutOrStdout(), "%s is built as %s\n", wanted.Group, wanted.Name)
		return err
	}
	if !found.Equal() {
		var rows [][]string
		for _, d := range found.Differences {
			rows = append(rows, []string{d.Table, keyText(d.Key), d.How, strings.Join(d.Columns, ", ")})
		}
		return printTable(c, []string{"TABLE", "KEY", "ROW", "COLUMNS"}, rows)
	}
	var rows int64
	for _, t := range found.Tables {
		rows += t.Rows
	}
	said := map[runner.Kind]string{
		runner.Replace: "the tables that were built are read now, the ones before are kept", runner.Verify: "the log says what the tables show",
		runner.Rollback: "the tables before are read again",
	}[wanted.Kind]
	_, err := fmt.Fprintf(c.OutOrStdout(), "%s: %d rows of %d tables are equal at position %s; %s\n",
		wanted.Group, rows, len(found.Tables), strconv.FormatUint(uint64(found.Position), 10), said)
	return err
}

func keyText(key map[string]string) string {
	var parts []string
	for _, column := range slices.Sorted(maps.Keys(key)) {
		parts = append(parts, column+"="+key[column])
	}
	return strings.Join(parts, " ")
}
