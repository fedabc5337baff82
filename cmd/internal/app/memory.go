package app

import (
	"os"
	"runtime/debug"
)

// collectAt is by how much, in percent, the heap may grow before garbage is looked for. Little lives long here while much
// passes through, so that Go's own 100 spends a third of the processor of an import on looking.
const collectAt = 300

// PaceGarbageCollector has memory bought for time in a program that serves. GOGC says otherwise; GOMEMLIMIT bounds either.
func PaceGarbageCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
}
