package commandstest_test

import (
	"testing"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
)

func TestTheLogInMemoryKeepsThePromises(t *testing.T) {
	t.Parallel()
	commandstest.RunStore(t, func(*testing.T) commands.Store { return commandstest.NewStore() }, commandstest.Features{
		Reopen: func(_ *testing.T, store commands.Store) commands.Store { return store },
	})
}
