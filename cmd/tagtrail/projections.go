package main

import "github.com/spf13/cobra"

func projectionsCommand() *cobra.Command {
	return &cobra.Command{Use: "projections", Short: "the projections", RunE: needsSubcommand}
}
