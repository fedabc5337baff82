package commands

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/identity"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
)

// Person is whom a delivery names, as WhatsApp wrote it; what is "" was not said.
type Person struct {
	ParentBSUID string
	BSUID       string
	WaID        string
	Username    string // it can change hands, so nobody is recognised by it
	ProfileName string
}

// Identities answers what the person is recognised by, the strongest first. What cannot be an identity is left out.
func (p Person) Identities(channel uuid.UUID) []contact.Identity {
	var found []contact.Identity
	add := func(i contact.Identity, ok bool) {
		if ok {
			i.Channel = channel
			found = append(found, i)
		}
	}
	add(contact.ParseBSUID(contact.ParentBSUID, p.ParentBSUID))
	add(contact.ParseBSUID(contact.BSUID, p.BSUID))
	add(contact.ParseWaID(p.WaID))
	return found
}

// claim is what a command wants of an identity: that its contact holds it, or has left it.
type claim struct {
	contact.Identity
	leaving bool
}

func claims(identities []contact.Identity) []claim {
	wanted := make([]claim, len(identities))
	for i, each := range identities {
		wanted[i] = claim{Identity: each}
	}
	return wanted
}

// resolve answers whose the identities were at a time, the strongest first, and
// which of them are that contact's now that it claimed those nobody held. When
// nobody held any, they are a new contact's, whose stream may be empty still:
// whoever is answered such a contact creates it.
//
// A claim is never taken over. What several deliveries of one person may have in
// common is claimed first, so that of two at a time one finds the other's claim
// before it has made any, and both end at one contact. A claim whose contact
// lacks the identity, because somebody stopped half-way, is completed by the
// next to come.
func (s *Service) resolve(ctx context.Context, scope string, wanted []claim, at time.Time) (contact.ID, []contact.Identity, error) {
	for attempt := range maxAttempts {
		if err := pause(ctx, attempt); err != nil {
			return contact.ID{}, nil, err
		}
		id, its, err := s.tryResolve(ctx, scope, wanted, at)
		if !errors.Is(err, event.ErrWrongRevision) {
			return id, its, err
		}
	}
	return contact.ID{}, nil, ErrContended
}

func (s *Service) tryResolve(ctx context.Context, scope string, wanted []claim, at time.Time) (contact.ID, []contact.Identity, error) {
	seen := make([]*claimed, len(wanted))
	for i, each := range wanted {
		found, err := s.look(ctx, scope, each)
		if err != nil {
			return contact.ID{}, nil, err
		}
		seen[i] = found
	}
	whose, err := s.whose(ctx, seen, at)
	if err != nil {
		return contact.ID{}, nil, err
	}
	// What is likeliest to be shared with whoever else creates the same person goes first: somebody may type in the number.
	for _, kind := range []contact.IdentityKind{contact.Number, contact.ParentBSUID, contact.BSUID} {
		for _, each := range seen {
			if each.Kind != kind {
				continue
			}
			if err := s.hold(ctx, each, whose, at); err != nil {
				return contact.ID{}, nil, err
			}
		}
	}
	var its []contact.Identity
	for _, each := range seen {
		if holder, ok := each.holder.At(at); ok && holder == whose {
			its = append(its, each.Identity)
		}
	}
	return whose, its, nil
}

// claimed is an identity as the log knows it.
type claimed struct {
	claim
	id       uuid.UUID
	holder   *identity.Holder
	revision event.Revision
}

func (s *Service) look(ctx context.Context, scope string, wanted claim) (*claimed, error) {
	id, err := s.vault.Identity(ctx, originOf(ctx).Organization, scope, wanted.Kind, wanted.Value)
	if err != nil {
		return nil, fmt.Errorf("find an identity: %w", err)
	}
	return s.lookAt(ctx, id, wanted)
}

// lookAt is look where the identity's id is known.
func (s *Service) lookAt(ctx context.Context, id uuid.UUID, wanted claim) (*claimed, error) {
	org := originOf(ctx).Organization
	at, err := load[identity.Event](ctx, s.store, identity.Stream(id), org, identity.New)
	if err != nil {
		return nil, err
	}
	return &claimed{claim: wanted, id: id, holder: at.state, revision: at.revision}, nil
}

// whose answers the contact that held the strongest identity, or the one that is to hold them all.
func (s *Service) whose(ctx context.Context, seen []*claimed, at time.Time) (contact.ID, error) {
	for _, each := range seen {
		if holder, ok := each.holder.At(at); ok {
			return holder, nil
		}
	}
	for _, kind := range []contact.IdentityKind{contact.BSUID, contact.ParentBSUID, contact.Number} {
		for _, each := range seen {
			if each.Kind == kind {
				return s.newcomer(ctx, each)
			}
		}
	}
	return contact.ID{}, contact.ErrNobody
}

// newcomer answers the contact that an identity begins when nobody holds it. It
// is the same for every delivery, so that two at a time create one contact, and
// another each time the identity changes hands; and only the organisation's own
// key leads from the identity's stream to the contact's.
func (s *Service) newcomer(ctx context.Context, of *claimed) (contact.ID, error) {
	org := originOf(ctx).Organization
	mac, err := s.vault.MAC(ctx, org, "contact", of.id.String(), strconv.FormatInt(int64(of.revision), 10))
	return contact.ID{UUID: uuid.NewSHA1(org.UUID, mac)}, err
}

