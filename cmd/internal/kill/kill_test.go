package kill_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tagtrail/adapters/embedded/postgres/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// lifetime is how many blows one installation lives through, so that looking at all of it stays quick.
const lifetime = 50

// usual is how many blows there are where nobody asks for more.
const usual = 44

// run is one run of the harness, by one seed.
type run struct {
	t       *testing.T
	program string
	random  *rand.Rand
	tally   *tally
}

// trial lives through the blows on a new installation. It answers what was found, or why nothing could be looked for.
func (r *run) trial(s site, blows []blow) error {
	r.t.Helper()
	ctx := r.t.Context()
	tables, err := newShadow(ctx, postgrestest.Database(r.t))
	if err != nil {
		return errors.Join(err, s.raze())
	}
	defer tables.close(context.WithoutCancel(ctx))
	random := rand.New(rand.NewPCG(r.random.Uint64(), r.random.Uint64()))
	return (&trial{site: s, caller: newCaller(s), random: random, book: newBook(), tally: r.tally, shadow: tables}).run(ctx, blows)
}

func (r *run) parts(cycles int) error {
	return r.lives(cycles, partsDeck(), func() (site, error) { return newParts(r.program) })
}

func (r *run) whole(cycles int) error {
	return r.lives(cycles, wholeDeck(), func() (site, error) { return newWhole(r.program) })
}

// lives deals the blows to one installation after the other.
func (r *run) lives(cycles int, d deck, begin func() (site, error)) error {
	blows := d.blows(r.random, cycles)
	for len(blows) > 0 {
		s, err := begin()
		if err != nil {
			return err
		}
		now := min(lifetime, len(blows))
		if err := r.trial(s, blows[:now]); err != nil {
			return err
		}
		blows = blows[now:]
	}
	return nil
}

// build makes the program, with a fault planted where a build tag says so.
func build(t *testing.T, tag string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "tagtrail")
	args := []string{"build", "-o", program}
	if tag != "" {
		args = append(args, "-tags", tag)
	}
	if said, err := exec.Command("go", append(args, "tagtrail/cmd/tagtrail")...).CombinedOutput(); err != nil {
		t.Fatalf("build tagtrail: %v\n%s", err, said)
	}
	return program
}

// setting reads a number from the environment.
func setting(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv("TAGTRAIL_TEST_" + name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// S0-41. Whatever is killed and whenever (F1, F2, F3, F5, F10): every acknowledged command is in the log once, what has no
// answer is there whole or not at all, and the tables are those that the log alone makes.
func TestNothingThatWasAcknowledgedIsLostOrDoneTwice(t *testing.T) {
	t.Parallel()
	cycles, seed := int(setting(t, "CYCLES", usual)), setting(t, "SEED", rand.Uint64()) //nolint:gosec // few
	program, counted, began := build(t, ""), newTally(), time.Now()
	t.Logf("the blows are dealt by seed %d", seed)
	t.Cleanup(func() {
		fmt.Print(counted.print(seed, time.Since(began)))
		if cycles >= usual && counted.tookEffectBefore.Load() == 0 {
			t.Error("no kill came between an append and its answer (F2)")
		}
	})
	for i, lane := range lanesOf(cycles) {
		t.Run(lane.name, func(t *testing.T) {
			t.Parallel()
			r := &run{t: t, program: program, random: rand.New(rand.NewPCG(seed, uint64(i))), tally: counted}
			if err := lane.lives(r, lane.cycles); err != nil {
				t.Error(err)
			}
		})
	}
}

// lane is installations that live one after the other, beside those of other lanes.
type lane struct {
	name   string
	cycles int
	lives  func(*run, int) error
}

// lanesOf deals the cycles to lanes: most of what a cycle takes is waiting.
func lanesOf(cycles int) []lane {
	whole := cycles / 4
	lanes := []lane{{"all in one process", whole, (*run).whole}}
	if few := 4 * lifetime; cycles < few {
		return append(lanes, lane{"processes of their own", cycles - whole, (*run).parts})
	}
	half := (cycles - whole) / 2
	return append(lanes, lane{"processes of their own", half, (*run).parts}, lane{"more processes of their own", cycles - whole - half, (*run).parts})
}

// planted are the faults that a build can have, and where it is struck to show them.
var planted = []struct {
	tag, is string
	deck    deck
	within  int
}{
	{"planted_checkpoint", "the checkpoint is committed before its rows", deck{atProjector: 1}, 60},
	{"planted_revision", "an append expects no revision", deck{atAPI: 1}, 10},
	{"planted_ack", "a batch is acknowledged before it is committed", deck{atBackend: 2, atPostgres: 1}, 40},
}

// A harness that finds nothing says something only if it finds what is there.
func TestEachPlantedFaultIsFound(t *testing.T) {
	t.Parallel()
	for _, fault := range planted {
		t.Run(fault.is, func(t *testing.T) {
			t.Parallel()
			seed := setting(t, "SEED", rand.Uint64())
			t.Logf("the blows are dealt by seed %d", seed)
			counted := newTally()
			r := &run{t: t, program: build(t, fault.tag), random: rand.New(rand.NewPCG(seed, 3)), tally: counted}
			s, err := newParts(r.program)
			if err != nil {
				t.Fatal(err)
			}
			err = r.trial(s, fault.deck.blows(r.random, fault.within))
			if !isFinding(err) {
				t.Fatalf("nothing is found in %d cycles: %v", counted.cycles.Load(), err)
			}
			first, _, _ := strings.Cut(err.Error(), "\n")
			t.Logf("found after %d cycles: %s", counted.cycles.Load(), first)
		})
	}
}
