package projections

import (
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// Channels answers: by which WhatsApp numbers do people reach an organisation? Their secrets are not here.
func Channels() Projection {
	channels := NewTable("channels", Key("org", "channel"), `
		org             uuid,
		channel         uuid,
		name            text,
		phone           text,
		phone_number_id text not null,
		created_at      timestamptz not null,
		revision        bigint not null`)

	return Define("channels", 1, channels,
		On(func(w *Writer, e event.Recorded[organization.ChannelAdded]) {
			w.Put(channels, Cols{
				"org": e.Org(), "channel": e.Data.Channel, "name": e.Data.Name, "phone": e.Data.Phone,
				"phone_number_id": e.Data.PhoneNumberID, "created_at": e.RecordedAt, "revision": e.Revision,
			})
		}),
	)
}
