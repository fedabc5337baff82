// Command tagtrail keeps the contacts of a WhatsApp team, the tags on them and
// their lead status, and never forgets how any of it came to be.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // a bare machine may have no time zones

	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/app"
	"tagtrail/cmd/internal/config"
	"tagtrail/domain/fault"
	"tagtrail/projections/runner"
)

// version is set when the binary is built.
var version = "unversioned"

// The exit codes, as in `tagtrail help exit-codes`.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitConflict    = 4
	exitDenied      = 5
	exitUnreachable = 6
	exitDiffers     = 7
	exitInterrupted = 130
)

func main() {
	app.PaceGarbageCollector()
	ctx, stop := interruptible(context.Background())
	defer stop()
	err := execute(ctx, root(), os.Args[1:])
	code := exitCode(err)
	if err != nil && code != exitInterrupted {
		fmt.Fprintln(os.Stderr, "tagtrail: "+oneLine(err))
	}
	os.Exit(code)
}

// execute runs the command that the arguments name, and answers a name that is none with what it may have meant.
func execute(ctx context.Context, c *cobra.Command, args []string) error {
	c.SetArgs(args)
	err := c.ExecuteContext(ctx)
	if err == nil {
		return nil
	}
	if _, _, unknown := c.Find(args); unknown != nil {
		i := slices.IndexFunc(args, func(word string) bool { return !strings.HasPrefix(word, "-") })
		return noCommand(c, args[i])
	}
	return err
}

// oneLine is an error as a person reads it: nothing in it can move the cursor or forge a second line.
func oneLine(err error) string {
	var parts []string
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" {
			parts = append(parts, printable(line))
		}
	}
	return strings.Join(parts, "; ")
}

// sameKeystroke is how long after an interrupt another one counts as the same:
// a terminal, a supervisor and make may each pass it on.
const sameKeystroke = 300 * time.Millisecond

// interruptible ends the context at the first interrupt, and the process at the second.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	// Whoever read what is printed may end first, as in a pipe that Ctrl-C ends as a whole: that is an error of the
	// write then, and no death before everything is put away.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() {
		<-signals
		cancel(errInterrupted)
		for first := time.Now(); ; {
			<-signals
			if time.Since(first) > sameKeystroke {
				os.Exit(exitInterrupted)
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// errInterrupted is why a context ended when somebody pressed Ctrl-C.
var errInterrupted = errors.New("interrupted")

func root() *cobra.Command {
	c := &cobra.Command{
		Use:   "tagtrail",
		Short: "contacts, tags and lead status of a WhatsApp team, with all of their history",
		Example: `  tagtrail serve                         everything in one process, with nothing to install but PostgreSQL
  tagtrail organizations create --name "My team"
  tagtrail keys list --organization ID
  tagtrail config show --origin`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := c.ValidateRequiredFlags(); err != nil {
				return usage(err)
			}
			return nil
		},
	}
	c.SetFlagErrorFunc(badFlag)
	c.AddCommand(
		serveCommand(), apiCommand(), projectCommand(), workerCommand(), reactionsCommand(), eventstoreCommand(),
		projectionsCommand(), auditCommand(), reportingCommand(), organizationsCommand(), keysCommand(),
		contactsCommand(), tagsCommand(), fieldsCommand(), segmentsCommand(), rulesCommand(), importCommand(), exportCommand(), bulkCommand(),
		membersCommand(), rulesOfTeamCommand(), planCommand(),
		configCommand(), healthCommand(), manCommand(), versionCommand(), exitCodesTopic(),
	)
	return c
}

// usageError is a mistake in how the command was called.
type usageError struct{ error }

func usage(err error) error { return usageError{err} }

func (e usageError) Unwrap() error { return e.error }

func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, errInterrupted) || errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	if errors.Is(err, runner.ErrDiffers) {
		return exitDiffers
	}
	if _, ok := errors.AsType[usageError](err); ok || errors.Is(err, config.ErrInvalid) || errors.Is(err, app.ErrDataDir) || errors.Is(err, app.ErrListen) {
		return exitUsage
	}
	if f := fault.Of(err); f != nil {
		switch f.Kind {
		case fault.NotFound, fault.Gone:
			return exitNotFound
		case fault.Conflict, fault.Stale:
			return exitConflict
		case fault.Unauthenticated, fault.Denied:
			return exitDenied
		case fault.Unavailable:
			return exitUnreachable
		case fault.Malformed, fault.Invalid, fault.TooLarge, fault.Unsupported:
			return exitUsage
		}
	}
	if _, network := errors.AsType[*net.OpError](err); network {
		return exitUnreachable
	}
	return exitFailed
}

func exitCodesTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "what the exit codes say",
		Long: `Exit codes:
  0    done
  1    failed
  2    the command, a setting or a value is not usable
  3    there is no such thing
  4    the state of things is against it
  5    who is asking may not
  6    something needed is out of reach
  7    what was checked is not as it should be
  130  interrupted`,
	}
}
