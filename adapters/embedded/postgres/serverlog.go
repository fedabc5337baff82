package postgres

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// logPrefix makes each line of the server tell who speaks and with which SQLSTATE; serverLog takes it apart again.
const logPrefix = "%b|%e|"

// serverLog turns what the server writes to stderr into log records, without a word of what sessions were about: their
// messages quote values. It remembers the last lines that tell why a server did not start.
type serverLog struct {
	log *slog.Logger

	mu      sync.Mutex
	partial []byte
	reasons []string
}

// Write takes whole and partial lines.
func (l *serverLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.partial = append(l.partial, p...)
	for {
		line, rest, found := bytes.Cut(l.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		l.line(string(line))
		l.partial = rest
	}
}

func (l *serverLog) line(line string) {
	if line == "" || line[0] == '\t' {
		return // goes on with a message whose first line said enough, or was withheld
	}
	who, state, severity, text, prefixed := parseLine(line)
	if !prefixed {
		// The server speaks like this before it has read its settings.
		l.remember(line)
		l.log.Warn("postgres", "text", line)
		return
	}
	level := levelOf(severity, who)
	attrs := []slog.Attr{slog.String("process", who), slog.String("severity", severity), slog.String("sqlstate", state)}
	if !quotesValues(severity, who) {
		attrs = append(attrs, slog.String("text", text))
		if severity == "PANIC" || severity == "FATAL" && !inSession(who) {
			l.remember(text)
		}
	}
	l.log.LogAttrs(context.Background(), level, "postgres", attrs...)
}

func parseLine(line string) (who, state, severity, text string, ok bool) {
	parts := strings.SplitN(line, "|", 3)
	if len(parts) != 3 {
		return "", "", "", "", false
	}
	severity, text, ok = strings.Cut(parts[2], ":")
	return parts[0], parts[1], severity, strings.TrimSpace(text), ok
}

// inSession tells whether a process works on the rows of its users.
func inSession(who string) bool {
	switch who {
	case "client backend", "parallel worker", "autovacuum worker":
		return true
	}
	return false
}

// quotesValues tells whether a message may quote what a statement worked on. What ends a process speaks of files,
// connections and signals.
func quotesValues(severity, who string) bool {
	return inSession(who) && severity != "FATAL" && severity != "PANIC"
}

// levelOf keeps quiet about sessions, whose errors reach their clients.
func levelOf(severity, who string) slog.Level {
	switch {
	case severity == "PANIC":
		return slog.LevelError
	case inSession(who):
		return slog.LevelDebug
	case severity == "WARNING" || severity == "ERROR" || severity == "FATAL":
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

func (l *serverLog) remember(reason string) {
	const enough = 5
	l.reasons = append(l.reasons, reason)
	if len(l.reasons) > enough {
		l.reasons = l.reasons[1:]
	}
}

// explain adds to err what the server said last about its end.
func (l *serverLog) explain(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.reasons) == 0 {
		return err
	}
	return fmt.Errorf("%w (%s)", err, strings.Join(l.reasons, "; "))
}
