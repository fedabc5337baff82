package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
	"tagtrail/readmodels"
)

// TeamMember is somebody who belongs to the team.
type TeamMember struct {
	ID        string     `json:"id" format:"uuid"`
	Name      string     `json:"name" example:"Marta Ruiz"`
	Email     Email      `json:"email" doc:"Empty where none is known." example:"marta@example.com"`
	Role      string     `json:"role" enum:"owner,manager,agent,auditor,analyst" doc:"Decides what the member's keys may do, and under which source."`
	AddedAt   time.Time  `json:"added_at"`
	AddedBy   Actor      `json:"added_by"`
	RemovedAt *time.Time `json:"removed_at" doc:"What the member did stays recorded."`
	Revision  int64      `json:"revision" doc:"Of its own last event; the ETag."`
}

func memberOf(m readmodels.TeamMember) TeamMember {
	return TeamMember{
		ID: m.ID.String(), Name: m.Name, Email: Email(m.Email), Role: m.Role, AddedAt: m.AddedAt, AddedBy: actorOf(m.AddedBy),
		RemovedAt: utc(m.RemovedAt), Revision: m.Revision,
	}
}

// NewMember is who is to belong to the team.
type NewMember struct {
	Name  string `json:"name" maxLength:"800" doc:"1 to 100 characters." example:"Marta Ruiz"`
	Email string `json:"email,omitempty" maxLength:"2048" example:"marta@example.com"`
	Role  string `json:"role" enum:"owner,manager,agent,auditor,analyst"`
}

// MemberPatch is what is asked of a member; what is left out stays.
type MemberPatch struct {
	Name  member[string] `json:"name,omitzero" maxLength:"800" doc:"1 to 100 characters."`
	Email member[string] `json:"email,omitzero" maxLength:"2048" doc:"null takes the address away."`
	Role  string         `json:"role,omitempty" enum:"owner,manager,agent,auditor,analyst" doc:"Takes effect at once on every key of the member."`
}

// NewMemberKey is what is asked of a member's new key.
type NewMemberKey struct {
	Name string `json:"name" maxLength:"800" doc:"1 to 100 characters." example:"Marta's phone"`
}

type listMembers struct {
	PerPage
	Status string `query:"status" enum:"active,removed,all" default:"active" doc:"Which members are listed, in the order in which they were added; active are those who belong to the team."`
}

// ByMember names a member in the path.
type ByMember struct {
	ID string `path:"id" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"`
}

func (a *api) registerMembers() {
	naming := []*fault.Fault{organization.ErrName, organization.ErrMemberEmail, organization.ErrUnknownRole}
	answers := func(status int) map[int]any {
		return map[int]any{status: TeamMember{}, http.StatusAccepted: Pending{}}
	}
	register(a, operation{
		id: "list-members", method: http.MethodGet, path: "/v1/members", group: "Team", permission: commands.MayRead,
		summary: "List who belongs to the team, or did", lists: true,
	}, a.listMembers)
	register(a, operation{
		id: "get-member", method: http.MethodGet, path: "/v1/members/{id}", group: "Team", permission: commands.MayRead,
		summary: "Get a member, whether removed or not", faults: []*fault.Fault{commands.ErrNotFound},
	}, a.getMember)
	register(a, operation{
		id: "add-member", method: http.MethodPost, path: "/v1/members", group: "Team", permission: commands.MayManageMembers,
		summary: "Add somebody to the team", description: "A member comes in by a key of its own. Only an owner adds an owner.",
		takes: plainJSON, status: http.StatusCreated, answers: answers(http.StatusCreated), faults: append(naming, organization.ErrTooManyMembers),
	}, a.addMember)
	register(a, operation{
		id: "edit-member", method: http.MethodPatch, path: "/v1/members/{id}", group: "Team", permission: commands.MayManageMembers,
		summary: "Edit a member", description: "Only an owner edits an owner, or makes somebody one. The last owner who can come in stays one.",
		takes: mergePatch, ifMatch: true, status: http.StatusOK, answers: answers(http.StatusOK),
		faults: append(naming, organization.ErrUnknownMember, organization.ErrMemberStale, organization.ErrLastOwnerKey),
	}, a.editMember)
	register(a, operation{
		id: "remove-member", method: http.MethodDelete, path: "/v1/members/{id}", group: "Team", permission: commands.MayManageMembers,
		summary: "Take a member off the team", description: "The member's keys open nothing from the next request on. Contacts keep their owner until they get another.",
		status: http.StatusNoContent, answers: map[int]any{http.StatusNoContent: nil},
		faults: []*fault.Fault{organization.ErrUnknownMember, organization.ErrLastOwnerKey},
	}, a.removeMember)
	register(a, operation{
		id: "create-member-key", method: http.MethodPost, path: "/v1/members/{id}/keys", group: "Team", permission: commands.MayManageMembers,
		summary: "Create a key of a member", description: "It may do what the member may, now and later, and its doings are the member's. The token is shown in this answer and never again.",
		takes: plainJSON, status: http.StatusCreated,
		answers: map[int]any{http.StatusCreated: MintedAPIKey{}, http.StatusAccepted: PendingAPIKey{}},
		faults:  []*fault.Fault{organization.ErrUnknownMember, organization.ErrName, organization.ErrTooManyKeys},
	}, a.createMemberKey)
}

