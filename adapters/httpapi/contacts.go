package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

// Contact is a contact with all that is known of its tags.
type Contact struct {
	Person
	*Details
	ActiveTags     []Assignment `json:"active_tags" nullable:"false" doc:"As they were put on. None is added to 20 or more; restoring a deleted tag may bring more."`
	HistoricalTags []Assignment `json:"historical_tags" nullable:"false" doc:"Assignments that ended, or whose tag is deleted."`
	StandsFor      []string     `json:"stands_for" nullable:"false" format:"uuid" doc:"Contacts that were merged into this one, directly or with another. When the person was seen counts theirs too. Empty with as_of."`
}

// ListedContact is a contact as a list shows it.
type ListedContact struct {
	Person
	ActiveTags     []Chip `json:"active_tags" nullable:"false" doc:"By name. Since when and by whom is told with the contact itself."`
	HistoricalTags []Chip `json:"historical_tags" nullable:"false" doc:"Carried tags that are deleted, by name."`
}

// Chip is a tag as a list shows it on a contact.
type Chip struct {
	Tag   AssignedTag `json:"tag"`
	Value *string     `json:"value" doc:"Of a valued tag."`
}

// Person is what is known of a contact besides its tags.
type Person struct {
	ID              string     `json:"id" format:"uuid" example:"0197a1b2-0000-7000-8000-0000000000c1"`
	DisplayName     string     `json:"display_name" doc:"The given name, else the profile name, else —." example:"Sheena"`
	Name            string     `json:"name" doc:"Given by the team; empty when it gave none." example:"Sheena Nuñez"`
	ProfileName     string     `json:"profile_name" doc:"As the person shows it on WhatsApp; empty when unknown." example:"Sheena"`
	Phone           Phone      `json:"phone" doc:"E.164 with +; empty when unknown." example:"+16505550101"`
	WaID            Phone      `json:"wa_id" doc:"As WhatsApp writes the number." example:"16505550101"`
	Email           Email      `json:"email" example:"sheena@example.com"`
	Country         string     `json:"country" doc:"ISO 3166-1 alpha-2: in a list that of the number, with the contact itself what the team gave before that." example:"US"`
	LeadStatus      string     `json:"lead_status" enum:"cold,warm,hot,customer"`
	LeadStatusSince time.Time  `json:"lead_status_since"`
	Owner           *string    `json:"owner" format:"uuid" doc:"The team member who is responsible."`
	FirstSeenAt     *time.Time `json:"first_seen_at" doc:"The first message that came in."`
	LastSeenAt      *time.Time `json:"last_seen_at" doc:"The last message that came in."`
	LastActiveAt    *time.Time `json:"last_active_at" doc:"The last message in or out."`
	CreatedAt       time.Time  `json:"created_at"`
	CreatedBy       Creator    `json:"created_by"`
	Source          string     `json:"source" doc:"By which way the contact came." example:"whatsapp"`
	SourceLabel     string     `json:"source_label" example:"WhatsApp"`
	Channels        []string   `json:"channels" nullable:"false" format:"uuid" doc:"On which channels the person was met."`
	Archived        bool       `json:"archived" doc:"Put away; it can be restored."`
	LegalHold       bool       `json:"legal_hold" doc:"The person cannot be erased until the hold is lifted."`
	MergedInto      *string    `json:"merged_into" format:"uuid" doc:"Only with as_of, or in the answer to a write: the contact that stands for it."`
	Erased          bool       `json:"erased" doc:"The person asked to be forgotten, as of whenever; what is left names nobody."`
	Revision        int64      `json:"revision" doc:"Of its own last event; the ETag." example:"4"`
}

// Creator is who added a contact.
type Creator struct {
	Kind string  `json:"kind" doc:"The kind of key, channel, or system." example:"channel"`
	ID   *string `json:"id" format:"uuid" doc:"Of the key or channel; null for the system."`
}

// Assignment is one stay of a tag on a contact.
type Assignment struct {
	Tag         AssignedTag `json:"tag"`
	Value       *string     `json:"value" doc:"Of a valued tag."`
	Source      string      `json:"source" enum:"manual_admin,manual_agent,api,ai_tool,ai_auto_close,import,bulk,rule,whatsapp,merge,system"`
	SourceLabel string      `json:"source_label" doc:"The source in short." example:"Manual"`
	AssignedAt  time.Time   `json:"assigned_at"`
	AssignedBy  Actor       `json:"assigned_by"`
	EndedAt     *time.Time  `json:"ended_at"`
	EndedReason *string     `json:"ended_reason" enum:"removed,tag_deleted,tag_merged,value_changed,archived,merged,separated,erased" doc:"tag_merged: the contact carries the tag that this one was merged into by another assignment."`
}

