package postgres_test

import (
	"context"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"tagtrail/adapters/embedded/postgres"
)

func TestServerOutlivesTheThreadThatAskedForIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var cluster *postgres.Cluster
	var err error
	onThreadThatEnds(func() {
		cluster, err = postgres.Start(context.WithoutCancel(t.Context()), postgres.Options{Dir: dir, Ephemeral: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, cluster) })
	select {
	case <-cluster.Done():
		t.Fatalf("postgres ended: %v", cluster.Err())
	case <-time.After(300 * time.Millisecond):
	}
	if got := ask(t, cluster.URL(), "select 'alive'"); got != "alive" {
		t.Errorf("got %q", got)
	}
}

// onThreadThatEnds answers when do is done; its thread, which is not the main one, because that never ends, ends then.
func onThreadThatEnds(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if syscall.Gettid() == os.Getpid() {
			onThreadThatEnds(do)
			return
		}
		do()
	}()
	<-done
}