// hold claims the identity for a contact, or records that the contact has left it.
//
// What it appends shares nothing with what is appended to the contact: no
// command, no cause, no actor, and ids by chance.
func (s *Service) hold(ctx context.Context, each *claimed, whose contact.ID, at time.Time) error {
	events, err := each.decide(whose, at)
	if err != nil || len(events) == 0 {
		return err
	}
	occurred := s.now()
	if each.leaving {
		occurred = at
	}
	metadata := event.Metadata{
		Organization: originOf(ctx).Organization.UUID, Actor: event.Actor{Kind: "system"}, Source: event.System,
		OccurredAt: occurred.UTC().Truncate(time.Microsecond),
	}
	envelopes := make([]event.Envelope, len(events))
	for i, e := range events {
		envelopes[i] = event.Envelope{ID: uuid.Must(uuid.NewV7()), Metadata: metadata, Event: e}
		each.holder.Apply(event.Recorded[identity.Event]{Metadata: metadata, Data: e})
	}
	_, err = s.append(ctx, identity.Stream(each.id), each.revision, envelopes)
	return err
}

func (c *claimed) decide(whose contact.ID, at time.Time) ([]identity.Event, error) {
	switch {
	case c.leaving:
		return c.holder.Leave(whose, at), nil
	case c.holder.IsPast(at):
		return nil, nil
	}
	return c.holder.Claim(whose)
}

// scope answers within what an identity is one person: the organisation, or a channel of it.
func (s *Service) scope(ctx context.Context, channel uuid.UUID) (string, error) {
	org, err := s.organization(ctx, originOf(ctx).Organization)
	if err != nil {
		return "", err
	}
	if org.IdentityScope == organization.ScopeChannel {
		return channel.String(), nil
	}
	return string(organization.ScopeOrganization), nil
}

// recognize answers the contact of a person whom a delivery about a message
// names, created or completed with what the delivery shows. Where that contact
// was merged, it is the one that stands for it; what is seen of the person stays
// with whom it belongs to, so that a merge can be undone.
func (s *Service) recognize(ctx context.Context, id message.ID, about string, seen contact.Sighting) (contact.ID, Receipt, error) {
	scope, err := s.scope(ctx, seen.Channel)
	if err != nil {
		return contact.ID{}, Receipt{}, err
	}
	whose, its, err := s.resolve(ctx, scope, claims(seen.Identities), seen.At)
	if err != nil {
		return contact.ID{}, Receipt{}, err
	}
	seen.Identities = its
	ctx = delivered(ctx, seen.Channel, derive(id.UUID, about, "contact"), seen.At)
	survivor := whose
	receipt, err := s.decideContact(ctx, whose, func(c *contact.Contact) ([]contact.Event, error) {
		survivor = whose
		if into, merged := c.Survivor(); merged {
			survivor = into
		}
		if !c.Exists() {
			if seen.Limit, err = s.limitReached(ctx); err != nil {
				return nil, err
			}
		}
		return c.Recognize(seen)
	})
	if err != nil || survivor == whose {
		return whose, receipt, err
	}
	survivor, err = s.standingFor(ctx, survivor)
	return survivor, receipt, err
}

// standingFor answers the contact that stands for another by now: what it was merged into may have been merged again.
func (s *Service) standingFor(ctx context.Context, id contact.ID) (contact.ID, error) {
	for {
		at, err := load[contact.Event](ctx, s.store, id.Stream(), originOf(ctx).Organization, contact.New)
		if err != nil {
			return id, err
		}
		into, merged := at.state.Survivor()
		if !merged {
			return id, nil
		}
		id = into
	}
}

// messageID answers the id of a message, which a repeated delivery meets again. The organisation's own key keeps the
// number that WhatsApp's id contains from being guessed.
func (s *Service) messageID(ctx context.Context, channel uuid.UUID, wamid string) (message.ID, error) {
	if err := message.CheckWamid(wamid); err != nil {
		return message.ID{}, err
	}
	org := originOf(ctx).Organization
	mac, err := s.vault.MAC(ctx, org, "message", channel.String(), wamid)
	return message.ID{UUID: uuid.NewSHA1(org.UUID, mac)}, err
}

// message answers the message that a delivery is about, and how it is known now.
func (s *Service) message(ctx context.Context, channel uuid.UUID, wamid string) (message.ID, loaded[*message.Message], error) {
	id, err := s.messageID(ctx, channel, wamid)
	if err != nil {
		return id, loaded[*message.Message]{}, err
	}
	before, err := load[message.Event](ctx, s.store, id.Stream(), originOf(ctx).Organization, message.New)
	return id, before, err
}

// delivered answers a context for one of the commands that a delivery is turned into.
func delivered(ctx context.Context, channel, command uuid.UUID, at time.Time) context.Context {
	origin := originOf(ctx)
	origin.Actor = event.Actor{Kind: "channel", ID: channel.String()}
	origin.Source = event.WhatsApp
	origin.CommandID, origin.RequestHMAC, origin.At = command, "", at
	return WithOrigin(ctx, origin)
}

// sentAt answers when something happened by WhatsApp's clock, or by ours where
// WhatsApp named no time, and then says that the time is suspect.
func (s *Service) sentAt(at time.Time, suspect bool) (time.Time, bool) {
	if at.IsZero() {
		return s.now().UTC().Truncate(time.Microsecond), true
	}
	return at.UTC().Truncate(time.Microsecond), suspect
}
