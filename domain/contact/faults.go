package contact

import "tagtrail/domain/fault"

// The faults of contacts.
var (
	ErrUnknown = fault.New(fault.NotFound, "contact.unknown", "there is no such contact")
	ErrErased  = fault.New(fault.Gone, "contact.erased", "the contact was erased")
	ErrStale   = fault.New(fault.Stale, "contact.stale", "the contact changed in the meantime")
	ErrNobody  = fault.New(fault.Invalid, "contact.names-nobody", "nothing in this names a person")

	ErrArchived     = fault.New(fault.Conflict, "contact.archived", "the contact is archived: restore it first")
	ErrMerged       = fault.New(fault.Gone, "contact.merged", "the contact was merged into another one")
	ErrMergeItself  = fault.New(fault.Invalid, "contact.merge-itself", "a contact cannot be merged into itself")
	ErrTellItself   = fault.New(fault.Invalid, "contact.tell-itself-apart", "a contact is told apart from another one")
	ErrTooManyApart = fault.New(fault.Conflict, "contact.told-apart-too-often", "a contact is told apart from at most 1,000 others")
	ErrRuleLoop     = fault.New(fault.Conflict, "contact.rule-loop", "rules change this contact again and again, and nobody else did in between: nothing more is changed by them for an hour")
	ErrNotMerged    = fault.New(fault.Conflict, "contact.not-merged", "the contact is not merged into this one")
	ErrLimitReached = fault.New(fault.Conflict, "contact.limit-reached", "the organisation has as many contacts as its plan allows")

	ErrUnknownOwner  = fault.New(fault.Invalid, "contact.unknown-owner", "the owner is not a member of the team")
	ErrFirstName     = fault.New(fault.Invalid, "contact.invalid-first-name", "a first name is one line of at most 200 characters")
	ErrLastName      = fault.New(fault.Invalid, "contact.invalid-last-name", "a last name is one line of at most 200 characters")
	ErrCompany       = fault.New(fault.Invalid, "contact.invalid-company", "a company is one line of at most 200 characters")
	ErrAddress       = fault.New(fault.Invalid, "contact.invalid-address", "each part of an address has at most 200 characters, and only the street several lines")
	ErrCountry       = fault.New(fault.Invalid, "contact.invalid-country", "a country has two letters, as in ISO 3166")
	ErrLanguage      = fault.New(fault.Invalid, "contact.invalid-language", "a language is a tag such as en or pt-BR")
	ErrSocialNetwork = fault.New(fault.Invalid, "contact.unknown-social-network", "there is no such social network")
	ErrSocialProfile = fault.New(fault.Invalid, "contact.invalid-social-profile", "a social profile is one line of at most 500 characters")

	ErrUnknownNote     = fault.New(fault.NotFound, "contact.unknown-note", "there is no such note")
	ErrUnknownNoteKind = fault.New(fault.Invalid, "contact.unknown-note-kind", "a note is general, or of a call, a meeting or an email")
	ErrNoteRequired    = fault.New(fault.Invalid, "contact.note-required", "a note says something")
	ErrNoteTooLong     = fault.New(fault.Invalid, "contact.note-too-long", "a note has at most 5,000 characters")
	ErrNoteCharacters  = fault.New(fault.Invalid, "contact.note-characters", "a note has no control characters but line feeds and tabs")
	ErrNoteStale       = fault.New(fault.Stale, "contact.note-stale", "the note changed in the meantime")
	ErrTooManyNotes    = fault.New(fault.Conflict, "contact.too-many-notes", "a contact has at most 5,000 notes")

	ErrPurpose         = fault.New(fault.Invalid, "contact.invalid-purpose", "a purpose has 1 to 50 lower-case letters, digits and hyphens")
	ErrTooManyPurposes = fault.New(fault.Conflict, "contact.too-many-purposes", "a contact has consents for at most 50 purposes")
	ErrEvidence        = fault.New(fault.Invalid, "contact.invalid-evidence", "evidence has at most 1,000 characters and no control characters but line feeds and tabs")

	ErrLegalHold  = fault.New(fault.Conflict, "contact.legal-hold", "the person is under a legal hold and cannot be erased until it is lifted")
	ErrHoldReason = fault.New(fault.Invalid, "contact.hold-reason-required", "whoever places a legal hold says why")

	ErrNotYourTag = fault.New(fault.Denied, "contact.not-your-tag", "the tag was put on by another source than yours, and your role takes off its own only")

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
	ErrTooManyHeld     = fault.New(fault.Conflict, "contact.too-many-tags-held", "a contact holds at most 500 tags, with those that were deleted since")
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
		ErrArchived, ErrMerged, ErrMergeItself, ErrTellItself, ErrTooManyApart, ErrRuleLoop, ErrNotMerged, ErrLimitReached,
		ErrUnknownOwner, ErrFirstName, ErrLastName, ErrCompany, ErrAddress, ErrCountry, ErrLanguage, ErrSocialNetwork, ErrSocialProfile,
		ErrUnknownNote, ErrUnknownNoteKind, ErrNoteRequired, ErrNoteTooLong, ErrNoteCharacters, ErrNoteStale, ErrTooManyNotes,
		ErrPurpose, ErrTooManyPurposes, ErrEvidence, ErrLegalHold, ErrHoldReason, ErrNotYourTag,
		ErrNameRequired, ErrNameTooLong, ErrNameCharacters, ErrInvalidEmail,
		ErrPhoneRequired, ErrInvalidPhone, ErrPhonePrefix, ErrPhoneWithoutCountry, ErrNumberTaken, ErrChannelRequired,
		ErrUnknownLeadStatus,
		ErrTooManyTags, ErrTooManyHeld, ErrTagHistorical, ErrValueRequired, ErrValueNotTaken, ErrUnknownValue, ErrValueTooLong, ErrValueCharacters,
	}
}
