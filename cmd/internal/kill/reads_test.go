package kill_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// reader reads, naming what was acknowledged, and remembers what it saw.
type reader struct {
	*trial
	random *rand.Rand
	seen   map[uuid.UUID]event.Revision
	storm  int64 // in which it saw that
}

type shownContact struct {
	ID         uuid.UUID      `json:"id"`
	Revision   event.Revision `json:"revision"`
	LeadStatus string         `json:"lead_status"`
	ActiveTags []struct {
		Tag struct {
			ID string `json:"id"`
		} `json:"tag"`
	} `json:"active_tags"`
}

// work reads a contact, or the list of all, once.
func (r *reader) work(ctx context.Context) error {
	who := pick(r.random, r.people())
	stream := contact.ID{UUID: who}.Stream()
	named := r.book.positionOf(stream)
	path := "/v1/contacts/" + who.String()
	if r.random.IntN(4) == 0 {
		path = "/v1/contacts?limit=100"
	}
	storm := r.storms.Load()
	base := r.site.api()
	if base == "" {
		return pause(ctx, r.pace())
	}
	a, err := r.caller.send(ctx, base, r.reading(path, named, "wait=2"))
	if isFinding(err) {
		return err
	}
	if err != nil || a.status == http.StatusServiceUnavailable {
		r.tally.readsRefused.Add(1)
		return pause(ctx, r.pace())
	}
	if !a.ok() {
		return found("a read of %s at %d is answered %d %s", path, named, a.status, a.said)
	}
	r.tally.reads.Add(1)
	shown, err := contactsIn(a.said)
	if err != nil {
		return err
	}
	if r.storms.Load() != storm || storm%2 == 1 || r.storm != storm {
		clear(r.seen)
		r.storm = storm
	}
	for _, c := range shown {
		if c.ID == who {
			r.book.read(reading{stream, named, c.Revision})
		}
		if c.Revision < r.seen[c.ID] {
			return found("a read of %s moved backward: revision %d of contact %s after %d", path, c.Revision, c.ID, r.seen[c.ID])
		}
		r.seen[c.ID] = c.Revision
	}
	return pause(ctx, r.pace())
}

func contactsIn(body []byte) ([]shownContact, error) {
	var list struct{ Items []shownContact }
	if err := json.Unmarshal(body, &list); err != nil || list.Items != nil {
		return list.Items, err
	}
	var one shownContact
	err := json.Unmarshal(body, &one)
	return []shownContact{one}, err
}

// reading is a read that waits for a position.
func (t *trial) reading(path string, named event.Position, prefer string) request {
	return request{method: http.MethodGet, path: path, header: map[string]string{
		"Authorization": "Bearer " + t.site.key(), "Tagtrail-Min-Position": tokenOf(t.log, named), "Prefer": prefer,
	}}
}

// pace leaves the machine to those who write.
func (r *reader) pace() time.Duration { return time.Duration(1+r.random.IntN(5)) * time.Millisecond }
