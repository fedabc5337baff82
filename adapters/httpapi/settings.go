package httpapi

import (
	"context"
	"net/http"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
)

// Settings are the rules of the organisation.
type Settings struct {
	Name          string             `json:"name" example:"Acme"`
	Zone          string             `json:"zone" doc:"In which days begin and end." example:"Europe/Madrid"`
	IdentityScope string             `json:"identity_scope" enum:"org,channel" doc:"Whether a person is one contact, or one for each channel. It never changes."`
	Plan          Plan               `json:"plan"`
	TagLimit      int                `json:"tag_limit" doc:"How many active tags a contact may be given." example:"20"`
	OwnTagsOnly   map[string]bool    `json:"own_tags_only" doc:"By role: whether it takes off only tags that its own source put on."`
	Masking       map[string]Masking `json:"masking" doc:"By role: what it sees in part only."`
}

// Masking says what a role sees in part only.
type Masking struct {
	Phone bool `json:"phone"`
	Email bool `json:"email"`
}

// SettingsPatch is what is asked of the rules; what is left out stays.
type SettingsPatch struct {
	TagLimit    *int                    `json:"tag_limit,omitempty" minimum:"1" maximum:"100" doc:"Contacts that carry more keep them."`
	OwnTagsOnly map[string]bool         `json:"own_tags_only,omitempty" nullable:"false" doc:"By role; owners and managers take off any tag."`
	Masking     map[string]MaskingPatch `json:"masking,omitempty" nullable:"false" doc:"By role. A number leaves its beginning and its end, an e-mail address its first letter, in every answer."`
}

// MaskingPatch is what is asked of what a role sees; what is left out stays.
type MaskingPatch struct {
	Phone *bool `json:"phone,omitempty"`
	Email *bool `json:"email,omitempty"`
}

func (a *api) registerSettings() {
	register(a, operation{
		id: "get-settings", method: http.MethodGet, path: "/v1/settings", group: "Settings", permission: commands.MayRead,
		summary: "The rules of the organisation",
	}, a.getSettings)
	register(a, operation{
		id: "change-settings", method: http.MethodPatch, path: "/v1/settings", group: "Settings", permission: commands.MayChangeSettings,
		summary: "Change the rules of the organisation", description: "All that is asked changes at once or, when one thing is refused, nothing.",
		takes: mergePatch, status: http.StatusOK, answers: map[int]any{http.StatusOK: Settings{}, http.StatusAccepted: Pending{}},
		faults: []*fault.Fault{organization.ErrTagLimit, organization.ErrUnknownRole, organization.ErrUnrestricted},
	}, a.changeSettings)
}

func (a *api) readSettings(ctx context.Context) (Settings, error) {
	plan, err := a.readPlan(ctx)
	if err != nil {
		return Settings{}, err
	}
	o, err := a.Commands.Organization(ctx, organization.ID{UUID: orgOf(ctx)})
	if err != nil {
		return Settings{}, err
	}
	shown := Settings{
		Name: o.Name, Zone: o.Zone, IdentityScope: string(o.IdentityScope), Plan: plan, TagLimit: o.TagLimit(),
		OwnTagsOnly: map[string]bool{}, Masking: map[string]Masking{},
	}
	for _, role := range organization.KeyKinds() {
		shown.OwnTagsOnly[string(role)] = o.OwnTagsOnly(role)
		shown.Masking[string(role)] = Masking(o.Masking(role))
	}
	return shown, nil
}

func (a *api) getSettings(ctx context.Context, _ *struct{}) (*struct{ Body Settings }, error) {
	settings, err := a.readSettings(ctx)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Settings }{settings}, nil
}

type changeSettings struct {
	Body SettingsPatch `contentType:"application/merge-patch+json"`
}

func (a *api) changeSettings(ctx context.Context, in *changeSettings) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	cmd := commands.ChangeSettings{
		TagLimit: in.Body.TagLimit, OwnTagsOnly: map[organization.KeyKind]bool{}, Masking: map[organization.KeyKind]commands.MaskingChange{},
	}
	for role, only := range in.Body.OwnTagsOnly {
		cmd.OwnTagsOnly[organization.KeyKind(bounded(role))] = only
	}
	for role, masking := range in.Body.Masking {
		cmd.Masking[organization.KeyKind(bounded(role))] = commands.MaskingChange(masking)
	}
	receipt, err := a.Commands.ChangeSettings(asked, cmd)
	if err != nil {
		return nil, err
	}
	return wrote(ctx, a, http.StatusOK, receipt, orgOf(ctx), func(ctx context.Context) (Settings, int64, error) {
		settings, err := a.readSettings(ctx)
		return settings, -1, err
	})
}
