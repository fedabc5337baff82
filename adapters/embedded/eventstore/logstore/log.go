package logstore

import (
	"fmt"
	"log/slog"
)

// pebbleLogger lets Pebble speak through slog.
type pebbleLogger struct{ to *slog.Logger }

// Infof is quiet: Pebble tells of every flush and compaction.
func (pebbleLogger) Infof(string, ...any) {}

func (l pebbleLogger) Errorf(format string, args ...any) {
	l.to.Error("the log's storage reports an error", "error", fmt.Sprintf(format, args...))
}

// Fatalf ends the process, as Pebble demands of it: after a failed sync nothing that the disk holds can be trusted
// until it is read again.
func (l pebbleLogger) Fatalf(format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	l.to.Error("the log's storage cannot go on", "error", message)
	panic("the log's storage cannot go on: " + message)
}
