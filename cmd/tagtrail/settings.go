package main

import (
	"log/slog"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/config"
)

// withSettings gives a command a flag for each named setting.
func withSettings(c *cobra.Command, flags ...string) *cobra.Command {
	for _, s := range config.Settings(config.Config{}) {
		if slices.Contains(flags, s.Flag) {
			c.Flags().String(s.Flag, "", s.Help+" ("+s.Name+")")
		}
	}
	return c
}

// load reads the settings from the file, the environment and the flags that were given.
func load(c *cobra.Command) (config.Config, []config.Setting, error) {
	given := map[string]string{}
	for _, s := range config.Settings(config.Config{}) {
		if f := c.Flags().Lookup(s.Flag); s.Flag != "" && f != nil && f.Changed {
			given[s.Name] = f.Value.String()
		}
	}
	return config.Load(config.Sources{Environ: os.Environ(), Flags: given})
}

// logger writes the log to standard error: standard output is for what was asked.
func logger(c config.Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // checked when the settings were read
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

// quiet is the log of a command that a person waits for: what goes wrong, and no more.
func quiet(c config.Config) *slog.Logger {
	if c.LogLevel == "info" {
		c.LogLevel = "error"
	}
	return logger(c)
}

func configCommand() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "the settings", RunE: needsSubcommand}
	show := &cobra.Command{
		Use:     "show",
		Short:   "every setting and its value; secrets are not shown",
		Example: "  tagtrail config show --origin",
		Args:    noArguments,
	}
	origin := show.Flags().Bool("origin", false, "say where each value came from")
	asJSON := show.Flags().Bool("json", false, "print JSON")
	show.RunE = func(c *cobra.Command, _ []string) error {
		_, settings, err := load(c)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c, settings)
		}
		header := []string{"SETTING", "VALUE"}
		var rows [][]string
		for _, s := range settings {
			rows = append(rows, []string{s.Name, s.Value})
		}
		if *origin {
			header = append(header, "FROM")
			for i, s := range settings {
				rows[i] = append(rows[i], s.Origin)
			}
		}
		return printTable(c, header, rows)
	}
	c.AddCommand(withSettings(show, flagNames()...))
	return c
}

func flagNames() []string {
	var names []string
	for _, s := range config.Settings(config.Config{}) {
		if s.Flag != "" {
			names = append(names, s.Flag)
		}
	}
	return names
}
