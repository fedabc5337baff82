package domain

import (
	"slices"

	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/erasure"
	"tagtrail/domain/fault"
	"tagtrail/domain/field"
	"tagtrail/domain/filter"
	"tagtrail/domain/importing"
	"tagtrail/domain/message"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/rule"
	"tagtrail/domain/segment"
	"tagtrail/domain/tag"
)

// Faults lists everything that the domain may refuse.
func Faults() []*fault.Fault {
	return slices.Concat(organization.Faults(), tag.Faults(), contact.Faults(), field.Faults(), filter.Faults(), segment.Faults(), rule.Faults(), conversation.Faults(), message.Faults(), erasure.Faults(), importing.Faults(), operation.Faults())
}
