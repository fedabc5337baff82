package identity_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/domaintest"
	"tagtrail/domain/identity"
	"tagtrail/domain/personal"
)

func who(n byte) contact.ID { return contact.ID{UUID: uuid.UUID{15: n}} }

func claimed(n byte) identity.Event {
	return identity.Claimed{Contact: personal.New(who(n).String())}
}

func released(n byte) identity.Event {
	return identity.Released{Contact: personal.New(who(n).String())}
}

func at(minute int) time.Time { return domaintest.Began().Add(time.Duration(minute) * time.Minute) }

func holder(given ...identity.Event) *identity.Holder {
	h := identity.New()
	for _, recorded := range domaintest.Given(given...) {
		h.Apply(recorded)
	}
	return h
}

func TestAClaimIsNeverTakenOver(t *testing.T) {
	t.Parallel()
	claim := func(given ...identity.Event) domaintest.Outcome[identity.Event] {
		return domaintest.When(domaintest.Given(given...), identity.New(), func(h *identity.Holder) ([]identity.Event, error) { return h.Claim(who(1)) })
	}
	claim().Then(t, claimed(1))
	claim(claimed(1)).Then(t)
	claim(claimed(2)).Then(t)
	claim(claimed(2), released(2)).Then(t, claimed(1))
	claim(identity.Claimed{Contact: personal.Erased()}).ThenFault(t, contact.ErrErased)
}

func TestLeavingIsRecordedEvenOfSomebodyNobodyHadHeardOf(t *testing.T) {
	t.Parallel()
	leave := func(minute int, given ...identity.Event) domaintest.Outcome[identity.Event] {
		return domaintest.When(domaintest.Given(given...), identity.New(), func(h *identity.Holder) ([]identity.Event, error) {
			return h.Leave(who(1), at(minute)), nil
		})
	}
	leave(5).Then(t, claimed(1), released(1))
	leave(5, claimed(1)).Then(t, released(1))
	leave(1, claimed(1), released(1)).Then(t)
	leave(5, claimed(2)).Then(t)
	leave(5, identity.Claimed{Contact: personal.Erased()}).Then(t)
}

func TestAMessageFromBeforeAReleaseIsFromWhoHeldTheIdentityThen(t *testing.T) {
	t.Parallel()
	h := holder(claimed(1), released(1), claimed(2), released(2), claimed(3)) // released in minutes 1 and 3
	for minute, want := range []byte{1, 1, 2, 2, 3} {
		if got, ok := h.At(at(minute)); !ok || got != who(want) {
			t.Errorf("in minute %d it is %s's, want %s's", minute, got, who(want))
		}
		if past := h.IsPast(at(minute)); past != (want != 3) {
			t.Errorf("in minute %d it was released since: %v", minute, past)
		}
	}
	if got, ok := holder().At(at(0)); ok {
		t.Errorf("what nobody held is %s's", got)
	}
	if got, ok := holder(claimed(1), released(1)).Current(); ok {
		t.Errorf("what was released is %s's", got)
	}
}
