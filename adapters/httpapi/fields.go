package httpapi

import (
	"context"
	"net/http"
	"time"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/domain/field"
	"tagtrail/readmodels"
)

// Field is a custom field of the organisation's contacts.
type Field struct {
	ID        string     `json:"id" format:"uuid"`
	Name      string     `json:"name" example:"Billing cycle"`
	Type      string     `json:"type" enum:"text,number,money,date,choice,multi_choice,person,boolean,url"`
	Options   []string   `json:"options" nullable:"false" doc:"Of a choice: what can be chosen."`
	Status    string     `json:"status" enum:"active,retired" doc:"Nothing new goes into a retired field; what it holds stays."`
	CreatedAt time.Time  `json:"created_at"`
	CreatedBy Actor      `json:"created_by"`
	RetiredAt *time.Time `json:"retired_at"`
	Revision  int64      `json:"revision" doc:"Of its own last event; the ETag." example:"3"`
}

func fieldOf(f readmodels.Field) Field {
	shown := Field{
		ID: f.ID.String(), Name: f.Name, Type: f.Type, Options: optionNames(f.Options), Status: "active",
		CreatedAt: f.CreatedAt, CreatedBy: actorOf(f.CreatedBy), RetiredAt: utc(f.RetiredAt), Revision: f.Revision,
	}
	if f.RetiredAt != nil {
		shown.Status = "retired"
	}
	return shown
}

func optionNames(options []readmodels.FieldOption) []string {
	names := make([]string, len(options))
	for i, option := range options {
		names[i] = option.Name
	}
	return names
}

// NewField is what is asked of a new custom field.
type NewField struct {
	Name    string   `json:"name" maxLength:"400" doc:"1 to 50 characters; no comma and no |." example:"Billing cycle"`
	Type    string   `json:"type" enum:"text,number,money,date,choice,multi_choice,person,boolean,url" doc:"It never changes."`
	Options []string `json:"options,omitempty" nullable:"false" maxItems:"200" maxLength:"800" doc:"Of a choice: what can be chosen; each has 1 to 100 characters."`
}

// FieldPatch is what is asked of a custom field; what is left out stays.
type FieldPatch struct {
	Name    member[string]   `json:"name,omitzero" maxLength:"400" doc:"1 to 50 characters; no comma and no |."`
	Options member[[]string] `json:"options,omitzero" maxItems:"200" maxLength:"800" doc:"The whole list of a choice. Contacts keep what they hold of an option that is taken away."`
}

type listFields struct {
	PerPage
	Status string `query:"status" enum:"active,retired,all" default:"active" doc:"Which custom fields are listed."`
}

// ByField names a custom field in the path.
type ByField struct {
	ID string `path:"id" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"`
}

func (a *api) registerFields() {
	options := []*fault.Fault{field.ErrName, field.ErrNameTaken, field.ErrNoOptions, field.ErrOptionsRequired, field.ErrTooManyOptions, field.ErrOption, field.ErrOptionTwice}
	register(a, operation{
		id: "list-fields", method: http.MethodGet, path: "/v1/fields", group: "Custom fields", permission: commands.MayRead,
		summary: "List the custom fields of contacts, by name", lists: true,
	}, a.listFields)
	register(a, operation{
		id: "define-field", method: http.MethodPost, path: "/v1/fields", group: "Custom fields", permission: commands.MayEditFields,
		summary: "Define a custom field", description: "Names are unique among active fields, whatever their case and width.",
		takes: plainJSON, status: http.StatusCreated,
		answers: map[int]any{http.StatusCreated: Field{}, http.StatusAccepted: Pending{}},
		faults:  append([]*fault.Fault{field.ErrUnknownType, field.ErrTooMany}, options...),
	}, a.defineField)
	register(a, operation{
		id: "get-field", method: http.MethodGet, path: "/v1/fields/{id}", group: "Custom fields", permission: commands.MayRead,
		summary: "Get a custom field, retired or not", faults: []*fault.Fault{commands.ErrNotFound},
	}, a.getField)
	register(a, operation{
		id: "edit-field", method: http.MethodPatch, path: "/v1/fields/{id}", group: "Custom fields", permission: commands.MayEditFields,
		summary: "Edit an active custom field", takes: mergePatch, ifMatch: true, status: http.StatusOK,
		answers: map[int]any{http.StatusOK: Field{}, http.StatusAccepted: Pending{}},
		faults:  append([]*fault.Fault{field.ErrUnknown, field.ErrRetired, field.ErrStale}, options...),
	}, a.editField)
	register(a, operation{
		id: "retire-field", method: http.MethodDelete, path: "/v1/fields/{id}", group: "Custom fields", permission: commands.MayEditFields,
		summary: "Retire a custom field", description: "Nothing new goes in. What contacts hold in it stays, is shown as retired, and can be cleared.",
		status: http.StatusNoContent, answers: map[int]any{http.StatusNoContent: nil},
		faults: []*fault.Fault{field.ErrUnknown},
	}, a.retireField)
	register(a, operation{
		id: "restore-field", method: http.MethodPost, path: "/v1/fields/{id}/restore", group: "Custom fields", permission: commands.MayEditFields,
		summary: "Restore a retired custom field", status: http.StatusOK,
		answers: map[int]any{http.StatusOK: Field{}, http.StatusAccepted: Pending{}},
		faults:  []*fault.Fault{field.ErrUnknown, field.ErrNameTaken, field.ErrTooMany},
	}, a.restoreField)
}

