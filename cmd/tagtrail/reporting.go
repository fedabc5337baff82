package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
	"tagtrail/domain/organization"
)

func reportingCommand() *cobra.Command {
	c := &cobra.Command{Use: "reporting", Short: "SQL for the analysts of an organisation", RunE: needsSubcommand}
	c.AddCommand(reportingConnectCommand(), reportingRolesCommand(), reportingRotateCommand(), reportingDropCommand())
	return c
}

func reportingConnectCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "connect",
		Short: "the line that opens psql for the analysts of an organisation",
		Long: `The line that opens psql for the analysts of an organisation. Their role is made the first time; its password is in a
file under the data directory that only this user can read, and on no command line. What they find there is described at
/docs/reporting of a running tagtrail.`,
		Example: `  tagtrail reporting connect --organization ID
  sh -c "$(tagtrail reporting connect --organization ID) -c 'select * from contacts limit 5'"`,
		Args: noArguments,
	}
	return accessCommand(c, (*app.Backends).ConnectAnalysts)
}

func reportingRotateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "rotate",
		Short:   "another password for the analysts of an organisation; their sessions end",
		Example: "  tagtrail reporting rotate --organization ID",
		Args:    noArguments,
	}
	return accessCommand(c, (*app.Backends).RotateAnalysts)
}

// accessCommand lets a command print how analysts get in.
func accessCommand(c *cobra.Command, get accessOf) *cobra.Command {
	org := organizationFlag(c)
	asJSON := c.Flags().Bool("json", false, "print JSON")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return administerOrganization(c, org, func(b *app.Backends, dir string, id organization.ID) error {
			access, err := get(b, c.Context(), dir, id)
			if err != nil {
				return err
			}
			if b.Temporary {
				_, _ = fmt.Fprintln(c.ErrOrStderr(), "the private PostgreSQL runs while tagtrail serve does: start that before the line")
			}
			if *asJSON {
				return printJSON(c, access)
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), access.Command)
			return err
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

func reportingRolesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "roles",
		Short:   "the roles of analysts: one for each organisation that has any",
		Example: "  tagtrail reporting roles --json",
		Args:    noArguments,
	}
	asJSON := c.Flags().Bool("json", false, "print JSON")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return administer(c, func(b *app.Backends) error {
			found, err := b.AnalystRoles(c.Context())
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(c, found)
			}
			var rows [][]string
			for _, r := range found {
				rows = append(rows, []string{
					r.Organization.String(), r.Role, r.CreatedAt.Format(time.RFC3339), r.RotatedAt.Format(time.RFC3339), strconv.Itoa(r.Sessions),
				})
			}
			return printTable(c, []string{"ORGANIZATION", "ROLE", "CREATED", "PASSWORD SINCE", "SESSIONS"}, rows)
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

func reportingDropCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "drop",
		Short:   "take the role of an organisation's analysts away; their sessions end",
		Example: "  tagtrail reporting drop --organization ID",
		Args:    noArguments,
	}
	org := organizationFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return administerOrganization(c, org, func(b *app.Backends, dir string, id organization.ID) error {
			if err := b.DropAnalysts(c.Context(), dir, id); err != nil {
				return err
			}
			_, err := fmt.Fprintln(c.OutOrStdout(), "dropped")
			return err
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

type accessOf func(b *app.Backends, ctx context.Context, dir string, org organization.ID) (app.AnalystAccess, error)

// administerOrganization opens the backends for what is done to one organisation and in the data directory.
func administerOrganization(c *cobra.Command, org func() (organization.ID, error), f func(*app.Backends, string, organization.ID) error) error {
	id, err := org()
	if err != nil {
		return err
	}
	settings, _, err := load(c)
	if err != nil {
		return err
	}
	return administer(c, func(b *app.Backends) error { return f(b, settings.DataDir, id) })
}
