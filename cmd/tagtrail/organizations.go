package main

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
	"tagtrail/commands"
	"tagtrail/domain/organization"
)

func organizationsCommand() *cobra.Command {
	c := &cobra.Command{Use: "organizations", Aliases: []string{"orgs"}, Short: "the organisations of this installation", RunE: needsSubcommand}
	c.AddCommand(createOrganizationCommand(), listOrganizationsCommand())
	return c
}

func createOrganizationCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "create",
		Short: "begin an organisation; its owner key is printed once",
		Example: `  tagtrail organizations create --name "My team"
  tagtrail organizations create --name "My team" --zone Europe/Madrid --identity-scope channel --json`,
		Args: noArguments,
	}
	name := c.Flags().String("name", "", "name of the organisation (required)")
	zone := c.Flags().String("zone", "UTC", "IANA time zone, such as Europe/Madrid")
	scope := c.Flags().String("identity-scope", "org", "org: a person is one contact; channel: one for each WhatsApp number. Fixed for ever")
	asJSON := c.Flags().Bool("json", false, "print JSON")
	_ = c.MarkFlagRequired("name")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return administer(c, func(b *app.Backends) error {
			org := organization.ID{UUID: uuid.Must(uuid.NewV7())}
			key, err := commands.MintKey(org)
			if err != nil {
				return err
			}
			_, err = b.Commands.CreateOrganization(app.As(c.Context(), org), commands.CreateOrganization{
				Organization: org, Name: *name, Zone: *zone, IdentityScope: organization.IdentityScope(*scope),
				Key: key, KeyName: "owner",
			})
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(c, map[string]string{"organization": org.String(), "key": key.Token})
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "organization  %s\nowner key     %s\n", org, key.Token)
			return err
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

func listOrganizationsCommand() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "every organisation, in the order in which they came", Args: noArguments}
	asJSON := c.Flags().Bool("json", false, "print JSON")
	type row struct {
		ID            string `json:"id"`
		Name          string `json:"name"`
		Zone          string `json:"zone"`
		IdentityScope string `json:"identity_scope"`
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		return administer(c, func(b *app.Backends) error {
			ids, err := b.Commands.Organizations(c.Context())
			if err != nil {
				return err
			}
			found := []row{}
			var rows [][]string
			for _, id := range ids {
				o, err := b.Commands.Organization(c.Context(), id)
				if err != nil {
					return err
				}
				found = append(found, row{id.String(), o.Name, o.Zone, string(o.IdentityScope)})
				rows = append(rows, []string{id.String(), o.Name, o.Zone, string(o.IdentityScope)})
			}
			if *asJSON {
				return printJSON(c, found)
			}
			return printTable(c, []string{"ID", "NAME", "ZONE", "IDENTITY SCOPE"}, rows)
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

// administer opens the backends for the time of one command.
func administer(c *cobra.Command, f func(*app.Backends) error) error {
	settings, _, err := load(c)
	if err != nil {
		return err
	}
	b, err := app.Open(c.Context(), app.Env{Config: settings, Log: quiet(settings), Say: func(string, ...any) {}, Version: version})
	if err != nil {
		return err
	}
	err = f(b)
	if closing := b.Close(); err == nil {
		err = closing
	}
	return err
}