func (a *api) listMembers(ctx context.Context, in *listMembers) (*listed[TeamMember], error) {
	org, status := orgOf(ctx), readmodels.TeamStatus(in.Status)
	of := place{org: org, list: "members", filters: []string{in.Status}}
	after, err := open[readmodels.TeamKey](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	members, next, err := a.team.List(ctx, org, status, after, in.Limit)
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, a, of, members, next, memberOf, func(bound int) (int, error) { return a.team.Count(ctx, org, status, bound) })
}

// readMember reads a member whom a write was about.
func (a *api) readMember(id uuid.UUID) func(context.Context) (TeamMember, int64, error) {
	return func(ctx context.Context) (TeamMember, int64, error) {
		one, err := a.team.Get(ctx, orgOf(ctx), id)
		return memberOf(one), one.Revision, err
	}
}

func (a *api) getMember(ctx context.Context, in *ByMember) (*found[TeamMember], error) {
	one, err := a.team.Get(ctx, orgOf(ctx), parsed(in.ID))
	if err != nil {
		return nil, err
	}
	return &found[TeamMember]{ETag: etag(one.Revision), Body: memberOf(one)}, nil
}

func (a *api) addMember(ctx context.Context, in *struct{ Body NewMember }) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	role := organization.KeyKind(in.Body.Role)
	if err := mayManage(ctx, role); err != nil {
		return nil, err
	}
	id, receipt, err := a.Commands.AddMember(asked, commands.AddMember{Name: in.Body.Name, Email: in.Body.Email, Role: role})
	if err != nil {
		return nil, err
	}
	out, err := wrote(ctx, a, http.StatusCreated, receipt, id, a.readMember(id))
	if err == nil {
		out.Location = "/v1/members/" + id.String()
	}
	return out, err
}

type editMember struct {
	ByMember
	Body MemberPatch `contentType:"application/merge-patch+json"`
}

func (a *api) editMember(ctx context.Context, in *editMember) (*written, error) {
	asked, err := a.managing(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	ifMatch, err := requestOf(ctx).ifMatch.revisionsSeen()
	if err != nil {
		return nil, err
	}
	cmd := commands.EditMember{
		Member: parsed(in.ID), IfMatch: ifMatch,
		Changes: organization.MemberChanges{Name: in.Body.Name.pointer(), Email: in.Body.Email.pointer()},
	}
	if in.Body.Role != "" {
		cmd.Changes.Role = new(organization.KeyKind(in.Body.Role))
		if err := mayManage(ctx, *cmd.Changes.Role); err != nil {
			return nil, err
		}
	}
	receipt, err := a.Commands.EditMember(asked, cmd)
	if err != nil {
		return nil, err
	}
	return wrote(ctx, a, http.StatusOK, receipt, cmd.Member, a.readMember(cmd.Member))
}

func (a *api) removeMember(ctx context.Context, in *ByMember) (*done, error) {
	asked, err := a.managing(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	receipt, err := a.Commands.RemoveMember(asked, commands.RemoveMember{Member: parsed(in.ID)})
	if err != nil {
		return nil, err
	}
	return a.done(ctx, receipt)
}

type createMemberKey struct {
	ByMember
	Body NewMemberKey
}

func (a *api) createMemberKey(ctx context.Context, in *createMemberKey) (*written, error) {
	asked, err := a.managing(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	minted, receipt, err := a.Commands.CreateMemberKey(asked, commands.CreateMemberKey{Member: parsed(in.ID), Name: in.Body.Name})
	if f := fault.Of(err); f != nil && f.Pointer == "/member" {
		return nil, organization.ErrUnknownMember
	}
	if err != nil {
		return nil, err
	}
	return a.wroteKey(ctx, minted, receipt)
}

// managing answers the context of a command about a member, unless the member is an owner and the caller none.
func (a *api) managing(ctx context.Context, id string) (context.Context, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	role, err := a.Commands.MemberRole(asked, parsed(id))
	if err != nil {
		return nil, err
	}
	return asked, mayManage(ctx, role)
}