func (a *api) listFields(ctx context.Context, in *listFields) (*listed[Field], error) {
	org, status := orgOf(ctx), readmodels.FieldStatus(in.Status)
	of := place{org: org, list: "fields", filters: []string{in.Status}}
	after, err := open[readmodels.FieldKey](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	fields, next, err := a.fields.List(ctx, org, status, after, in.Limit)
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, a, of, fields, next, fieldOf, func(bound int) (int, error) { return a.fields.Count(ctx, org, status, bound) })
}

func (a *api) getField(ctx context.Context, in *ByField) (*found[Field], error) {
	f, err := a.fields.Get(ctx, orgOf(ctx), parsed(in.ID))
	if err != nil {
		return nil, err
	}
	return &found[Field]{ETag: etag(f.Revision), Body: fieldOf(f)}, nil
}

func (a *api) wroteField(ctx context.Context, status int, receipt commands.Receipt, id field.ID) (*written, error) {
	return wrote(ctx, a, status, receipt, id.UUID, func(ctx context.Context) (Field, int64, error) {
		f, err := a.fields.Get(ctx, orgOf(ctx), id.UUID)
		return fieldOf(f), f.Revision, err
	})
}

func (a *api) defineField(ctx context.Context, in *struct{ Body NewField }) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	id, receipt, err := a.Commands.DefineField(asked, commands.DefineField{Name: in.Body.Name, Type: field.Type(in.Body.Type), Options: in.Body.Options})
	if err != nil {
		return nil, err
	}
	out, err := a.wroteField(ctx, http.StatusCreated, receipt, id)
	if err == nil {
		out.Location = "/v1/fields/" + id.String()
	}
	return out, err
}

type editField struct {
	ByField
	Body FieldPatch `contentType:"application/merge-patch+json"`
}

func (a *api) editField(ctx context.Context, in *editField) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.EditField{Field: field.ID{UUID: parsed(in.ID)}, Name: in.Body.Name.pointer(), Options: in.Body.Options.pointer()}
	if cmd.IfMatch, err = requestOf(ctx).ifMatch.revisionsSeen(); err != nil {
		return nil, err
	}
	receipt, err := a.Commands.EditField(asked, cmd)
	if err != nil {
		return nil, err
	}
	return a.wroteField(ctx, http.StatusOK, receipt, cmd.Field)
}

func (a *api) retireField(ctx context.Context, in *ByField) (*done, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	receipt, err := a.Commands.RetireField(asked, commands.RetireField{Field: field.ID{UUID: parsed(in.ID)}})
	if err != nil {
		return nil, err
	}
	return a.done(ctx, receipt)
}

func (a *api) restoreField(ctx context.Context, in *ByField) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.RestoreField{Field: field.ID{UUID: parsed(in.ID)}}
	receipt, err := a.Commands.RestoreField(asked, cmd)
	if err != nil {
		return nil, err
	}
	return a.wroteField(ctx, http.StatusOK, receipt, cmd.Field)
}
