package commands

import (
	"context"
	"crypto/subtle"
	"slices"

	"github.com/google/uuid"

	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// Credential is a key that opened its organisation.
type Credential struct {
	Organization organization.ID
	Key          uuid.UUID
	Kind         organization.KeyKind // of a member's key the role that the member has now
	Member       uuid.UUID            // whose key it is; zero is nobody's
	Masking      organization.Masking // what it sees in part only
}

// Permission is something that a credential may do.
type Permission string

// The permissions.
const (
	MayRead               Permission = "read"                 // contacts, tags, messages, channels
	MayReadKeys           Permission = "read-keys"            // which keys there are
	MayReadEvents         Permission = "read-events"          // whatever was recorded, by anybody
	MayOpenEvents         Permission = "open-events"          // and what it says of people
	MayEditContacts       Permission = "edit-contacts"        // create contacts, edit their fields
	MayImportContacts     Permission = "import-contacts"      // create and edit contacts by files
	MayArchiveContacts    Permission = "archive-contacts"     // put contacts away and take them out again
	MayMergeContacts      Permission = "merge-contacts"       // and separate them
	MayEraseContacts      Permission = "erase-contacts"       // forget people for good
	MayHoldContacts       Permission = "hold-contacts"        // keep people from being forgotten, as the law demands
	MayExportPersonalData Permission = "export-personal-data" // everything that is held about one person
	MayWorkInBulk         Permission = "work-in-bulk"         // do to many contacts at once what may be done to one
	MayTagContacts        Permission = "tag-contacts"         // put tags on contacts and take them off
	MayChangeLeadStatus   Permission = "change-lead-status"   // move contacts in the funnel
	MayEditTags           Permission = "edit-tags"            // the catalogue
	MayCreateTags         Permission = "create-tags"          // while tagging a contact
	MayEditFields         Permission = "edit-fields"          // which custom fields contacts have
	MayEditRules          Permission = "edit-rules"           // what happens to contacts by itself
	MayReportInbox        Permission = "report-inbox"         // what an inbox sees: conversations, and details from channels
	MayManageKeys         Permission = "manage-keys"          // but those of owners
	MayManageMembers      Permission = "manage-members"       // but owners
	MayManageOwnerKeys    Permission = "manage-owner-keys"    // owners, and keys of kind owner
	MayChangeSettings     Permission = "change-settings"      // the rules of the team
	MayManageChannels     Permission = "manage-channels"
	MayChangePlan         Permission = "change-plan"
	MayRebuild            Permission = "rebuild" // build the tables that are read anew
)

// Permissions answers every permission.
func Permissions() []Permission {
	return []Permission{
		MayRead,
		MayReadKeys,
		MayReadEvents,
		MayOpenEvents,
		MayEditContacts,
		MayImportContacts,
		MayArchiveContacts,
		MayMergeContacts,
		MayEraseContacts,
		MayHoldContacts,
		MayExportPersonalData,
		MayWorkInBulk,
		MayTagContacts,
		MayChangeLeadStatus,
		MayEditTags,
		MayCreateTags,
		MayEditFields,
		MayEditRules,
		MayReportInbox,
		MayManageKeys,
		MayManageMembers,
		MayManageOwnerKeys,
		MayChangeSettings,
		MayManageChannels,
		MayChangePlan,
		MayRebuild,
	}
}

// permissions of each kind of key. Who may is asked at the front doors, by Can, and nowhere else.
func permissions(kind organization.KeyKind) []Permission {
	switch kind {
	case organization.Owner:
		return Permissions()
	case organization.Manager:
		return slices.DeleteFunc(Permissions(), func(p Permission) bool { return p == MayManageOwnerKeys || p == MayRebuild || p == MayChangePlan })
	case organization.Agent:
		return []Permission{MayRead, MayWorkInBulk, MayEditContacts, MayMergeContacts, MayTagContacts, MayChangeLeadStatus}
	case organization.APIClient:
		return []Permission{MayRead, MayWorkInBulk, MayEditContacts, MayImportContacts, MayTagContacts, MayChangeLeadStatus, MayEditTags, MayCreateTags, MayReportInbox}
	case organization.AITool, organization.AIAutoClose:
		return []Permission{MayRead, MayTagContacts, MayChangeLeadStatus}
	case organization.Auditor:
		return []Permission{MayRead, MayReadKeys, MayReadEvents, MayOpenEvents}
	case organization.Analyst:
		return []Permission{MayRead, MayReadEvents, MayRebuild}
	}
	return nil
}

// Can says whether the credential has the permission.
func (c Credential) Can(p Permission) bool { return slices.Contains(permissions(c.Kind), p) }

// CanWrite says whether the credential may change anything at all.
func (c Credential) CanWrite() bool { return c.Can(MayTagContacts) }

// Source answers what the credential's changes are recorded under; one that only reads has none.
func (c Credential) Source() event.Source {
	switch c.Kind {
	case organization.Owner, organization.Manager:
		return event.ManualAdmin
	case organization.Agent:
		return event.ManualAgent
	case organization.APIClient:
		return event.API
	case organization.AITool:
		return event.AITool
	case organization.AIAutoClose:
		return event.AIAutoClose
	case organization.Auditor, organization.Analyst:
	}
	return ""
}

// Actor answers who the credential's changes are recorded for: the member whose key it is, else the key.
func (c Credential) Actor() event.Actor {
	if c.Member != uuid.Nil {
		return event.Actor{Kind: string(c.Kind), ID: c.Member.String()}
	}
	return event.Actor{Kind: string(c.Kind), ID: c.Key.String()}
}

// Authenticate answers what a token opens now: the organisation that the token
// names is brought up to date for each request, so that revoking a key works at
// once. Whatever is wrong with a token, the answer is the same.
func (s *Service) Authenticate(ctx context.Context, token string) (Credential, error) {
	shown, err := ParseKey(token)
	if err != nil {
		return Credential{}, organization.ErrUnknownKey
	}
	org, err := s.organization(ctx, shown.Organization)
	if err != nil {
		return Credential{}, err
	}
	key, err := org.Key(shown.Key)
	same := subtle.ConstantTimeCompare([]byte(shown.Hash), []byte(key.Hash)) == 1
	if err != nil || !same {
		return Credential{}, organization.ErrUnknownKey
	}
	return Credential{
		Organization: shown.Organization, Key: shown.Key, Kind: key.Kind, Member: key.Member, Masking: org.Masking(key.Kind),
	}, nil
}
