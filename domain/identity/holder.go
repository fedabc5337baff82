package identity

import (
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// Holder is the state of one identity: who holds it, and who held it until when.
type Holder struct {
	current contact.ID // zero is nobody
	erased  bool       // the claim cannot be read any more: the person asked to be forgotten
	past    []tenure
}

// tenure is one stay of the identity with a contact that ended.
type tenure struct {
	contact contact.ID
	until   time.Time
}

// New answers an identity that nobody ever held.
func New() *Holder { return &Holder{} }

// Apply takes over what happened.
func (h *Holder) Apply(r event.Recorded[Event]) {
	switch e := r.Data.(type) {
	case Claimed:
		h.current, h.erased = read(e.Contact)
	case Released:
		whose, _ := read(e.Contact)
		h.past = append(h.past, tenure{whose, r.Metadata.OccurredAt})
		h.current, h.erased = contact.ID{}, false
	}
}

func read(t personal.Text) (contact.ID, bool) {
	id, err := uuid.Parse(t.Reveal())
	return contact.ID{UUID: id}, err != nil
}

// Current answers who holds the identity now.
func (h *Holder) Current() (contact.ID, bool) { return h.current, h.current != contact.ID{} }

// At answers whose the identity was at a time: a message from before a release is from who held it then.
func (h *Holder) At(t time.Time) (contact.ID, bool) {
	if whose, ok := h.before(t); ok {
		return whose, true
	}
	return h.Current()
}

// IsPast says whether the identity had been released at or after a time by who held it at that time.
func (h *Holder) IsPast(t time.Time) bool {
	_, ok := h.before(t)
	return ok
}

// before answers who held the identity at a time and released it since: the first to release it after that time.
func (h *Holder) before(t time.Time) (contact.ID, bool) {
	var found tenure
	for _, stay := range h.past {
		if !t.After(stay.until) && (found == tenure{} || stay.until.Before(found.until)) {
			found = stay
		}
	}
	return found.contact, found != tenure{}
}

// Claim decides that a contact holds the identity from now on, if nobody does.
// What somebody holds is never taken over.
func (h *Holder) Claim(id contact.ID) ([]Event, error) {
	switch {
	case h.erased:
		return nil, contact.ErrErased
	case h.current != contact.ID{}:
		return nil, nil
	}
	return []Event{Claimed{Contact: personal.New(id.String())}}, nil
}

// Leave decides that a contact has left the identity at a time. A contact that
// is not known to have held it did until then, so that a message from before,
// which may still come, finds it.
func (h *Holder) Leave(id contact.ID, at time.Time) []Event {
	whose := personal.New(id.String())
	switch {
	case h.current == id:
		return []Event{Released{Contact: whose}}
	case h.current != contact.ID{}, h.erased, h.IsPast(at):
		return nil
	}
	return []Event{Claimed{Contact: whose}, Released{Contact: whose}}
}
