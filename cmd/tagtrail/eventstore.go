package main

import (
	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
)

func eventstoreCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "eventstore",
		Short:   "the embedded event store alone, for any EventStoreDB client",
		Example: "  tagtrail eventstore --data-dir ./data --listen 127.0.0.1:2113",
		Args:    noArguments,
	}
	listen := c.Flags().String("listen", "127.0.0.1:2113", "address that the event store listens on")
	c.RunE = func(c *cobra.Command, _ []string) error { return start(c, app.EventStore(*listen)) }
	return withSettings(c, "data-dir", "log-level", "log-format")
}
