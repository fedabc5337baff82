package httpapi

import (
	"context"
	"time"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/readmodels"
)

// AsOf asks for what was, instead of what is.
type AsOf struct {
	AsOf string `query:"as_of" maxLength:"40" doc:"As it was: at a position that a write answered, at an instant with its zone, or when a date began in the organisation's zone. Before the first event nothing is there; a time that is yet to come is now. Goes with every filter but q. Personal data of somebody who was erased since is not shown." example:"2026-05-30T12:00:00Z"`
}

// thenKey is a contact's place in a list of then, and when that was: a later page is of the same moment, whatever is
// recorded in between.
type thenKey struct {
	At      event.Position
	Contact readmodels.ContactKey
}

// momentOf answers the moment that a caller names, once the tables of the past show all of it.
func (a *api) momentOf(ctx context.Context, written string) (readmodels.Moment, error) {
	if isPosition(written) {
		position, err := a.position(ctx, written)
		if err != nil {
			return readmodels.Moment{}, err
		}
		if err := a.showPast(ctx, position); err != nil {
			return readmodels.Moment{}, err
		}
		return a.moments.Of(ctx, orgOf(ctx), position)
	}
	at, err := a.instant(ctx, "as_of", written)
	if err != nil {
		return readmodels.Moment{}, invalidParameter("as_of", "it is neither a position, nor an instant with its zone, nor a date")
	}
	return a.momentAt(ctx, *at)
}

// momentAt answers the moment of a time. Where the tables know of nothing later, what is on its way to them may belong to it.
func (a *api) momentAt(ctx context.Context, at time.Time) (readmodels.Moment, error) {
	found, err := a.moments.At(ctx, orgOf(ctx), at)
	if err != nil || !found.Latest {
		return found, err
	}
	head, err := a.Head(ctx)
	if err != nil {
		return found, err
	}
	if err := a.showPast(ctx, head); err != nil {
		return found, err
	}
	return a.moments.At(ctx, orgOf(ctx), at)
}

// showPast waits until the tables of the past show a position, and those that the request names.
func (a *api) showPast(ctx context.Context, position event.Position) error {
	req := requestOf(ctx)
	return a.waitFor(ctx, a.Past.Positions, max(position, req.minPosition), max(req.prefer.wait, a.Patience))
}

type getContact struct {
	ByContact
	AsOf
}

// foundAsOf is a contact, of now or of then.
type foundAsOf struct {
	ETag string `header:"ETag" doc:"For If-Match; not of then."`
	AsOf string `header:"Tagtrail-As-Of" doc:"The position that the answer is of, where as_of asked for one."`
	Body Contact
}

func (a *api) getContact(ctx context.Context, in *getContact) (*foundAsOf, error) {
	if in.AsOf.AsOf != "" {
		return a.getContactAsOf(ctx, in)
	}
	shown, revision, err := a.readContact(ctx, parsed(in.ID))
	if err != nil {
		return nil, err
	}
	if shown.MergedInto != nil {
		return nil, contact.ErrMerged.With("contact", *shown.MergedInto)
	}
	return &foundAsOf{ETag: etag(revision), Body: shown}, nil
}

func (a *api) getContactAsOf(ctx context.Context, in *getContact) (*foundAsOf, error) {
	at, err := a.momentOf(ctx, in.AsOf.AsOf)
	if err != nil {
		return nil, err
	}
	c, err := a.past.Get(ctx, orgOf(ctx), at, parsed(in.ID))
	if err != nil {
		return nil, err
	}
	position, err := a.token(ctx, at.Position)
	return &foundAsOf{AsOf: position, Body: contactOf(c)}, err
}

// listedAsOf is a page of contacts, of now or of then.
type listedAsOf struct {
	TotalCount string `header:"Tagtrail-Total-Count" doc:"How many match, up to 10000, else 10000+; only where Prefer: return=total-count asks for it."`
	AsOf       string `header:"Tagtrail-As-Of" doc:"The position that the answer is of, where as_of asked for one; the next page is of the same."`
	Body       List[ListedContact]
}

func (a *api) listContacts(ctx context.Context, in *listContacts) (*listedAsOf, error) {
	if in.AsOf.AsOf != "" {
		return a.listContactsAsOf(ctx, in)
	}
	page, err := a.listContactsNow(ctx, in)
	if err != nil {
		return nil, err
	}
	return &listedAsOf{TotalCount: page.TotalCount, Body: page.Body}, nil
}

func (a *api) listContactsAsOf(ctx context.Context, in *listContacts) (*listedAsOf, error) {
	if in.Q != "" {
		return nil, ErrSearchAsOf
	}
	org := orgOf(ctx)
	filter, err := a.filterOf(ctx, in.ContactFilters)
	if err != nil {
		return nil, err
	}
	of := place{org: org, list: "contacts as of", filters: append(in.canonical(), in.AsOf.AsOf)}
	key, err := open[thenKey](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	at, after, err := a.goOn(ctx, in.AsOf.AsOf, key)
	if err != nil {
		return nil, err
	}
	contacts, last, err := a.past.Page(ctx, org, at, filter, after, in.Limit)
	if err != nil {
		return nil, err
	}
	var next *thenKey
	if last != nil {
		next = &thenKey{At: at.Position, Contact: *last}
	}
	page, err := pageOf(ctx, a, of, contacts, next, listedContactOf, func(bound int) (int, error) {
		return a.past.Count(ctx, org, at, filter, bound)
	})
	if err != nil {
		return nil, err
	}
	position, err := a.token(ctx, at.Position)
	return &listedAsOf{TotalCount: page.TotalCount, AsOf: position, Body: page.Body}, err
}

// goOn answers the moment of a list and where its page begins: a cursor names both.
func (a *api) goOn(ctx context.Context, written string, key *thenKey) (readmodels.Moment, *readmodels.ContactKey, error) {
	if key == nil {
		at, err := a.momentOf(ctx, written)
		return at, nil, err
	}
	at, err := a.moments.Of(ctx, orgOf(ctx), key.At)
	return at, &key.Contact, err
}
