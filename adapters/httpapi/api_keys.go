package httpapi

import (
	"context"
	"net/http"
	"time"

	"tagtrail/commands"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
	"tagtrail/readmodels"
)

// APIKey is a key of the organisation, without its secret.
type APIKey struct {
	ID        string     `json:"id" format:"uuid"`
	Kind      string     `json:"kind" enum:"owner,manager,agent,api,ai_tool,ai_auto_close,auditor,analyst" doc:"Decides what the key may do, and the source of what it does."`
	Name      string     `json:"name" example:"Front desk"`
	Member    *string    `json:"member" format:"uuid" doc:"Whose it is: it may do what the member may, and its doings are the member's. null is nobody's."`
	CreatedAt time.Time  `json:"created_at"`
	CreatedBy Actor      `json:"created_by"`
	RevokedAt *time.Time `json:"revoked_at"`
	Revision  int64      `json:"revision" doc:"Of its own last event; the ETag."`
}

// MintedAPIKey is a new key with what opens the organisation, which is shown this once.
type MintedAPIKey struct {
	APIKey
	Token *string `json:"token" doc:"For the Authorization header. null when the request was a repeat: a token is shown once."`
}

// PendingAPIKey is a new key that the tables do not show yet.
type PendingAPIKey struct {
	ID    string  `json:"id" format:"uuid"`
	Token *string `json:"token" doc:"For the Authorization header. null when the request was a repeat: a token is shown once."`
}

func keyOf(k readmodels.Key) APIKey {
	return APIKey{
		ID: k.ID.String(), Kind: k.Kind, Name: k.Name, Member: idOf(k.Member), CreatedAt: k.CreatedAt, CreatedBy: actorOf(k.CreatedBy),
		RevokedAt: utc(k.RevokedAt), Revision: k.Revision,
	}
}

// NewAPIKey is what is asked of a new key.
type NewAPIKey struct {
	Kind string `json:"kind" enum:"owner,manager,agent,api,ai_tool,ai_auto_close,auditor,analyst"`
	Name string `json:"name" maxLength:"800" doc:"1 to 100 characters." example:"Front desk"`
}

type byKey struct {
	ID string `path:"id" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"`
}

func (a *api) registerKeys() {
	register(a, operation{
		id: "list-api-keys", method: http.MethodGet, path: "/v1/api-keys", group: "Keys", permission: commands.MayReadKeys,
		summary: "List keys, revoked ones too", lists: true,
	}, a.listKeys)
	register(a, operation{
		id: "create-api-key", method: http.MethodPost, path: "/v1/api-keys", group: "Keys", permission: commands.MayManageKeys,
		summary: "Create a key", description: "The token is shown in this answer and never again. Only an owner creates a key of an owner.",
		takes: plainJSON, status: http.StatusCreated,
		answers: map[int]any{http.StatusCreated: MintedAPIKey{}, http.StatusAccepted: PendingAPIKey{}},
		faults:  []*fault.Fault{organization.ErrName, organization.ErrUnknownKeyKind, organization.ErrTooManyKeys},
	}, a.createKey)
	register(a, operation{
		id: "revoke-api-key", method: http.MethodDelete, path: "/v1/api-keys/{id}", group: "Keys", permission: commands.MayManageKeys,
		summary: "Revoke a key", description: "It opens nothing from the next request on. Only an owner revokes the key of an owner.",
		status: http.StatusNoContent, answers: map[int]any{http.StatusNoContent: nil},
		faults: []*fault.Fault{organization.ErrKeyNotFound, organization.ErrLastOwnerKey},
	}, a.revokeKey)
}

func (a *api) listKeys(ctx context.Context, in *PerPage) (*listed[APIKey], error) {
	org := orgOf(ctx)
	of := place{org: org, list: "api-keys"}
	after, err := open[readmodels.KeyKey](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	keys, next, err := a.keys.List(ctx, org, after, in.Limit)
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, a, of, keys, next, keyOf, func(bound int) (int, error) { return a.keys.Count(ctx, org, bound) })
}

// mayManage refuses keys of a kind to those who must not make themselves one.
func mayManage(ctx context.Context, kind organization.KeyKind) error {
	if kind == organization.Owner && !requestOf(ctx).credential.Can(commands.MayManageOwnerKeys) {
		return ErrDenied
	}
	return nil
}

func (a *api) createKey(ctx context.Context, in *struct{ Body NewAPIKey }) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	if err := mayManage(ctx, organization.KeyKind(in.Body.Kind)); err != nil {
		return nil, err
	}
	minted, receipt, err := a.Commands.CreateKey(asked, commands.CreateKey{Kind: organization.KeyKind(in.Body.Kind), Name: in.Body.Name})
	if err != nil {
		return nil, err
	}
	return a.wroteKey(ctx, minted, receipt)
}

// wroteKey answers a new key with what opens the organisation.
func (a *api) wroteKey(ctx context.Context, minted commands.MintedKey, receipt commands.Receipt) (*written, error) {
	token := textOrNull(minted.Token)
	out, err := wrote(ctx, a, http.StatusCreated, receipt, minted.Key, func(ctx context.Context) (MintedAPIKey, int64, error) {
		found, err := a.keys.Get(ctx, orgOf(ctx), minted.Key)
		return MintedAPIKey{APIKey: keyOf(found), Token: token}, found.Revision, err
	})
	if err == nil && out.Status == http.StatusAccepted {
		out.Body = PendingAPIKey{ID: minted.Key.String(), Token: token}
	}
	return out, err
}

func (a *api) revokeKey(ctx context.Context, in *byKey) (*done, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	kind, err := a.Commands.KeyKind(asked, parsed(in.ID))
	if err != nil {
		return nil, err
	}
	if err := mayManage(ctx, kind); err != nil {
		return nil, err
	}
	receipt, err := a.Commands.RevokeKey(asked, commands.RevokeKey{Key: parsed(in.ID)})
	if err != nil {
		return nil, err
	}
	return a.done(ctx, receipt)
}
