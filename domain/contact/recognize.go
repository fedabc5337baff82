package contact

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// Sighting is what a delivery shows of a person.
type Sighting struct {
	Identities  []Identity    // the strongest first
	ProfileName personal.Text // zero where none is shown
	Channel     uuid.UUID
	At          time.Time // by the sender's clock
	Limit       int       // of contacts, where the organisation has that many already; 0 where it has not
}

// Recognize decides what a sighting adds to the contact: the contact itself
// when this is the first one, identities that it was not known by, and the name
// that the person shows.
func (c *Contact) Recognize(s Sighting) ([]Event, error) {
	next, events, err := c.meet(s)
	if err != nil {
		return nil, err
	}
	return append(next.settle(events, s.At), next.rename(s)...), nil
}

// Move decides that the person left some identities and is found under others from then on.
func (c *Contact) Move(s Sighting, left, taken []Identity) ([]Event, error) {
	next, events, err := c.meet(Sighting{Identities: s.Identities, Channel: s.Channel, At: s.At})
	if err != nil {
		return nil, err
	}
	for _, i := range left {
		if known := next.find(i); known >= 0 {
			events = next.seen(events, s.At, IdentityUnlinked{Identity: next.identities[known]})
		}
	}
	for _, i := range taken {
		if next.isNew(i, s.At) {
			events = next.seen(events, s.At, IdentityLinked{Identity: i})
		}
	}
	return next.settle(events, s.At), nil
}

// meet decides on the identities of a sighting and answers the contact as it is with them.
func (c *Contact) meet(s Sighting) (*Contact, []Event, error) {
	if c.erased {
		return nil, nil, ErrErased
	}
	next, identities := c.clone(), s.Identities
	var events []Event
	if !c.exists {
		if len(identities) == 0 {
			return nil, nil, ErrNobody
		}
		events = next.seen(events, s.At, Created{Origin: OriginMessage, Identity: identities[0], LeadStatus: Cold})
		identities = identities[1:]
		if s.Limit > 0 {
			events = next.seen(events, s.At, LimitExceeded{Limit: s.Limit})
		}
	}
	for _, i := range identities {
		if next.isNew(i, s.At) {
			events = next.seen(events, s.At, IdentityLinked{Identity: i})
		}
	}
	return next, events, nil
}

// isNew says whether the contact was not known by the identity, or by its wa_id,
// and has not left it since it was seen.
func (c *Contact) isNew(i Identity, at time.Time) bool {
	if since, left := c.left[i.personhood()]; left && !at.After(since) {
		return false
	}
	known := c.find(i)
	if known < 0 {
		return true
	}
	digits := strings.TrimPrefix(i.Value.Reveal(), "+")
	return c.identities[known].WaID.IsZero() && !i.WaID.IsZero() && i.WaID.Reveal() != digits
}

// settle decides which number is shown when there are several: the one that the
// person was seen under last. Readers show the number that was said last, so it
// is said again after an older one that came late.
func (c *Contact) settle(events []Event, at time.Time) []Event {
	var latest Identity
	for _, i := range c.identities {
		order := c.linked[i.personhood()].Compare(c.linked[latest.personhood()])
		if i.Kind == Number && (order > 0 || order == 0 && i.Value.Reveal() > latest.Value.Reveal()) {
			latest = i
		}
	}
	if len(events) == 0 || latest.Kind != Number || latest.personhood() == c.shown {
		return events
	}
	return c.seen(events, at, IdentityLinked{Identity: latest})
}

// rename decides on the profile name. The latest one holds; of two that were
// sent in the same second, the one that sorts last, so that the order of arrival
// does not matter.
//
// Only one case is left in which it does: a name that is seen again says nothing
// new, so it leaves no event, and with it goes until when it was seen. Another
// name from before that comes later still holds until the next message. Closing
// that would cost an event for each message.
func (c *Contact) rename(s Sighting) []Event {
	before := s.At.Compare(c.profileAt)
	if before == 0 {
		before = strings.Compare(s.ProfileName.Reveal(), c.profileName.Reveal())
	}
	if s.ProfileName.IsZero() || s.ProfileName == c.profileName || before <= 0 {
		return nil
	}
	return []Event{ProfileNameChanged{Name: s.ProfileName, Channel: s.Channel}}
}

// seen applies what was just decided as it will be recorded, and answers the events so far.
func (c *Contact) seen(events []Event, at time.Time, e Event) []Event {
	c.Apply(event.Recorded[Event]{Metadata: event.Metadata{OccurredAt: at}, Data: e})
	return append(slices.Clip(events), e)
}
