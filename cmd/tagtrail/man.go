package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "write a manual page of every command into a directory",
		Example: "  tagtrail man /usr/local/share/man/man1", Args: one("directory"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil { //nolint:gosec // manual pages are for everybody
				return usage(err)
			}
			return writePages(c.Root(), args[0])
		},
	}
}

// writePages writes the page of a command, and those of the commands below it.
func writePages(c *cobra.Command, into string) error {
	file := filepath.Join(into, pageOf(c)+".1")
	if err := os.WriteFile(file, []byte(page(c)), 0o644); err != nil { //nolint:gosec // manual pages are for everybody
		return err
	}
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			if err := writePages(below, into); err != nil {
				return err
			}
		}
	}
	return nil
}

// pageOf answers what the page of a command is called.
func pageOf(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// page answers a manual page in the language of man(7).
func page(c *cobra.Command) string {
	var b strings.Builder
	section := func(heading string, lines ...string) {
		b.WriteString(".SH " + heading + "\n" + strings.Join(lines, "\n") + "\n")
	}
	b.WriteString(".TH \"" + strings.ToUpper(roff(pageOf(c))) + "\" \"1\"\n")
	section("NAME", roff(pageOf(c))+` \- `+roff(c.Short))
	section("SYNOPSIS", ".B "+roff(c.UseLine()))
	if c.Long != "" {
		section("DESCRIPTION", roff(c.Long))
	}
	var options []string
	c.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		options = append(options, ".TP", ".B "+roff(strings.TrimSpace(name+" "+kind)), roff(usage))
	})
	if len(options) > 0 {
		section("OPTIONS", options...)
	}
	if c.Example != "" {
		section("EXAMPLES", ".nf", roff(c.Example), ".fi")
	}
	var beside []string
	if c.HasParent() {
		beside = append(beside, ".BR "+roff(pageOf(c.Parent()))+" (1)")
	}
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			beside = append(beside, ".BR "+roff(pageOf(below))+" (1)")
		}
	}
	if len(beside) > 0 {
		section("SEE ALSO", beside...)
	}
	return b.String()
}

// roff writes text so that nothing in it is an instruction.
func roff(text string) string {
	lines := strings.Split(strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
