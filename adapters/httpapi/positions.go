package httpapi

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/event"
)

// longestWait is how long a read may wait for a position, whatever it prefers.
const longestWait = 10 * time.Second

// token writes a position so that another log's is told apart: half of the log's id, and the position.
func (a *api) token(ctx context.Context, position event.Position) (string, error) {
	log, err := a.log(ctx)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(log[:8:8], uint64(position))), nil
}

// isPosition says whether something has the form of what token writes, which no time has.
func isPosition(written string) bool {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(written)
	return err == nil && len(decoded) == 16
}

// position reads what token wrote.
func (a *api) position(ctx context.Context, token string) (event.Position, error) {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(decoded) != 16 {
		return 0, ErrPosition
	}
	log, err := a.log(ctx)
	if err != nil {
		return 0, err
	}
	if [8]byte(decoded[:8]) != [8]byte(log[:8]) {
		return 0, ErrPosition
	}
	return event.Position(binary.BigEndian.Uint64(decoded[8:])), nil
}

// log answers the id of the log, which is asked for until there is one.
func (a *api) log(ctx context.Context) (uuid.UUID, error) {
	if known := a.logID.Load(); known != nil {
		return *known, nil
	}
	id, err := a.LogID(ctx)
	if err != nil {
		return uuid.Nil, fmt.Errorf("name the log: %w", err)
	}
	if id != uuid.Nil {
		a.logID.Store(&id)
	}
	return id, nil
}

// preferences are what a caller would like, by RFC 7240; what cannot be understood is not there.
type preferences struct {
	waits      bool
	wait       time.Duration
	totalCount bool
}

func preferencesOf(header http.Header) preferences {
	var p preferences
	for part := range strings.SplitSeq(strings.Join(header.Values("Prefer"), ","), ",") {
		preference, _, _ := strings.Cut(part, ";")
		name, value, _ := strings.Cut(preference, "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.Trim(strings.TrimSpace(value), `"`)
		switch name {
		case "wait":
			if seconds, err := strconv.ParseInt(value, 10, 64); err == nil && !p.waits {
				p.waits = true
				p.wait = min(max(time.Duration(min(seconds, 1000))*time.Second, 0), longestWait)
			}
		case "return":
			p.totalCount = p.totalCount || value == "total-count"
		}
	}
	return p
}

// await holds a read back until the tables show the position that it names, and says when they do not.
func (a *api) await(r *http.Request, prefer preferences, tables Positions) error {
	named := r.Header.Values("Tagtrail-Min-Position")
	if len(named) == 0 {
		return nil
	}
	if len(named) > 1 {
		return ErrPosition
	}
	ctx := r.Context()
	position, err := a.position(ctx, named[0])
	if err != nil {
		return err
	}
	if prefer.waits {
		requestOf(ctx).applied = append(requestOf(ctx).applied, "wait")
	}
	requestOf(ctx).minPosition = position
	return a.waitFor(ctx, tables, position, prefer.wait)
}

// waitFor waits until tables show a position, and says when they do not.
func (a *api) waitFor(ctx context.Context, tables Positions, position event.Position, patience time.Duration) error {
	shown, err := tables.Position(ctx)
	if err != nil {
		return fmt.Errorf("ask how far the tables are: %w", err)
	}
	if shown >= position {
		return nil
	}
	head, err := a.Head(ctx)
	if err != nil {
		return fmt.Errorf("ask how far the log is: %w", err)
	}
	if position > head {
		return ErrPosition
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = tables.Wait(waiting, position)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return ErrBehind
	}
	return err
}

// shows waits, as long as a write may take, until the tables show it.
func (a *api) shows(ctx context.Context, position event.Position) bool {
	ctx, cancel := context.WithTimeout(ctx, a.Patience)
	defer cancel()
	return a.Positions.Wait(ctx, position) == nil
}
