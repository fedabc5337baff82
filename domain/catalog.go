// Package domain is the front door to everything that can happen: what tagtrail
// decides, without input, output, clock or chance.
package domain

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/delivery"
	"tagtrail/domain/event"
	"tagtrail/domain/identity"
	"tagtrail/domain/message"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
)

// Catalog declares every event that was ever stored.
func Catalog() *event.Catalog {
	return event.NewCatalog(
		organization.Events(),
		tag.Events(),
		contact.Events(),
		identity.Events(),
		message.Events(),
		delivery.Events(),
		conversation.Events(),
	)
}
