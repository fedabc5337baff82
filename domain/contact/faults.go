package contact

import "tagtrail/domain/fault"

// The faults of contacts.
var (
	ErrUnknown = fault.New(fault.NotFound, "contact.unknown", "there is no such contact")
	ErrErased  = fault.New(fault.Gone, "contact.erased", "the contact was erased")
	ErrStale   = fault.New(fault.Stale, "contact.stale", "the contact changed in the meantime")
	ErrNobody  = fault.New(fault.Invalid, "contact.names-nobody", "nothing in this names a person")

	ErrNameRequired   = fault.New(fault.Invalid, "contact.name-required", "a contact that is added by hand has a name")
	ErrNameTooLong    = fault.New(fault.Invalid, "contact.name-too-long", "a contact's name has at most 200 characters")
	ErrNameCharacters = fault.New(fault.Invalid, "contact.name-characters", "a contact's name has no control characters")
	ErrInvalidEmail   = fault.New(fault.Invalid, "contact.invalid-email", "this is not an e-mail address")

	ErrPhoneRequired       = fault.New(fault.Invalid, "contact.phone-required", "a contact has a phone number with + and the country code")
	ErrInvalidPhone        = fault.New(fault.Invalid, "contact.invalid-phone", "this is not a phone number with + and the country code")
	ErrPhonePrefix         = fault.New(fault.Invalid, "contact.phone-prefix", "a phone number begins with + in place of 00")
	ErrPhoneWithoutCountry = fault.New(fault.Invalid, "contact.phone-without-country", "a phone number begins with + and the country code")
	ErrNumberTaken         = fault.New(fault.Conflict, "contact.number-taken", "another contact has this number")
	ErrChannelRequired     = fault.New(fault.Invalid, "contact.channel-required", "contacts are kept for each channel: name the channel")

	ErrUnknownLeadStatus = fault.New(fault.Invalid, "contact.unknown-lead-status", "a lead status is cold, warm, hot or customer")

	ErrTooManyTags     = fault.New(fault.Invalid, "contact.too-many-tags", "the contact carries as many active tags as it may")
	ErrTagHistorical   = fault.New(fault.Conflict, "contact.tag-historical", "the tag is deleted: what contacts carried of it is history and stays")
	ErrValueRequired   = fault.New(fault.Invalid, "contact.value-required", "a valued tag is assigned with a value")
	ErrValueNotTaken   = fault.New(fault.Invalid, "contact.value-not-taken", "a label takes no value")
	ErrUnknownValue    = fault.New(fault.Invalid, "contact.unknown-value", "the tag does not take this value")
	ErrValueTooLong    = fault.New(fault.Invalid, "contact.value-too-long", "a value has at most 200 characters")
	ErrValueCharacters = fault.New(fault.Invalid, "contact.value-characters", "a value has no comma, no | and no control characters")
)

// Faults lists every fault of contacts.
func Faults() []*fault.Fault {
	return []*fault.Fault{
		ErrUnknown, ErrErased, ErrStale, ErrNobody,
		ErrNameRequired, ErrNameTooLong, ErrNameCharacters, ErrInvalidEmail,
		ErrPhoneRequired, ErrInvalidPhone, ErrPhonePrefix, ErrPhoneWithoutCountry, ErrNumberTaken, ErrChannelRequired,
		ErrUnknownLeadStatus,
		ErrTooManyTags, ErrTagHistorical, ErrValueRequired, ErrValueNotTaken, ErrUnknownValue, ErrValueTooLong, ErrValueCharacters,
	}
}
