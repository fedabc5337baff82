package main

import (
	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
)

func serveCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "everything in one process: API, projections, and what this machine lacks of the databases",
		Example: `  tagtrail serve
  tagtrail serve --data-dir /srv/tagtrail --listen 127.0.0.1:9000`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return start(c, app.Serve) },
	}
	return withSettings(c, "data-dir", "listen", "public-url", "keys-dir", "postgres-binaries", "key-rate", "organization-rate", "log-level", "log-format")
}

func apiCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "api",
		Short: "the API alone, beside an EventStoreDB and a PostgreSQL",
		Args:  noArguments,
		RunE:  func(c *cobra.Command, _ []string) error { return start(c, app.API) },
	}
	return withSettings(c, "listen", "public-url", "keys-dir", "key-rate", "organization-rate", "log-level", "log-format")
}

func projectCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "project",
		Short:   "the projections of a group alone; of several such processes one is active, the others stand by",
		Example: "  tagtrail project --group console",
		Args:    noArguments,
	}
	group := c.Flags().String("group", "", "the group of projections (required)")
	_ = c.MarkFlagRequired("group")
	c.RunE = func(c *cobra.Command, _ []string) error { return start(c, app.Project(*group)) }
	return withSettings(c, "listen", "keys-dir", "log-level", "log-format")
}

func workerCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "worker",
		Short: "the background work alone, beside an EventStoreDB and a PostgreSQL",
		Args:  noArguments,
		RunE:  func(c *cobra.Command, _ []string) error { return start(c, app.Worker) },
	}
	return withSettings(c, "listen", "keys-dir", "log-level", "log-format")
}

// start runs a part of the service until it is interrupted; being asked to stop is no failure.
func start(c *cobra.Command, run app.Part) error {
	settings, _, err := load(c)
	if err != nil {
		return err
	}
	return run(c.Context(), app.Env{
		Config:  settings,
		Log:     logger(settings),
		Say:     sayTo(c.OutOrStdout()),
		Version: version,
	})
}
