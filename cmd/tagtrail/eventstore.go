package main

import (
	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
)

func eventstoreCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "eventstore",
		Short: "the embedded event store alone, for any EventStoreDB client",
		Example: "  tagtrail eventstore --data-dir ./data --listen 127.0.0.1:2113\n" +
			"  tagtrail eventstore --data-dir ./data --listen :2113 --tls-name events.example.org",
		Args: noArguments,
	}
	listen := c.Flags().String("listen", "127.0.0.1:2113", "address that the event store listens on")
	secure := c.Flags().Bool("secure", false, "TLS and passwords on loopback too; beyond it they are always needed")
	names := c.Flags().StringSlice("tls-name", nil, "further name or address by which clients call, for the certificate; asks for TLS and passwords")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return start(c, app.EventStore(*listen, *secure || len(*names) > 0, *names...))
	}
	c.AddCommand(scavengeCommand())
	return withSettings(c, "data-dir", "log-level", "log-format")
}

func scavengeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "scavenge",
		Short: "give back the space of events that nobody can read any more",
		Long: `Gives back the space of events that truncation, age, deletes and tombstones made unreachable, while nothing uses the
data directory. Streams read as before, and no position changes.`,
		Example: "  tagtrail eventstore scavenge --data-dir ./data",
		Args:    noArguments,
	}
	c.RunE = func(c *cobra.Command, _ []string) error { return start(c, app.Scavenge) }
	return withSettings(c, "data-dir", "log-level", "log-format")
}
