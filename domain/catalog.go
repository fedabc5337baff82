// Package domain is the front door to everything that can happen: what tagtrail
// decides, without input, output, clock or chance.
package domain

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/delivery"
	"tagtrail/domain/erasure"
	"tagtrail/domain/event"
	"tagtrail/domain/identity"
	"tagtrail/domain/message"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/rule"
	"tagtrail/domain/segment"
	"tagtrail/domain/tag"
)

// Withheld answers every event by its name, and where it has values that no reader of events is shown, as JSON pointers.
func Withheld() map[string][]string {
	withheld := map[string][]string{}
	for _, spec := range Catalog().Specs() {
		withheld[spec.Name()] = nil
		if e, ok := spec.Zero().(event.Withholding); ok {
			withheld[spec.Name()] = e.Withheld()
		}
	}
	return withheld
}

// Catalog declares every event that was ever stored.
func Catalog() *event.Catalog {
	return event.NewCatalog(
		organization.Events(),
		segment.Events(),
		rule.Events(),
		tag.Events(),
		contact.Events(),
		identity.Events(),
		message.Events(),
		delivery.Events(),
		conversation.Events(),
		erasure.Events(),
		operation.Events(),
	)
}
