package field

import "tagtrail/domain/fault"

// The faults of custom fields.
var (
	ErrUnknown     = fault.New(fault.NotFound, "field.unknown", "there is no such custom field")
	ErrRetired     = fault.New(fault.Conflict, "field.retired", "the custom field is retired: what it holds stays, and nothing new goes in")
	ErrNameTaken   = fault.New(fault.Conflict, "field.name-taken", "another custom field has this name")
	ErrTooMany     = fault.New(fault.Conflict, "field.too-many", "an organisation has at most 200 custom fields that are not retired")
	ErrStale       = fault.New(fault.Stale, "field.stale", "the custom field changed in the meantime")
	ErrName        = fault.New(fault.Invalid, "field.invalid-name", "a custom field's name has 1 to 50 characters, no comma, no | and no control characters")
	ErrUnknownType = fault.New(fault.Invalid, "field.unknown-type", "there is no such type of custom field")

	ErrNoOptions       = fault.New(fault.Invalid, "field.no-options", "only a choice has options")
	ErrOptionsRequired = fault.New(fault.Invalid, "field.options-required", "a choice has at least one option")
	ErrTooManyOptions  = fault.New(fault.Invalid, "field.too-many-options", "a choice has at most 200 options")
	ErrOption          = fault.New(fault.Invalid, "field.invalid-option", "an option has 1 to 100 characters, no comma, no | and no control characters")
	ErrOptionTwice     = fault.New(fault.Invalid, "field.option-twice", "an option is named twice")

	ErrTextTooLong    = fault.New(fault.Invalid, "field.text-too-long", "a text has at most 1,000 characters")
	ErrTextCharacters = fault.New(fault.Invalid, "field.text-characters", "a text has no control characters but line feeds and tabs")
	ErrNotAText       = fault.New(fault.Invalid, "field.not-a-text", "this is not a text")
	ErrNotANumber     = fault.New(fault.Invalid, "field.not-a-number", "this is not a decimal number of at most 18 digits before and 9 after the point")
	ErrNotMoney       = fault.New(fault.Invalid, "field.not-money", "this is not an amount with its currency, such as 1999.00 EUR")
	ErrNotADate       = fault.New(fault.Invalid, "field.not-a-date", "this is not a date, such as 2026-05-30")
	ErrNotAnOption    = fault.New(fault.Invalid, "field.not-an-option", "the custom field has no such option")
	ErrNotAMember     = fault.New(fault.Invalid, "field.not-a-member", "this is not a member of the team")
	ErrNotABoolean    = fault.New(fault.Invalid, "field.not-a-boolean", "this is neither true nor false")
	ErrNotAURL        = fault.New(fault.Invalid, "field.not-a-url", "this is not an address that begins with http:// or https://, of at most 2,000 characters")
)

// Faults lists every fault of custom fields.
func Faults() []*fault.Fault {
	return []*fault.Fault{
		ErrUnknown, ErrRetired, ErrNameTaken, ErrTooMany, ErrStale, ErrName, ErrUnknownType,
		ErrNoOptions, ErrOptionsRequired, ErrTooManyOptions, ErrOption, ErrOptionTwice,
		ErrTextTooLong, ErrTextCharacters, ErrNotAText, ErrNotANumber, ErrNotMoney, ErrNotADate, ErrNotAnOption, ErrNotAMember, ErrNotABoolean, ErrNotAURL,
	}
}
