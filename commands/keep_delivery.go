package commands

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"tagtrail/domain/delivery"
)

// KeepDelivery says that a signed body, or a part of one, was not understood.
type KeepDelivery struct {
	Channel uuid.UUID
	Why     string
	Field   string // the webhook field that it came under
	Body    []byte
}

// KeepDelivery keeps the body as it came, once.
func (s *Service) KeepDelivery(ctx context.Context, cmd KeepDelivery) (Receipt, error) {
	org := originOf(ctx).Organization
	mac, err := s.vault.MAC(ctx, org, "delivery", cmd.Channel.String(), string(cmd.Body))
	if err != nil {
		return Receipt{}, err
	}
	id := delivery.ID{UUID: uuid.NewSHA1(org.UUID, mac)}
	var receipt Receipt
	for part := range delivery.Parts(cmd.Body) {
		ctx := delivered(ctx, cmd.Channel, derive(id.UUID, "kept", strconv.Itoa(part)), s.now())
		receipt, err = decide(ctx, s, id.Stream(), delivery.New, func(d *delivery.Delivery) ([]delivery.Event, error) {
			return d.Keep(cmd.Channel, cmd.Why, cmd.Field, cmd.Body), nil
		})
		if err != nil {
			return Receipt{}, err
		}
	}
	return receipt, nil
}
