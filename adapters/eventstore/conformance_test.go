package eventstore_test

import (
	"sync"
	"testing"

	"tagtrail/adapters/eventstore"
	"tagtrail/commands"
	"tagtrail/commands/commandstest"
)

func TestTheLogOnAServerKeepsThePromisesOfTheStore(t *testing.T) {
	t.Parallel()
	codec, _ := newCodec()
	var servers sync.Map
	open := func(t *testing.T) commands.Store {
		t.Helper()
		srv := startServer(t)
		store := eventstore.NewStore(srv.open(t), codec)
		servers.Store(store, srv)
		return store
	}
	commandstest.RunStore(t, open, commandstest.Features{Reopen: func(t *testing.T, store commands.Store) commands.Store {
		t.Helper()
		srv, _ := servers.Load(store)
		srv.(*server).restart(t, 0)
		return eventstore.NewStore(srv.(*server).open(t), codec)
	}})
}
