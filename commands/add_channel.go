package commands

import (
	"context"

	"github.com/google/uuid"

	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// AddChannel asks that a WhatsApp number of the organisation delivers to us.
type AddChannel struct {
	Name          string
	PhoneNumberID string
	Phone         string // E.164, optional
	AppSecret     string
	VerifyToken   string
}

// AddChannel answers the channel's id, which is in the path of its webhook.
//
// The installation learns of the channel first: an attempt that ends in between
// leaves an id that no organisation knows, which opens nothing, and not a
// channel that is shown and never found.
func (s *Service) AddChannel(ctx context.Context, cmd AddChannel) (uuid.UUID, Receipt, error) {
	origin := originOf(ctx)
	channel := organization.Channel{
		ID: created(origin.CommandID, "channel", 0), Organization: origin.Organization,
		PhoneNumberID: cmd.PhoneNumberID, Name: personal.New(cmd.Name), Phone: personal.New(cmd.Phone),
		AppSecret: personal.New(cmd.AppSecret), VerifyToken: personal.New(cmd.VerifyToken),
	}
	at, err := s.organizations.load(ctx, origin.Organization.Stream())
	if err != nil {
		return uuid.Nil, Receipt{}, err
	}
	if _, before := at.replay(origin.CommandID); !before {
		if _, err := at.state.AddChannel(channel); err != nil {
			return uuid.Nil, Receipt{}, err
		}
		_, err := s.decideInstallation(ctx, func(i *organization.Installation) ([]organization.InstallationEvent, error) {
			return i.RegisterChannel(channel.ID, origin.Organization), nil
		})
		if err != nil {
			return uuid.Nil, Receipt{}, err
		}
	}
	receipt, err := s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		return o.AddChannel(channel)
	})
	return channel.ID, receipt, err
}
