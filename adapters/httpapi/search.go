package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"tagtrail/commands"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/filter"
	"tagtrail/readmodels"
)

// ContactSearch is what is asked of a search.
type ContactSearch struct {
	Filter *WrittenFilter `json:"filter,omitzero" doc:"Whom to find; everybody where it is left out."`
	Sort   string         `json:"sort,omitempty" enum:"last_seen,last_active,created,name,lead_status" doc:"last_seen where it is left out: the latest first, those never seen last; so is last_active. created: the newest first. name: from A to Z, those without any last. lead_status: customers first and cold contacts last, within each by last_seen."`
	Limit  int            `json:"limit,omitempty" minimum:"1" maximum:"200" doc:"How many items a page holds at most; 50 where it is left out."`
	Cursor string         `json:"cursor,omitempty" maxLength:"8192" doc:"The next of the page before, with the same filter, sort and as_of."`
	Total  bool           `json:"total,omitempty" doc:"Says how many match, counted to 10,000."`
	AsOf   string         `json:"as_of,omitempty" maxLength:"40" doc:"As it was, as in the list of contacts. Goes with sort last_seen, and with what is not known of persons: tags, owner, channel, lead_status, source, origin, archived and times; days are counted back from today."`
}

// FoundContacts is a page of what a search found.
type FoundContacts struct {
	Items      []ListedContact `json:"items" nullable:"false"`
	Next       *string         `json:"next" doc:"The cursor of the next page; null is the end."`
	Total      *int            `json:"total" doc:"How many match, at most 10000; null where it was not asked for."`
	TotalExact *bool           `json:"total_exact" doc:"false where more match than were counted."`
}

type foundContacts struct {
	AsOf string `header:"Tagtrail-As-Of" doc:"The position that the answer is of, where as_of asked for one; the next page is of the same."`
	Body FoundContacts
}

// searchKey is where the next page of a search begins. Times that are counted back from now stay those of the first page.
type searchKey struct {
	Now     time.Time
	At      event.Position
	Contact readmodels.ContactKey
}

func (a *api) registerSearch() {
	register(a, operation{
		id: "search-contacts", method: http.MethodPost, path: "/v1/contacts/search", group: "Contacts", permission: commands.MayRead,
		summary: "Find contacts by a filter", description: filterLanguage, takes: plainJSON, asks: true, status: http.StatusOK,
		faults: append(filter.Faults(), ErrCursor),
	}, a.searchContacts)
}

func (a *api) searchContacts(ctx context.Context, in *struct{ Body ContactSearch }) (*foundContacts, error) {
	asked := in.Body
	if asked.Sort == "" {
		asked.Sort = string(readmodels.ByLastSeen)
	}
	if asked.Limit == 0 {
		asked.Limit = defaultLimit
	}
	parsed, written, err := asked.Filter.parse()
	if err != nil {
		return nil, err
	}
	of := place{org: orgOf(ctx), list: "search", filters: []string{written, asked.Sort, asked.AsOf}}
	key, err := open[searchKey](a, of, asked.Cursor)
	if err != nil {
		return nil, err
	}
	clock, err := a.clock(ctx, key)
	if err != nil {
		return nil, err
	}
	narrowed := readmodels.ContactFilter{Where: parsed, Clock: clock, Whole: wholeOnly(ctx)}
	if asked.AsOf != "" {
		return a.searchAsOf(ctx, asked, of, key, narrowed)
	}
	order := readmodels.ContactOrder(asked.Sort)
	contacts, next, err := a.contacts.PageIn(ctx, of.org, narrowed, order, key.contact(), asked.Limit)
	if err != nil {
		return nil, inFilter(err)
	}
	return searched(a, of, asked, contacts, key.next(clock, 0, next), func() (int, error) {
		return a.contacts.Count(ctx, of.org, narrowed, totalBound)
	})
}

func (a *api) searchAsOf(ctx context.Context, asked ContactSearch, of place, key *searchKey, narrowed readmodels.ContactFilter) (*foundContacts, error) {
	if asked.Sort != string(readmodels.ByLastSeen) {
		return nil, filter.ErrAsOf.At("/sort")
	}
	at, err := a.goOnAt(ctx, asked.AsOf, key)
	if err != nil {
		return nil, err
	}
	contacts, next, err := a.past.Page(ctx, of.org, at, narrowed, key.contact(), asked.Limit)
	if err != nil {
		return nil, inFilter(err)
	}
	out, err := searched(a, of, asked, contacts, key.next(narrowed.Clock, at.Position, next), func() (int, error) {
		return a.past.Count(ctx, of.org, at, narrowed, totalBound)
	})
	if err != nil {
		return nil, err
	}
	out.AsOf, err = a.token(ctx, at.Position)
	return out, err
}

// goOnAt answers the moment of a search, which a cursor names by its position.
func (a *api) goOnAt(ctx context.Context, written string, key *searchKey) (readmodels.Moment, error) {
	if key == nil {
		return a.momentOf(ctx, written)
	}
	return a.moments.Of(ctx, orgOf(ctx), key.At)
}

// clock answers by what the times of a filter are read.
func (a *api) clock(ctx context.Context, key *searchKey) (filter.Clock, error) {
	zone, err := a.Commands.Zone(ctx, requestOf(ctx).credential.Organization)
	if err != nil {
		return filter.Clock{}, err
	}
	if key != nil {
		return filter.Clock{Now: key.Now, Zone: zone}, nil
	}
	return filter.Clock{Now: time.Now().UTC(), Zone: zone}, nil
}

func (k *searchKey) contact() *readmodels.ContactKey {
	if k == nil {
		return nil
	}
	return &k.Contact
}

func (*searchKey) next(clock filter.Clock, at event.Position, next *readmodels.ContactKey) *searchKey {
	if next == nil {
		return nil
	}
	return &searchKey{Now: clock.Now, At: at, Contact: *next}
}

func searched(
	a *api, of place, asked ContactSearch, contacts []readmodels.ListedContact, next *searchKey, count func() (int, error),
) (*foundContacts, error) {
	out := &foundContacts{Body: FoundContacts{Items: make([]ListedContact, len(contacts))}}
	for i, c := range contacts {
		out.Body.Items[i] = listedContactOf(c)
	}
	var err error
	if out.Body.Next, err = cursor(a, of, next); err != nil || !asked.Total {
		return out, err
	}
	total, err := count()
	if err != nil {
		return nil, err
	}
	exact := total <= totalBound
	total = min(total, totalBound)
	out.Body.Total, out.Body.TotalExact = &total, &exact
	return out, nil
}

// filterPointer is where a body has its filter.
const filterPointer = "/filter"

// inFilter says that it is the filter that is refused.
func inFilter(err error) error {
	if f := fault.Of(err); f != nil && f.Pointer == "" {
		return f.At(filterPointer)
	}
	return err
}

// parse reads the filter of a body, and answers one form of it for all that mean the same by the same words.
func (w *WrittenFilter) parse() (parsed filter.Filter, canonical string, err error) {
	if w == nil {
		return nil, "", nil
	}
	if parsed, err = filter.Parse(w.JSON); err != nil {
		f := fault.Of(err)
		return nil, "", f.At(bounded(filterPointer + f.Pointer))
	}
	form := jsontext.Value(w.JSON).Clone()
	if err := form.Canonicalize(); err != nil {
		return nil, "", filter.ErrForm.At(filterPointer)
	}
	return parsed, string(form), nil
}

// defaultLimit is how many items a page holds where nobody says.
const defaultLimit = 50
