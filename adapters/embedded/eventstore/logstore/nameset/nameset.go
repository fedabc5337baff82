// Package nameset holds a set of names in about two bytes each: it never misses a name that was added, and seldom claims one that was not.
package nameset

import (
	"hash/maphash"
	"math/bits"
)

// A layer is filled up to bitsPerName, at which it claims about one name in a hundred too many.
const (
	bitsPerName = 12
	firstLayer  = 1 << 16 // names that the first layer takes; each further one takes growth times as many
	growth      = 4
)

// Set is a set of names. The zero value is not usable: Make gives an empty one. One goroutine may use it at a time.
type Set struct {
	seed   maphash.Seed
	layers []*layer // the last one is being filled
}

// Make gives an empty set.
func Make() *Set { return &Set{seed: maphash.MakeSeed()} }

// Add puts a name into the set.
func (s *Set) Add(name string) { s.add(maphash.String(s.seed, name)) }

// AddBytes is Add for a name that is not a string yet.
func (s *Set) AddBytes(name []byte) { s.add(maphash.Bytes(s.seed, name)) }

func (s *Set) add(hash uint64) {
	n := len(s.layers)
	if n == 0 || s.layers[n-1].room == 0 {
		room := firstLayer
		for range n {
			room *= growth
		}
		s.layers = append(s.layers, newLayer(room))
	}
	s.layers[len(s.layers)-1].add(hash)
}

// MayHave says false only of a name that was never added.
func (s *Set) MayHave(name string) bool {
	hash := maphash.String(s.seed, name)
	for _, l := range s.layers {
		if l.mayHave(hash) {
			return true
		}
	}
	return false
}

// layer is a Bloom filter in blocks of half a cache line, so that a name costs one access to memory: in its block it
// has one bit in each word.
type layer struct {
	blocks [][blockWords]uint32
	room   int // names that still fit
}

const (
	blockWords = 8
	blockBits  = blockWords * 32
)

func newLayer(names int) *layer {
	return &layer{blocks: make([][blockWords]uint32, names*bitsPerName/blockBits), room: names}
}

func (l *layer) add(hash uint64) {
	block, pattern := l.find(hash)
	for i := range block {
		block[i] |= 1 << (pattern & 31)
		pattern >>= 5
	}
	l.room--
}

func (l *layer) mayHave(hash uint64) bool {
	block, pattern := l.find(hash)
	for i := range block {
		if block[i]&(1<<(pattern&31)) == 0 {
			return false
		}
		pattern >>= 5
	}
	return true
}

// find answers the block of a hash, and where its bits lie in each word: five bits of the pattern for each.
func (l *layer) find(hash uint64) (block *[blockWords]uint32, pattern uint64) {
	at, _ := bits.Mul64(hash, uint64(len(l.blocks)))
	return &l.blocks[at], hash * 0x9e3779b97f4a7c15 >> 24
}