// AssignedTag is a tag as it is called now, or was called then.
type AssignedTag struct {
	ID    string    `json:"id" format:"uuid"`
	Name  string    `json:"name" example:"VIP"`
	Color Color     `json:"color" example:"amber"`
	Today *TagToday `json:"today,omitempty" doc:"Only with as_of: what the tag is called today."`
}

// TagToday is what a tag of then is called today.
type TagToday struct {
	Name    string `json:"name" example:"Gold"`
	Color   Color  `json:"color" example:"amber"`
	Deleted bool   `json:"deleted"`
}

func contactOf(c readmodels.Contact) Contact {
	return Contact{Person: personOf(c.Person), ActiveTags: assignmentsOf(c.ActiveTags), HistoricalTags: assignmentsOf(c.HistoricalTags), StandsFor: writtenIDs(c.StandsFor)}
}

func listedContactOf(c readmodels.ListedContact) ListedContact {
	return ListedContact{Person: personOf(c.Person), ActiveTags: chipsOf(c.ActiveTags), HistoricalTags: chipsOf(c.DeletedTags)}
}

func personOf(p readmodels.Person) Person {
	return Person{
		ID: p.ID.String(), DisplayName: p.DisplayName, Name: p.Name, ProfileName: p.ProfileName,
		Phone: Phone(p.Phone), WaID: Phone(p.WaID), Email: Email(p.Email), Country: p.Country,
		LeadStatus: p.LeadStatus, LeadStatusSince: p.LeadStatusSince, Owner: idOf(p.Owner),
		FirstSeenAt: utc(p.FirstSeenAt), LastSeenAt: utc(p.LastSeenAt), LastActiveAt: utc(p.LastActiveAt),
		CreatedAt: p.CreatedAt, CreatedBy: Creator{Kind: p.CreatedBy.Kind, ID: idOf(p.CreatedBy.ID)}, Source: p.Source, SourceLabel: sourceLabel(p.Source),
		Channels: writtenIDs(p.Channels), Archived: p.Archived, LegalHold: p.LegalHold, MergedInto: idOf(p.MergedInto), Erased: p.Erased, Revision: p.Revision,
	}
}

func writtenIDs(ids []uuid.UUID) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = id.String()
	}
	return all
}

func chipsOf(all []readmodels.Chip) []Chip {
	shown := make([]Chip, len(all))
	for i, one := range all {
		shown[i] = Chip{Tag: assignedTagOf(one.Tag), Value: textOrNull(one.Value)}
	}
	return shown
}

func assignedTagOf(t readmodels.AssignedTag) AssignedTag {
	shown := AssignedTag{ID: t.ID.String(), Name: t.Name, Color: Color(t.Color)}
	if t.Today != nil {
		shown.Today = &TagToday{Name: t.Today.Name, Color: Color(t.Today.Color), Deleted: t.Today.Deleted}
	}
	return shown
}

