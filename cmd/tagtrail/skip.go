package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
	"tagtrail/domain/event"
)

func skipCommand() *cobra.Command {
	return passByCommand(&cobra.Command{
		Use:   "skip GROUP POSITION",
		Short: "have a group that stopped at an event pass it by",
		Long: `Has a group that stopped at an event pass it by, in the tables that are read and in all that are built anew. The
position is in the reason that tagtrail projections status shows. What is skipped is recorded with the reason that is
given, and a stopped projector goes on by itself.`,
		Example: `  tagtrail projections skip console 48213 --reason "written by a build that is gone"`,
	}, "a group", (*app.Backends).Skip)
}

// passByCommand completes a command that has something which stopped at an event pass it by.
func passByCommand(c *cobra.Command, what string, skip func(b *app.Backends, ctx context.Context, name string, at event.Position, reason string) error) *cobra.Command {
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) != 2 {
			return usage(fmt.Errorf("%s needs the name of %s and a position", c.CommandPath(), what))
		}
		return nil
	}
	reason := c.Flags().String("reason", "", "why the event may be left out (required)")
	_ = c.MarkFlagRequired("reason")
	c.RunE = func(c *cobra.Command, args []string) error {
		at, err := strconv.ParseUint(args[1], 10, 62)
		if err != nil || at == 0 {
			return usage(fmt.Errorf("%q is no position", args[1]))
		}
		if strings.TrimSpace(*reason) == "" {
			return usage(errors.New("a reason is needed"))
		}
		return administer(c, func(b *app.Backends) error {
			if err := skip(b, c.Context(), args[0], event.Position(at), *reason); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "%s passes by %d\n", args[0], at)
			return err
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

// printSkipped shows the events that groups pass by, where there are any.
func printSkipped(c *cobra.Command, b *app.Backends) error {
	skipped, err := b.Skipped(c.Context())
	if err != nil || len(skipped) == 0 {
		return err
	}
	var rows [][]string
	for _, s := range skipped {
		rows = append(rows, []string{s.Group, strconv.FormatUint(uint64(s.Position), 10), s.Reason})
	}
	if _, err := fmt.Fprintln(c.OutOrStdout()); err != nil {
		return err
	}
	return printTable(c, []string{"GROUP", "SKIPPED", "REASON"}, rows)
}
