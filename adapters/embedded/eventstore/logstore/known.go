package logstore

import (
	"fmt"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"tagtrail/adapters/embedded/eventstore/logstore/nameset"
)

// known tells a stream that was never written from the others without asking the disk, which is slowest with what is
// not there: an import does little else than begin streams. Until all that were there at the start are read, it takes
// every stream for one that may be.
type known struct {
	begun *nameset.Set                // since the log was opened
	found atomic.Pointer[nameset.Set] // when it was opened; nil until all are read
}

func newKnown() *known { return &known{begun: nameset.Make()} }

func (k *known) mayHave(owner string) bool {
	found := k.found.Load()
	return found == nil || found.MayHave(owner) || k.begun.MayHave(owner)
}

// read finds the streams that are there. When it is cut short or fails, the disk is asked as before.
func (k *known) read(db *pebble.DB, stop <-chan struct{}) error {
	heads, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{headKeys}, UpperBound: []byte{headKeys + 1}})
	if err != nil {
		return fmt.Errorf("look for streams: %w", err)
	}
	defer func() { _ = heads.Close() }()
	found := nameset.Make()
	for ok := heads.First(); ok; ok = heads.Next() {
		select {
		case <-stop:
			return nil
		default:
		}
		found.AddBytes(heads.Key()[1:])
	}
	if err := heads.Error(); err != nil {
		return fmt.Errorf("look for streams: %w", err)
	}
	k.found.Store(found)
	return nil
}
