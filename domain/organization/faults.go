package organization

import "tagtrail/domain/fault"

// The faults of organisations.
var (
	ErrUnknown = fault.New(fault.NotFound, "organization.unknown", "there is no such organisation")
	ErrExists  = fault.New(fault.Conflict, "organization.exists", "the organisation exists already, with other keys")

	ErrName                 = fault.New(fault.Invalid, "organization.invalid-name", "a name is one line of 1 to 100 characters")
	ErrUnknownZone          = fault.New(fault.Invalid, "organization.unknown-zone", "the time zone is one of the IANA database, such as Europe/Madrid")
	ErrUnknownIdentityScope = fault.New(fault.Invalid, "organization.unknown-identity-scope", "the identity scope is org or channel")

	ErrUnknownKey     = fault.New(fault.Unauthenticated, "organization.unknown-key", "the key opens nothing")
	ErrUnknownKeyKind = fault.New(fault.Invalid, "organization.unknown-key-kind", "there is no such kind of key")
	ErrKeyNotFound    = fault.New(fault.NotFound, "organization.key-not-found", "the organisation has no such key")
	ErrKeyExists      = fault.New(fault.Conflict, "organization.key-exists", "the organisation has another key of this id")
	ErrLastOwnerKey   = fault.New(fault.Conflict, "organization.last-owner-key", "the last owner key cannot be revoked: nobody could come in any more")
	ErrTooManyKeys    = fault.New(fault.Conflict, "organization.too-many-keys", "an organisation has at most 1,000 keys that are not revoked")

	ErrUnknownMember  = fault.New(fault.NotFound, "organization.unknown-member", "there is no such member")
	ErrMemberStale    = fault.New(fault.Stale, "organization.member-stale", "the member changed in the meantime")
	ErrUnrestricted   = fault.New(fault.Invalid, "organization.unrestricted-role", "owners and managers take off any tag, whoever put it on")
	ErrUnknownRole    = fault.New(fault.Invalid, "organization.unknown-role", "there is no such role")
	ErrMemberEmail    = fault.New(fault.Invalid, "organization.invalid-email", "this is not an e-mail address")
	ErrTooManyMembers = fault.New(fault.Conflict, "organization.too-many-members", "an organisation has at most 10,000 members")

	ErrUnknownPlan = fault.New(fault.Invalid, "organization.unknown-plan", "a plan is free, starter, growth or scale")
	ErrPlanLimit   = fault.New(fault.Invalid, "organization.invalid-plan-limit", "a limit of contacts is 0 for none, or more")
	ErrTagLimit    = fault.New(fault.Invalid, "organization.invalid-tag-limit", "a contact may carry 1 to 100 active tags")

	ErrUnknownChannel     = fault.New(fault.NotFound, "organization.unknown-channel", "there is no such channel")
	ErrChannelExists      = fault.New(fault.Conflict, "organization.channel-exists", "the organisation has a channel for this WhatsApp number")
	ErrTooManyChannels    = fault.New(fault.Conflict, "organization.too-many-channels", "an organisation has at most 1,000 channels")
	ErrPhoneNumberID      = fault.New(fault.Invalid, "organization.invalid-phone-number-id", "WhatsApp's phone number id has 1 to 32 digits")
	ErrChannelPhone       = fault.New(fault.Invalid, "organization.invalid-phone", "the phone number is in international form, with + and digits only")
	ErrChannelSecret      = fault.New(fault.Invalid, "organization.invalid-app-secret", "the app secret has 8 to 256 visible ASCII characters")
	ErrChannelVerifyToken = fault.New(fault.Invalid, "organization.invalid-verify-token", "the verify token has 8 to 256 visible ASCII characters")
)

// Faults lists every fault of organisations.
func Faults() []*fault.Fault {
	return []*fault.Fault{
		ErrUnknown, ErrExists, ErrName, ErrUnknownZone, ErrUnknownIdentityScope,
		ErrUnknownKey, ErrUnknownKeyKind, ErrKeyNotFound, ErrKeyExists, ErrLastOwnerKey, ErrTooManyKeys,
		ErrUnknownMember, ErrMemberStale, ErrUnrestricted, ErrUnknownRole, ErrMemberEmail, ErrTooManyMembers, ErrUnknownPlan, ErrPlanLimit, ErrTagLimit,
		ErrUnknownChannel, ErrChannelExists, ErrTooManyChannels, ErrPhoneNumberID, ErrChannelPhone, ErrChannelSecret, ErrChannelVerifyToken,
	}
}
