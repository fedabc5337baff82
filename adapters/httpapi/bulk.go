package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/erasure"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/field"
	"tagtrail/domain/filter"
	operations "tagtrail/domain/operation"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

// BulkOperation is one action, and the contacts that it is done to.
type BulkOperation struct {
	Action     string         `json:"action" enum:"add_tag,remove_tag,set_lead_status,set_owner,set_field,archive,erase" doc:"Needs the same permission as doing it to one contact. erase needs a reason and cannot be undone."`
	Tag        string         `json:"tag,omitempty" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Of add_tag and remove_tag."`
	Value      *string        `json:"value,omitempty" maxLength:"1600" doc:"Of add_tag, where the tag takes one."`
	LeadStatus string         `json:"lead_status,omitempty" enum:"cold,warm,hot,customer" doc:"Of set_lead_status."`
	Owner      string         `json:"owner,omitempty" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Of set_owner; left out, the contacts are nobody's."`
	Field      string         `json:"field,omitempty" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Of set_field."`
	FieldValue string         `json:"field_value,omitempty" maxLength:"8000" doc:"Of set_field; left out, the field is cleared."`
	Contacts   []string       `json:"contacts,omitempty" nullable:"false" maxItems:"10000" format:"uuid" doc:"Whom it is done to, one by one."`
	Filter     *WrittenFilter `json:"filter,omitzero" doc:"Or whom it is done to, as in a search: all that are meant now, at most 1,000,000."`
	Why
}

// BulkPreview is what an action would come to.
type BulkPreview struct {
	Matching      int           `json:"matching" doc:"How many contacts are meant."`
	MatchingExact bool          `json:"matching_exact" doc:"false where more are meant than were counted."`
	Examined      int           `json:"examined" doc:"On how many of them it was tried, without writing; the counts and the sample are of these."`
	Changed       int           `json:"changed"`
	Unchanged     int           `json:"unchanged" doc:"It is so already."`
	Refused       int           `json:"refused"`
	Refusals      []BulkRefusal `json:"refusals" nullable:"false" doc:"Why, the most frequent first."`
	Sample        []BulkSample  `json:"sample" nullable:"false"`
}

// BulkRefusal is a reason why contacts would be refused.
type BulkRefusal struct {
	Code     string `json:"code" example:"contact.too-many-tags"`
	Message  string `json:"message"`
	Contacts int    `json:"contacts"`
}

// BulkSample is what it would come to on one contact.
type BulkSample struct {
	Contact string  `json:"contact" format:"uuid"`
	Result  string  `json:"result" enum:"changed,unchanged,refused"`
	Code    *string `json:"code"`
}

const (
	maxExamined = 200 // contacts that a preview tries the action on
	maxSample   = 20
)

func (a *api) registerBulk() {
	refusals := append([]*fault.Fault{
		operations.ErrNobody, operations.ErrTooMany, commands.ErrAction, tag.ErrDeleted, tag.ErrMerged, erasure.ErrReason, ErrReason,
		contact.ErrValueRequired, contact.ErrValueNotTaken, contact.ErrUnknownLeadStatus, contact.ErrUnknownOwner,
	}, namedInBody(tag.ErrUnknown, field.ErrUnknown)...)
	refusals = append(append(refusals, filter.Faults()...), ErrMasked)
	register(a, operation{
		id: "preview-bulk-operation", method: http.MethodPost, path: "/v1/bulk-operations/preview", group: "Operations", permission: commands.MayWorkInBulk,
		summary: "What an action on many contacts would come to", takes: plainJSON, asks: true, status: http.StatusOK, faults: refusals,
		description: "Nothing is written. It says how many are meant, and on the first of them what would change, what is so already, and what would be refused and why.",
	}, a.previewBulk)
	register(a, operation{
		id: "create-bulk-operation", method: http.MethodPost, path: "/v1/bulk-operations", group: "Operations", permission: commands.MayWorkInBulk,
		summary: "Do something to many contacts", takes: plainJSON, status: http.StatusAccepted,
		description: "It is done in the background, also after a crash, to each contact once. Whom a filter means is settled at the beginning. What is refused on one contact is reported, and the others go on.",
		answers:     map[int]any{http.StatusAccepted: Operation{}}, faults: refusals,
	}, a.createBulk)
}

// bulk is a bulk operation that was understood.
type bulk struct {
	commands.AskedBulk
	contacts []uuid.UUID // nil where a filter says whom it is about
	meant    readmodels.ContactFilter
}

// checkedBulk answers what a body asks for where it can be asked for.
func (a *api) checkedBulk(ctx, asked context.Context, in BulkOperation) (bulk, error) {
	b, err := a.bulkOf(ctx, in)
	if err == nil {
		err = inBody(a.Commands.CheckBulk(asked, b.BulkAction), "")
	}
	return b, err
}

