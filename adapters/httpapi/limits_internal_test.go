package httpapi

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// Who was silent for long enough has everything again, and nothing is kept of whoever has.
func TestAnAllowanceKeepsNothingOfWhoWasSilent(t *testing.T) {
	t.Parallel()
	a, now := newAllowance("key", 100), time.Unix(1_000_000, 0)
	for range 20 * fewest {
		now = now.Add(time.Millisecond)
		if _, _, wait := a.take(uuid.New(), now); wait > 0 {
			t.Fatalf("somebody new waits %s", wait)
		}
	}
	if kept := len(a.until); kept > fewest {
		t.Errorf("%d are kept", kept)
	}
}
