package postgres_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/event"
	"tagtrail/projections"
)

// rename brings the generation of a schema to another name, as a switch does.
func (h house) rename(t *testing.T, from, to string) {
	t.Helper()
	execute(t, connect(t, h.url), `alter schema `+from+` rename to `+to+`; alter schema `+from+`_read rename to `+to+`_read`)
}

// leadAgain takes the lead of a generation in the place of one that was given up, whose lock goes a moment after.
func (h house) leadAgain(t *testing.T) projections.Generation {
	t.Helper()
	if err := h.sink.Prepare(t.Context(), h.group); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		generation, led, err := h.sink.Lead(t.Context(), h.group)
		if err != nil || !led && time.Now().After(deadline) {
			t.Fatalf("led: %v, %v", led, err)
		}
		if led {
			t.Cleanup(func() { h.sink.Release(context.WithoutCancel(t.Context()), generation) })
			return generation
		}
	}
}

func TestAnalystsFollowASwitchOfGenerationsWithoutAFailedQuery(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	conn, _ := h.analyst(t, ana)
	execute(t, conn, `prepare asked as select room from loud_rooms`)
	asking, stop := context.WithCancel(t.Context())
	var reads errgroup.Group
	second := connect(t, conn.Config().ConnString())
	t.Cleanup(func() { stop(); _ = reads.Wait() }) // before the connection goes
	reads.Go(func() error {
		for asking.Err() == nil {
			if _, err := second.Exec(t.Context(), `select room from loud_rooms`); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range 10 {
		// The live one makes room for one that was built beside it.
		h.sink.Release(t.Context(), h.generation)
		old := h.generation.Schema + "_prev" + string(rune('a'+i))
		h.rename(t, h.generation.Schema, old)
		execute(t, connect(t, h.url), `delete from tagtrail.generations`)
		h.generation = h.leadAgain(t)
		name := "hers " + string(rune('a'+i))
		h.put(t, h.group, h.generation, h.rooms, name, "his")
		h.publish(t, h.group)
		if got := column[string](t, conn, `execute asked`); !slices.Equal(got, []string{name}) {
			t.Fatalf("after switch %d an analyst sees %q", i, got)
		}
		execute(t, connect(t, h.url), `drop schema `+old+` cascade; drop schema `+old+`_read cascade`)
		h.publish(t, h.group)
	}
	stop()
	if err := reads.Wait(); err != nil {
		t.Errorf("a query of an analyst failed: %v", err)
	}
}

// A switch does not wait for a query that takes long, and what that query reads is dropped when it is through.
func TestAPublicationWaitsForNoAnalyst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	conn, _ := h.analyst(t, ana)
	execute(t, conn, `begin; select * from loud_rooms`)
	raised := roomsGroup(2, h.rooms)
	generation := h.lead(t, raised)
	h.put(t, raised, generation, h.rooms, "hers now", "his now")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := h.sink.Publish(ctx, raised); err != nil {
		t.Fatal(err)
	}
	if got := column[string](t, conn, `select room from loud_rooms`); !slices.Equal(got, []string{"hers now"}) {
		t.Errorf("the next query sees %q", got)
	}
	admin := connect(t, h.url)
	const left = `select count(*) from pg_namespace where nspname like 'tagtrail\_reporting\_%'`
	if got := column[int64](t, admin, left); got[0] != 1 {
		t.Errorf("%d schemas of before are left while one is read", got[0])
	}
	execute(t, conn, `commit`)
	h.publish(t, raised)
	if got := column[int64](t, admin, left); got[0] != 0 {
		t.Errorf("%d schemas of before are left", got[0])
	}
}

// Two builds with other fingerprints serve at once: analysts read the newer as soon as it is as far, and never go back
// while it moves.
func TestOfTwoBuildsAnalystsReadTheNewerOneThatIsAsFar(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	conn, _ := h.analyst(t, ana)
	admin := connect(t, h.url)
	raised := roomsGroup(2, h.rooms)
	generation := h.lead(t, raised)
	shows := func(when, want string) {
		t.Helper()
		h.publish(t, raised)
		h.publish(t, h.group)
		h.publish(t, raised)
		if got := column[string](t, conn, `select room from loud_rooms`); !slices.Equal(got, []string{want}) {
			t.Errorf("%s an analyst sees %q", when, got)
		}
	}
	shows("while the newer is built", "hers")
	h.put(t, raised, generation, h.rooms, "hers anew", "his anew")
	shows("when the newer is as far", "hers anew")
	if err := h.sink.Commit(t.Context(), h.generation, &projections.Changes{}, 9, 12); err != nil {
		t.Fatal(err)
	}
	h.publish(t, h.group)
	if got := column[string](t, conn, `select room from loud_rooms`); !slices.Equal(got, []string{"hers anew"}) {
		t.Errorf("when the older is a moment ahead an analyst sees %q", got)
	}
	if _, err := admin.Exec(t.Context(), `update tagtrail.generations set state = 'building' where schema = $1`, generation.Schema); err != nil {
		t.Fatal(err)
	}
	h.publish(t, h.group)
	if got := column[string](t, conn, `select room from loud_rooms`); !slices.Equal(got, []string{"hers anew"}) {
		t.Errorf("when the newer catches up without indexes an analyst sees %q", got)
	}
	execute(t, admin, `update `+generation.Schema+`.checkpoint set moved_at = now() - interval '1 hour'`)
	h.publish(t, h.group)
	if got := column[string](t, conn, `select room from loud_rooms`); !slices.Equal(got, []string{"hers"}) {
		t.Errorf("when the newer is abandoned an analyst sees %q", got)
	}
}

// Tables that went take the views with them, and are published anew when they are there again.
func TestViewsThatWentWithTheirTablesComeBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	conn, _ := h.analyst(t, ana)
	h.sink.Release(t.Context(), h.generation)
	execute(t, connect(t, h.url), `drop schema `+h.generation.Schema+` cascade; drop schema `+postgres.ReadSchema(h.group)+` cascade; delete from tagtrail.generations`)
	h.publish(t, h.group)
	if err := h.sink.Prepare(t.Context(), h.group); err != nil {
		t.Fatal(err)
	}
	h.publish(t, h.group)
	if got := column[string](t, conn, `select room from loud_rooms`); len(got) != 0 {
		t.Errorf("an analyst sees %q", got)
	}
}

func TestManyProcessesPublishAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, _ = h.analyst(t, ana)
	h.sink.Release(t.Context(), h.generation)
	raised := roomsGroup(2, h.rooms)
	h.put(t, raised, h.lead(t, raised), h.rooms, "hers anew", "his")
	running, ctx := errgroup.WithContext(t.Context())
	for range 6 {
		running.Go(func() error { return postgres.NewSink(h.pool).Publish(ctx, raised) })
	}
	if err := running.Wait(); err != nil {
		t.Fatal(err)
	}
	if at, err := h.sink.Position(t.Context(), raised); at != event.Position(9) || err != nil {
		t.Errorf("at %d, %v", at, err)
	}
}