func (a *api) bulkOf(ctx context.Context, in BulkOperation) (bulk, error) {
	b := bulk{AskedBulk: commands.AskedBulk{At: time.Now().UTC(), BulkAction: commands.BulkAction{
		Action: commands.Action(in.Action), Value: in.Value, LeadStatus: contact.LeadStatus(in.LeadStatus), FieldValue: in.FieldValue,
		Tag: tag.ID{UUID: uuidOf(in.Tag)}, Owner: uuidOf(in.Owner), Field: field.ID{UUID: uuidOf(in.Field)},
	}}}
	if !requestOf(ctx).credential.Can(b.Action.Needs()) {
		return b, ErrDenied
	}
	if (len(in.Contacts) > 0) == (in.Filter != nil) {
		return b, operations.ErrNobody
	}
	if in.Filter == nil {
		b.contacts = distinct(in.Contacts)
		return b, nil
	}
	parsed, _, err := in.Filter.parse()
	if err != nil {
		return b, err
	}
	if err := keepable(ctx, parsed); err != nil {
		return b, err
	}
	clock, err := a.clock(ctx, nil)
	if err != nil {
		return b, err
	}
	b.At, b.Filter, b.meant = clock.Now, in.Filter.JSON, readmodels.ContactFilter{Where: parsed, Clock: clock}
	return b, nil
}

func uuidOf(id string) uuid.UUID {
	if id == "" {
		return uuid.Nil
	}
	return parsed(id)
}

func distinct(ids []string) []uuid.UUID {
	all, seen := make([]uuid.UUID, 0, len(ids)), map[uuid.UUID]bool{}
	for _, id := range parsedAll(ids) {
		if !seen[id] {
			all, seen[id] = append(all, id), true
		}
	}
	return all
}

func (a *api) createBulk(ctx context.Context, in *struct{ Body BulkOperation }) (*written, error) {
	asked, err := asking(ctx, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	b, err := a.checkedBulk(ctx, asked, in.Body)
	if err != nil {
		return nil, err
	}
	return a.beginBulk(ctx, asked, b)
}

// beginBulk begins what was understood, unless its filter means more than an operation is about.
func (a *api) beginBulk(ctx, asked context.Context, b bulk) (*written, error) {
	if b.contacts == nil {
		n, err := a.contacts.Count(ctx, orgOf(ctx), b.meant, operations.MaxThings)
		switch {
		case err != nil:
			return nil, inFilter(err)
		case n > operations.MaxThings:
			return nil, operations.ErrTooMany
		}
	}
	what, err := json.Marshal(b.AskedBulk)
	if err != nil {
		return nil, err
	}
	return a.begin(ctx, commands.NextOperation(asked), operations.Bulk, b.contacts, func() (commands.Receipt, error) {
		_, receipt, err := a.Commands.StartOperation(asked, commands.StartOperation{Kind: operations.Bulk, Action: string(b.Action), Asked: string(what)})
		return receipt, err
	})
}

func (a *api) previewBulk(ctx context.Context, in *struct{ Body BulkOperation }) (*struct{ Body BulkPreview }, error) {
	req := requestOf(ctx)
	req.origin = commands.Origin{Organization: req.credential.Organization, Actor: req.credential.Actor(), Source: event.Bulk}
	asked, err := asking(ctx, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	b, err := a.checkedBulk(ctx, asked, in.Body)
	if err != nil {
		return nil, err
	}
	shown, examined, err := a.meantBy(ctx, b)
	if err != nil {
		return nil, inFilter(err)
	}
	outcomes, err := a.Commands.Rehearse(asked, b.BulkAction, examined)
	if err != nil {
		return nil, err
	}
	shown.count(examined, outcomes)
	return &struct{ Body BulkPreview }{shown}, nil
}

// meantBy answers how many contacts are meant, and the first of them.
func (a *api) meantBy(ctx context.Context, b bulk) (BulkPreview, []contact.ID, error) {
	shown := BulkPreview{Matching: len(b.contacts), MatchingExact: true, Refusals: []BulkRefusal{}, Sample: []BulkSample{}}
	ids := b.contacts
	if b.contacts == nil {
		n, err := a.contacts.Count(ctx, orgOf(ctx), b.meant, operations.MaxThings)
		if err != nil {
			return shown, nil, err
		}
		shown.Matching, shown.MatchingExact = min(n, operations.MaxThings), n <= operations.MaxThings
		if ids, err = a.contacts.IDs(ctx, orgOf(ctx), b.meant, uuid.Nil, maxExamined); err != nil {
			return shown, nil, err
		}
	}
	examined := make([]contact.ID, min(len(ids), maxExamined))
	for i := range examined {
		examined[i] = contact.ID{UUID: ids[i]}
	}
	return shown, examined, nil
}

func (p *BulkPreview) count(examined []contact.ID, outcomes []commands.Outcome) {
	var counts operations.Counts
	for i, o := range outcomes {
		counts.Add(o.Result)
		sample := BulkSample{Contact: examined[i].String(), Result: string(o.Result)}
		if o.Fault != nil {
			sample.Code = &o.Fault.Code
			p.refuse(o.Fault)
		}
		if len(p.Sample) < maxSample {
			p.Sample = append(p.Sample, sample)
		}
	}
	p.Examined, p.Changed, p.Unchanged, p.Refused = len(outcomes), counts.Changed, counts.Unchanged, counts.Refused
	slices.SortStableFunc(p.Refusals, func(a, b BulkRefusal) int { return b.Contacts - a.Contacts })
}

func (p *BulkPreview) refuse(f *fault.Fault) {
	at := slices.IndexFunc(p.Refusals, func(r BulkRefusal) bool { return r.Code == f.Code })
	if at < 0 {
		at = len(p.Refusals)
		p.Refusals = append(p.Refusals, BulkRefusal{Code: f.Code, Message: f.Message})
	}
	p.Refusals[at].Contacts++
}
