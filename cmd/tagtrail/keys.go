package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
	"tagtrail/commands"
	"tagtrail/domain/organization"
)

func keysCommand() *cobra.Command {
	c := &cobra.Command{Use: "keys", Short: "the keys of an organisation", RunE: needsSubcommand}
	c.AddCommand(createKeyCommand(), listKeysCommand(), revokeKeyCommand())
	return c
}

func createKeyCommand() *cobra.Command {
	var kinds []string
	for _, kind := range organization.KeyKinds() {
		kinds = append(kinds, string(kind))
	}
	c := &cobra.Command{
		Use:     "create",
		Short:   "a new key, printed once",
		Example: `  tagtrail keys create --organization ID --kind api --name "our shop"`,
		Args:    noArguments,
	}
	org := organizationFlag(c)
	kind := c.Flags().String("kind", "", "what the key may do: "+strings.Join(kinds, ", ")+" (required)")
	name := c.Flags().String("name", "", "who or what uses the key (required)")
	asJSON := c.Flags().Bool("json", false, "print JSON")
	_, _ = c.MarkFlagRequired("kind"), c.MarkFlagRequired("name")
	c.RunE = func(c *cobra.Command, _ []string) error {
		id, err := org()
		if err != nil {
			return err
		}
		return administer(c, func(b *app.Backends) error {
			key, _, err := b.Commands.CreateKey(app.As(c.Context(), id), commands.CreateKey{Kind: organization.KeyKind(*kind), Name: *name})
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(c, map[string]string{"id": key.Key.String(), "kind": *kind, "key": key.Token})
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "id   %s\nkey  %s\n", key.Key, key.Token)
			return err
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

func listKeysCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "list",
		Short:   "every key, without its secret",
		Example: "  tagtrail keys list --organization ID",
		Args:    noArguments,
	}
	org := organizationFlag(c)
	asJSON := c.Flags().Bool("json", false, "print JSON")
	type row struct {
		ID      string `json:"id"`
		Kind    string `json:"kind"`
		Name    string `json:"name"`
		Revoked bool   `json:"revoked"`
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		id, err := org()
		if err != nil {
			return err
		}
		return administer(c, func(b *app.Backends) error {
			o, err := b.Commands.Organization(c.Context(), id)
			if err != nil {
				return err
			}
			found := []row{}
			var rows [][]string
			for _, k := range o.Keys() {
				found = append(found, row{k.ID.String(), string(k.Kind), k.Name.Reveal(), k.Revoked})
				state := "open"
				if k.Revoked {
					state = "revoked"
				}
				rows = append(rows, []string{k.ID.String(), string(k.Kind), k.Name.Reveal(), state})
			}
			if *asJSON {
				return printJSON(c, found)
			}
			return printTable(c, []string{"ID", "KIND", "NAME", "STATE"}, rows)
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

func revokeKeyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "revoke KEY",
		Short:   "let a key open nothing any more, at once",
		Example: "  tagtrail keys revoke KEY --organization ID",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("keys revoke needs the id of one key"))
			}
			return nil
		},
	}
	org := organizationFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		id, err := org()
		if err != nil {
			return err
		}
		key, err := uuid.Parse(args[0])
		if err != nil {
			return usage(fmt.Errorf("%q is no id of a key", args[0]))
		}
		return administer(c, func(b *app.Backends) error {
			if _, err := b.Commands.RevokeKey(app.As(c.Context(), id), commands.RevokeKey{Key: key}); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "revoked")
			return err
		})
	}
	return withSettings(c, "data-dir", "keys-dir", "postgres-binaries")
}

// organizationFlag asks which organisation is meant.
func organizationFlag(c *cobra.Command) func() (organization.ID, error) {
	value := c.Flags().String("organization", "", "id of the organisation (required)")
	_ = c.MarkFlagRequired("organization")
	return func() (organization.ID, error) {
		id, err := uuid.Parse(*value)
		if err != nil {
			return organization.ID{}, usage(fmt.Errorf("%q is no id of an organisation: see tagtrail organizations list", *value))
		}
		return organization.ID{UUID: id}, nil
	}
}