func assignmentsOf(all []readmodels.Assignment) []Assignment {
	shown := make([]Assignment, len(all))
	for i, one := range all {
		shown[i] = Assignment{
			Tag: assignedTagOf(one.Tag), Value: textOrNull(one.Value), Source: one.Source, SourceLabel: sourceLabel(one.Source),
			AssignedAt: one.AssignedAt, AssignedBy: actorOf(one.AssignedBy),
			EndedAt: utc(one.EndedAt), EndedReason: textOrNull(one.EndedReason),
		}
	}
	return shown
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// sourceLabel is what a chip says of a source; who exactly is in the source itself.
func sourceLabel(source string) string {
	switch event.Source(source) {
	case event.ManualAdmin, event.ManualAgent:
		return "Manual"
	case event.API:
		return "API"
	case event.AITool:
		return "AI tool"
	case event.AIAutoClose:
		return "AI auto-close"
	case event.Import:
		return "Import"
	case event.Bulk:
		return "Bulk"
	case event.Rule:
		return "Rule"
	case event.WhatsApp:
		return "WhatsApp"
	case event.Merge:
		return "Merge"
	case event.System:
		return "System"
	}
	return source
}

// NewContact is what is asked of a new contact.
type NewContact struct {
	Name       string   `json:"name,omitempty" maxLength:"1600" doc:"Up to 200 characters; only keys of kind api may leave it out." example:"Sheena Nuñez"`
	Phone      string   `json:"phone,omitempty" maxLength:"100" doc:"With + and the country code; required." example:"+16505550101"`
	Email      string   `json:"email,omitempty" maxLength:"2048" example:"sheena@example.com"`
	Tags       []string `json:"tags,omitempty" nullable:"false" maxItems:"100" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Labels to put on; at most 20."`
	LeadStatus string   `json:"lead_status,omitempty" enum:"cold,warm,hot,customer" doc:"Cold when left out."`
	Channel    *string  `json:"channel,omitempty" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Needed where contacts are kept for each channel."`
}

// ContactFilters narrow a list of contacts; all that is said must hold.
type ContactFilters struct {
	Q           string   `query:"q" maxLength:"200" doc:"Part of a name, phone or e-mail address, whatever its case; one or two characters match where a word begins. Who sees numbers or addresses in part finds them by the whole alone."`
	Tags        []string `query:"tag,explode" nullable:"false" maxItems:"50" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Carries this tag actively; several mean all of them."`
	ExcludeTags []string `query:"exclude_tag,explode" nullable:"false" maxItems:"50" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Does not carry this tag actively; several mean none of them."`
	LeadStatus  string   `query:"lead_status" enum:"cold,warm,hot,customer"`
	Owner       string   `query:"owner" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"`
	CreatedFrom string   `query:"created_from" maxLength:"40" doc:"An instant with its zone, or a date, which begins in the organisation's zone." example:"2026-05-01"`
	CreatedTo   string   `query:"created_to" maxLength:"40" doc:"Before this instant, or before this date begins." example:"2026-06-01T00:00:00Z"`
	Channel     string   `query:"channel" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"Was met on this channel."`
	Archived    string   `query:"archived" enum:"only,include" doc:"Archived contacts are not listed: only lists them alone, include lists them as well."`
}

type listContacts struct {
	PerPage
	ContactFilters
	AsOf
}

// ByContact names a contact in the path.
type ByContact struct {
	ID string `path:"id" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" example:"0197a1b2-0000-7000-8000-0000000000c1"`
}

func (a *api) registerContacts() {
	naming := []*fault.Fault{contact.ErrNameTooLong, contact.ErrNameCharacters, contact.ErrInvalidEmail}
	register(a, operation{
		id: "list-contacts", method: http.MethodGet, path: "/v1/contacts", group: "Contacts", permission: commands.MayRead,
		summary:     "List contacts, the last seen first",
		description: "Filters combine: all that is said must hold. Those never seen come last. Tags are shown by name: active ones, and historical ones that are carried and whose tag is deleted.",
		lists:       true, faults: []*fault.Fault{ErrSearchAsOf},
	}, a.listContacts)
	register(a, operation{
		id: "create-contact", method: http.MethodPost, path: "/v1/contacts", group: "Contacts", permission: commands.MayEditContacts,
		summary: "Add a contact", takes: plainJSON, status: http.StatusCreated,
		answers: map[int]any{http.StatusCreated: Contact{}, http.StatusAccepted: Pending{}},
		faults: append([]*fault.Fault{
			contact.ErrNameRequired, contact.ErrPhoneRequired, contact.ErrInvalidPhone, contact.ErrPhonePrefix,
			contact.ErrPhoneWithoutCountry, contact.ErrNumberTaken, contact.ErrLimitReached, contact.ErrChannelRequired, contact.ErrTooManyTags,
			contact.ErrValueRequired, tag.ErrDeleted,
		}, append(namedInBody(tag.ErrUnknown, organization.ErrUnknownChannel), naming...)...),
	}, a.createContact)
	register(a, operation{
		id: "get-contact", method: http.MethodGet, path: "/v1/contacts/{id}", group: "Contacts", permission: commands.MayRead,
		summary:     "Get a contact with its active and historical tags",
		description: "A contact that was merged is gone: the answer names the one that stands for it (`survivor`, and a Link with rel=canonical).",
		faults:      []*fault.Fault{commands.ErrNotFound, contact.ErrMerged},
	}, a.getContact)
	register(a, operation{
		id: "edit-contact", method: http.MethodPatch, path: "/v1/contacts/{id}", group: "Contacts", permission: commands.MayEditContacts,
		summary: "Edit a contact", takes: mergePatch, ifMatch: true, status: http.StatusOK,
		answers: map[int]any{http.StatusOK: Contact{}, http.StatusAccepted: Pending{}},
		faults:  append([]*fault.Fault{contact.ErrUnknown, contact.ErrErased, contact.ErrStale}, append(naming, describing()...)...),
	}, a.editContact)
}

func (a *api) listContactsNow(ctx context.Context, in *listContacts) (*listed[ListedContact], error) {
	org := orgOf(ctx)
	filter, err := a.filterOf(ctx, in.ContactFilters)
	if err != nil {
		return nil, err
	}
	of := place{org: org, list: "contacts", filters: in.canonical()}
	after, err := open[readmodels.ContactKey](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	contacts, next, err := a.contacts.Page(ctx, org, filter, after, in.Limit)
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, a, of, contacts, next, listedContactOf, func(bound int) (int, error) {
		return a.contacts.Count(ctx, org, filter, bound)
	})
}

// canonical answers the filters in one form, for cursors.
func (f ContactFilters) canonical() []string {
	return []string{
		f.Q, strings.Join(f.Tags, ","), strings.Join(f.ExcludeTags, ","), f.LeadStatus, f.Owner, f.CreatedFrom, f.CreatedTo, f.Channel, f.Archived,
	}
}

// filterOf answers the filters as the read model takes them.
func (a *api) filterOf(ctx context.Context, f ContactFilters) (readmodels.ContactFilter, error) {
	filter := readmodels.ContactFilter{
		Q: f.Q, Tags: parsedAll(f.Tags), ExcludeTags: parsedAll(f.ExcludeTags), LeadStatus: f.LeadStatus,
		Owner: parsedOr(f.Owner), Channel: parsedOr(f.Channel), Archived: readmodels.Shelf(f.Archived), Whole: wholeOnly(ctx),
	}
	var err error
	if filter.CreatedFrom, err = a.instant(ctx, "created_from", f.CreatedFrom); err != nil {
		return filter, err
	}
	if filter.CreatedTo, err = a.instant(ctx, "created_to", f.CreatedTo); err != nil {
		return filter, err
	}
	if filter.CreatedFrom != nil && filter.CreatedTo != nil && filter.CreatedTo.Before(*filter.CreatedFrom) {
		return filter, invalidParameter("created_to", "it is before created_from")
	}
	return filter, nil
}

func parsedOr(id string) *uuid.UUID {
	if id == "" {
		return nil
	}
	one := parsed(id)
	return &one
}

// instant reads an instant with its zone, or a date, which begins in the organisation's zone.
func (a *api) instant(ctx context.Context, name, written string) (*time.Time, error) {
	if written == "" {
		return nil, nil
	}
	at, err := time.Parse(time.RFC3339Nano, written)
	if err != nil {
		zone, unknown := a.Commands.Zone(ctx, requestOf(ctx).credential.Organization)
		if unknown != nil {
			return nil, unknown
		}
		at, err = time.ParseInLocation(time.DateOnly, written, zone)
	}
	if err != nil || at.Year() < 1 {
		return nil, invalidParameter(name, "it is neither a date nor an instant with its zone")
	}
	return &at, nil
}

func (a *api) readContact(ctx context.Context, id uuid.UUID) (Contact, int64, error) {
	found, err := a.contacts.Get(ctx, orgOf(ctx), id)
	if err != nil {
		return Contact{}, 0, err
	}
	// What is asked second may be newer than the entity tag, and never older.
	details, err := a.details.Of(ctx, orgOf(ctx), id)
	return a.detailed(found, details), found.Revision, err
}

func (a *api) wroteContact(ctx context.Context, status int, receipt commands.Receipt, id contact.ID) (*written, error) {
	return wrote(ctx, a, status, receipt, id.UUID, func(ctx context.Context) (Contact, int64, error) { return a.readContact(ctx, id.UUID) })
}

func (a *api) createContact(ctx context.Context, in *struct{ Body NewContact }) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.CreateContact{
		Name: in.Body.Name, Phone: in.Body.Phone, Email: in.Body.Email, LeadStatus: contact.LeadStatus(in.Body.LeadStatus),
	}
	for _, id := range parsedAll(in.Body.Tags) {
		cmd.Tags = append(cmd.Tags, tag.ID{UUID: id})
	}
	if in.Body.Channel != nil {
		cmd.Channel = parsed(*in.Body.Channel)
	}
	id, receipt, err := a.Commands.CreateContact(asked, cmd)
	if err != nil {
		return nil, inBody(err, "/channel") // a tag says which of the tags it is
	}
	out, err := a.wroteContact(ctx, http.StatusCreated, receipt, id)
	if err == nil {
		out.Location = "/v1/contacts/" + id.String()
	}
	return out, err
}
