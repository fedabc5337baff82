package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// noCommand answers a word that is no command of c.
func noCommand(c *cobra.Command, word string) error {
	names := commandNames(c)
	hint := meant(word, names)
	if hint == "" {
		hint = ": it has " + strings.Join(names, ", ")
	}
	return usage(fmt.Errorf("%s has no command %q%s", c.CommandPath(), word, hint))
}

// needsSubcommand answers a group of commands that was called alone, or with a word that is none of them.
func needsSubcommand(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return noCommand(c, args[0])
	}
	return usage(fmt.Errorf("%s needs one of %s", c.CommandPath(), strings.Join(commandNames(c), ", ")))
}

func commandNames(c *cobra.Command) []string {
	var names []string
	for _, sub := range c.Commands() {
		names = append(names, sub.Name())
	}
	return names
}

// noArguments refuses words behind a command that takes none.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Errorf("%s takes no %q", c.CommandPath(), args[0]))
	}
	return nil
}

// badFlag answers a flag that could not be read.
func badFlag(c *cobra.Command, err error) error {
	word, unknown := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !unknown {
		return usage(err)
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	hint := meant(word, names)
	return usage(fmt.Errorf("%s has no flag --%s%s", c.CommandPath(), word, strings.Replace(hint, "mean ", "mean --", 1)))
}

// meant asks for the known word that is nearest to a mistyped one; it is empty where none is near.
func meant(word string, known []string) string {
	const near = 2
	best, distance := "", near+1
	for _, k := range known {
		d := edits(word, k)
		if len(word) > near && strings.HasPrefix(k, word) {
			d = min(d, near)
		}
		if d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return ": did you mean " + best + "?"
}

// edits counts the characters to put in, leave out or replace that lead from one word to the other.
func edits(from, to string) int {
	if len(from) > 2*len(to)+2 { // nobody meant that, and it may be of any length
		return len(from)
	}
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(from) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(to) {
			replaced := diagonal
			if from[i] != to[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}
