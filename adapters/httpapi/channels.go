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

// Channel is a WhatsApp number of the organisation, without its secrets.
type Channel struct {
	ID            string    `json:"id" format:"uuid"`
	Name          string    `json:"name" example:"Sales"`
	Phone         string    `json:"phone" doc:"E.164; empty when it was not given." example:"+16505550100"`
	PhoneNumberID string    `json:"phone_number_id" doc:"WhatsApp's own id of the number." example:"106540352242922"`
	WebhookPath   string    `json:"webhook_path" doc:"Where WhatsApp delivers to, on this server." example:"/webhooks/whatsapp/0197a1b2-0000-7000-8000-0000000000d1"`
	CreatedAt     time.Time `json:"created_at"`
	Revision      int64     `json:"revision" doc:"Of its own last event; the ETag."`
}

func channelOf(c readmodels.Channel) Channel {
	return Channel{
		ID: c.ID.String(), Name: c.Name, Phone: c.Phone, PhoneNumberID: c.PhoneNumberID,
		WebhookPath: "/webhooks/whatsapp/" + c.ID.String(), CreatedAt: c.CreatedAt, Revision: c.Revision,
	}
}

// NewChannel is a WhatsApp number, and what proves that a delivery is WhatsApp's.
type NewChannel struct {
	Name          string `json:"name" maxLength:"800" doc:"1 to 100 characters." example:"Sales"`
	PhoneNumberID string `json:"phone_number_id" maxLength:"64" doc:"WhatsApp's own id of the number." example:"106540352242922"`
	Phone         string `json:"phone,omitempty" maxLength:"32" doc:"E.164." example:"+16505550100"`
	AppSecret     string `json:"app_secret" maxLength:"512" doc:"Of the app at Meta; signs deliveries. Never shown again." writeOnly:"true"`
	VerifyToken   string `json:"verify_token" maxLength:"512" doc:"Made up by you, and given to Meta with the address. Never shown again." writeOnly:"true"`
}

func (a *api) registerChannels() {
	register(a, operation{
		id: "list-channels", method: http.MethodGet, path: "/v1/channels", group: "Channels", permission: commands.MayRead,
		summary: "List the WhatsApp numbers that deliver here", lists: true,
	}, a.listChannels)
	register(a, operation{
		id: "add-channel", method: http.MethodPost, path: "/v1/channels", group: "Channels", permission: commands.MayManageChannels,
		summary: "Add a WhatsApp number", takes: plainJSON, status: http.StatusCreated,
		answers: map[int]any{http.StatusCreated: Channel{}, http.StatusAccepted: Pending{}},
		faults: []*fault.Fault{
			organization.ErrName, organization.ErrChannelExists, organization.ErrTooManyChannels, organization.ErrPhoneNumberID,
			organization.ErrChannelPhone, organization.ErrChannelSecret, organization.ErrChannelVerifyToken,
		},
	}, a.addChannel)
}

func (a *api) listChannels(ctx context.Context, in *PerPage) (*listed[Channel], error) {
	org := orgOf(ctx)
	of := place{org: org, list: "channels"}
	after, err := open[readmodels.ChannelKey](a, of, in.Cursor)
	if err != nil {
		return nil, err
	}
	channels, next, err := a.channels.List(ctx, org, after, in.Limit)
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, a, of, channels, next, channelOf, func(bound int) (int, error) { return a.channels.Count(ctx, org, bound) })
}

func (a *api) addChannel(ctx context.Context, in *struct{ Body NewChannel }) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	id, receipt, err := a.Commands.AddChannel(asked, commands.AddChannel{
		Name: in.Body.Name, PhoneNumberID: in.Body.PhoneNumberID, Phone: in.Body.Phone,
		AppSecret: in.Body.AppSecret, VerifyToken: in.Body.VerifyToken,
	})
	if err != nil {
		return nil, err
	}
	return wrote(ctx, a, http.StatusCreated, receipt, id, func(ctx context.Context) (Channel, int64, error) {
		return a.readChannel(ctx, id)
	})
}

func (a *api) readChannel(ctx context.Context, id uuid.UUID) (Channel, int64, error) {
	found, err := a.channels.Get(ctx, orgOf(ctx), id)
	return channelOf(found), found.Revision, err
}
