package kill_test

import (
	"math/rand/v2"
	"slices"
	"time"
)

// target is what a blow kills.
type target string

// The targets.
const (
	atAPI        target = "api"         // F2: also between an append and its answer
	atProjector  target = "projector"   // F1: also in the middle of a batch
	atStore      target = "event store" // F3: also in the middle of a commit
	atPostgres   target = "postgres"    // F5: the postmaster
	atBackend    target = "backend"     // F5: one session's process, upon which the server recovers
	atLeader     target = "leader"      // F10: a projector that was stopped, overtaken and woken, or who overtook it
	atProcess    target = "all-in-one"  // API, projectors and event store, as one process
	atEverything target = "everything"  // and PostgreSQL with them
)

// takesPostgres says whether PostgreSQL loses what it had not written yet.
func (t target) takesPostgres() bool {
	return t == atPostgres || t == atBackend || t == atProcess || t == atEverything
}

// blow is one kill: what, how long after the load began, and how long until it is mended.
type blow struct {
	target target
	after  time.Duration
	outage time.Duration
	chance int // decides what the target leaves open
}

// deck is how often each target is killed in one round.
type deck map[target]int

// partsDeck is for processes of their own, wholeDeck for all in one.
func partsDeck() deck {
	return deck{atAPI: 3, atProjector: 4, atStore: 3, atPostgres: 2, atBackend: 3, atLeader: 1, atEverything: 1}
}

func wholeDeck() deck { return deck{atProcess: 4, atPostgres: 2, atBackend: 2, atEverything: 1} }

// blows deals round after round, each in another order.
func (d deck) blows(random *rand.Rand, count int) []blow {
	var dealt []blow
	for len(dealt) < count {
		var round []target
		for t, often := range d {
			for range often {
				round = append(round, t)
			}
		}
		slices.Sort(round) // a map has no order that a seed could give again
		random.Shuffle(len(round), func(i, j int) { round[i], round[j] = round[j], round[i] })
		for _, t := range round {
			dealt = append(dealt, blow{
				target: t, after: time.Duration(10+random.IntN(120)) * time.Millisecond,
				outage: time.Duration(random.IntN(25)) * time.Millisecond, chance: random.IntN(1 << 20),
			})
		}
	}
	return dealt[:count]
}
