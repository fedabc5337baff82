package domaintest

import (
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/delivery"
	"tagtrail/domain/erasure"
	"tagtrail/domain/event"
	"tagtrail/domain/field"
	"tagtrail/domain/identity"
	"tagtrail/domain/message"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/rule"
	"tagtrail/domain/segment"
	"tagtrail/domain/tag"
)

// Examples answers one event of each kind with every member filled in.
func Examples() []event.Event {
	vip, city := tag.ID{UUID: exampleID(0x21)}, tag.ID{UUID: exampleID(0x22)}
	first, second := contact.AssignmentID{UUID: exampleID(0x31)}, contact.AssignmentID{UUID: exampleID(0x32)}
	lima, quito := tag.Value{Number: 2, Name: "Lima"}, tag.Value{Number: 3, Name: "Quito"}
	free := &contact.TagValue{Text: personal.New("Málaga")}
	channel, key, org, ana := exampleID(0x11), exampleID(0x12), exampleID(0x01), exampleID(0x41)
	number := contact.Identity{
		Kind: contact.Number, Value: personal.New("+16505550101"), WaID: personal.New("16505550101"), Country: "US", Channel: channel,
	}
	bsuid := contact.Identity{Kind: contact.BSUID, Value: personal.New("US.13491208655302741918"), Country: "US", Channel: channel}
	member, note, revenue := exampleID(0x15), contact.NoteID{UUID: exampleID(0x51)}, field.ID{UUID: exampleID(0x52)}
	yearly := field.Option{Number: 2, Name: "Yearly"}
	bea, carl := contact.ID{UUID: exampleID(0x42)}, contact.ID{UUID: exampleID(0x43)}
	stays := []contact.OpenAssignment{{Assignment: first, Number: 1}, {Assignment: second, Number: 2}}
	moved := []contact.MovedAssignment{{Tag: city, Number: 2, Assignment: second, Value: free}}
	at := time.Date(2026, time.May, 30, 9, 15, 0, 123456000, time.UTC)
	smart := rule.Definition{
		Filter: personal.New(`{"lead_status":["hot"]}`), Segment: segment.ID{UUID: exampleID(0x72)}, On: rule.Enters, TakeBack: true,
		Actions: []rule.Action{
			{Do: rule.AddTag, Tag: city, Value: personal.New("Lima")}, {Do: rule.SetLeadStatus, LeadStatus: contact.Warm}, {Do: rule.SetOwner, Owner: member},
		},
	}

	return []event.Event{
		organization.Created{Name: "Acme", IdentityScope: organization.ScopeOrganization, Zone: "Europe/Madrid"},
		organization.KeyCreated{
			Key: key, Kind: organization.Owner, Name: personal.New("the first key"),
			Hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		},
		organization.KeyRevoked{Key: key},
		organization.ChannelAdded{
			Channel: channel, Name: personal.New("Sales"), PhoneNumberID: "106540352242922", Phone: personal.New("+16505550100"),
			AppSecret: personal.New("an-app-secret"), VerifyToken: personal.New("a-verify-token"),
		},
		organization.Registered{Organization: organization.ID{UUID: org}},
		organization.ChannelRegistered{Channel: channel, Organization: organization.ID{UUID: org}},

		organization.MemberAdded{
			Member: member, Name: personal.New("Marta"), Email: personal.New("marta@example.org"), Role: organization.Manager,
		},
		organization.MemberRenamed{Member: member, Name: personal.New("Marta Ruiz")},
		organization.MemberEmailChanged{Member: member, Email: personal.New("ruiz@example.org")},
		organization.MemberRoleChanged{Member: member, From: organization.Manager, To: organization.Agent},
		organization.MemberRemoved{Member: member},
		organization.KeyAssigned{Key: key, Member: member},
		organization.PlanChanged{Plan: organization.Starter, Limit: 5000},
		organization.TagLimitChanged{From: 20, To: 30},
		organization.TagRemovalChanged{Role: organization.Agent, OwnOnly: true},
		organization.MaskingChanged{Role: organization.Agent, Phone: true, Email: true},
		organization.FieldDefined{
			Field: revenue, Name: "Plan", Type: field.Choice, Options: []field.Option{{Number: 1, Name: "Monthly"}, yearly},
		},
		organization.FieldRenamed{Field: revenue, From: "Plan", To: "Billing"},
		organization.FieldOptionAdded{Field: revenue, Option: yearly},
		organization.FieldOptionRetired{Field: revenue, Option: yearly},
		organization.FieldRetired{Field: revenue},
		organization.FieldRestored{Field: revenue},

		tag.Created{
			Tag: city, Number: 2, Name: "City", Description: "where they live", Color: "teal", Kind: tag.Valued, Policy: tag.FixedList,
			Values: []tag.Value{{Number: 1, Name: "Barcelona"}, lima},
		},
		tag.Renamed{Tag: vip, Number: 1, From: "VIP", To: "Gold"},
		tag.Described{Tag: vip, Number: 1, From: "buys a lot", To: "spends\nmuch"},
		tag.Recolored{Tag: vip, Number: 1, From: "default", To: "amber"},
		tag.ValueAdded{Tag: city, Number: 2, Value: quito},
		tag.ValueRetired{Tag: city, Number: 2, Value: lima},
		tag.Deleted{Tag: vip, Number: 1},
		tag.Restored{Tag: vip, Number: 1},

		tag.Merged{Tag: vip, Number: 1, Into: city, IntoNumber: 2, With: []tag.ID{{UUID: exampleID(0x23)}}},
		tag.Unmerged{Tag: vip, Number: 1, From: city, FromNumber: 2, With: []tag.ID{{UUID: exampleID(0x23)}}},

		contact.Created{
			Origin: contact.OriginManual, Identity: number, Name: personal.New("Ana"), Email: personal.New("ana@example.org"), HasEmail: true,
			LeadStatus: contact.Cold,
		},
		contact.IdentityLinked{Identity: bsuid},
		contact.IdentityUnlinked{Identity: number},
		contact.ProfileNameChanged{Name: personal.New("Ana ✨"), Channel: channel},
		contact.Renamed{Name: personal.New("Ana María")},
		contact.EmailChanged{Email: personal.New("ana@example.org"), HasEmail: true},
		contact.OwnerChanged{From: exampleID(0x13), To: exampleID(0x14)},
		contact.LeadStatusChanged{From: contact.Cold, To: contact.Hot, Kind: contact.Skip, Since: at},
		contact.TagAssigned{Tag: city, Number: 2, Assignment: first, Value: &contact.TagValue{Number: 2}},
		contact.TagRemoved{Tag: city, Number: 2, Assignment: first, Value: &contact.TagValue{Number: 2}},
		contact.TagValueChanged{Tag: city, Number: 2, Ended: first, Assignment: second, From: &contact.TagValue{Number: 2}, To: free},
		contact.Erased{Assignments: []contact.OpenAssignment{{Assignment: second, Number: 2}}},

		contact.FirstNameChanged{Name: personal.New("Ana"), From: contact.Manual},
		contact.LastNameChanged{Name: personal.New("Núñez"), From: contact.FromChannel},
		contact.CompanyChanged{Company: personal.New("Acme")},
		contact.AddressChanged{Address: contact.Address{
			Street: personal.New("Calle Mayor 1\n2º A"), City: personal.New("Madrid"), Region: personal.New("Madrid"),
			PostalCode: personal.New("28013"), Country: "ES",
		}},
		contact.SocialProfileChanged{Network: contact.Instagram, Handle: personal.New("@ana")},
		contact.CountryChanged{Country: "ES", From: contact.Manual},
		contact.LanguageChanged{Language: "es", From: contact.FromBrowser},
		contact.FieldSet{Field: revenue, Type: field.Money, Value: personal.New("199900 EUR")},
		contact.FieldCleared{Field: revenue},
		contact.NoteAdded{Note: note, Kind: contact.Call, Text: personal.New("asked for a price")},
		contact.NoteEdited{Note: note, Kind: contact.Meeting, Text: personal.New("asked for\ntwo prices")},
		contact.NoteDeleted{Note: note},
		contact.LimitExceeded{Limit: 100},
		contact.Archived{Assignments: stays},
		contact.Restored{Assignments: stays},
		contact.Merged{Into: bea, With: []contact.ID{carl}, Ended: stays[:1], Taken: stays[1:]},
		contact.Absorbed{Contact: contact.ID{UUID: ana}, With: []contact.ID{carl}, Taken: moved, Filled: []contact.Detail{"name"}},
		contact.Separated{From: bea, With: []contact.ID{carl}, Reopened: stays[:1], Returned: stays[1:]},
		contact.Released{Contact: contact.ID{UUID: ana}, With: []contact.ID{carl}, Returned: moved},
		contact.ToldApart{Contact: bea},
		contact.LegalHoldPlaced{},
		contact.LegalHoldLifted{},
		contact.ConsentGiven{Purpose: contact.Marketing, Evidence: personal.New("ticked the box of the form")},
		contact.ConsentWithdrawn{Purpose: contact.Marketing, Evidence: personal.New("wrote STOP")},

		conversation.Opened{Number: 2, Channel: channel, Reference: personal.New("case 4711")},
		conversation.Assigned{Number: 2, Member: member, Name: personal.New("the night shift")},
		conversation.Closed{Number: 2},

		segment.Created{Name: personal.New("Hot leads"), Kind: segment.Dynamic, Filter: personal.New(`{"lead_status":["hot"]}`)},
		segment.Renamed{Name: personal.New("Leads")},
		segment.Redefined{Filter: personal.New(`{"lead_status":["warm"]}`)},
		segment.Deleted{},
		segment.Restored{},
		segment.MembersEntered{Contacts: []contact.ID{bea, carl}, Definition: 3, Cause: segment.OfContacts},
		segment.MembersLeft{Contacts: []contact.ID{bea}, Definition: 4, Cause: segment.OfSegment},

		rule.Defined{Name: personal.New("Hot leads are followed up"), Version: 1, Definition: smart},
		rule.Renamed{Name: personal.New("Follow up")},
		rule.Redefined{Version: 2, Definition: smart},
		rule.Enabled{},
		rule.Disabled{},
		rule.Deleted{},
		rule.Acted{
			Rule: rule.ID{UUID: exampleID(0x71)}, Version: 2, On: rule.Enters, Changed: 2, Unchanged: 1,
			Refused: []rule.Refusal{{Contact: bea, Code: "contact.too-many-tags"}},
		},

		identity.Claimed{Contact: personal.New(ana.String())},
		identity.Released{Contact: personal.New(ana.String())},

		message.Received{
			Contact: contact.ID{UUID: ana}, Channel: channel, Kind: "text", Wamid: personal.New("wamid.HBgLMTY1MDU1NTAxMDEVAgASGBQz"),
			Text: personal.New("hello"), SentAt: at, Suspect: true,
		},
		message.StatusReported{
			Contact: contact.ID{UUID: ana}, Channel: channel, Status: message.Failed, Wamid: personal.New("wamid.HBgLMTY1MDU1NTAxMDEVAgASGBQz"),
			At: at, Code: 131026, Suspect: true,
		},

		delivery.Kept{Channel: channel, Why: delivery.UnknownShape, Field: "user_preferences", Body: personal.New(`{"object":"whatsapp_business_account"}`)},
		erasure.Asked{Contact: contact.ID{UUID: exampleID(0x21)}, With: []contact.ID{{UUID: exampleID(0x22)}}},
		erasure.GivenUp{},
		erasure.Forgotten{Identities: 2, Deliveries: 1},
		erasure.Completed{Events: 7, Digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Left: []string{"backups"}},

		operation.Started{
			Kind: operation.Bulk, Action: "add_tag", Asked: personal.New(`{"filter":{"lead_status":["hot"]}}`), Undoes: operation.ID{UUID: exampleID(0x61)},
		},
		operation.Paused{},
		operation.Resumed{},
		operation.Cancelled{},
		operation.Finished{Counts: operation.Counts{Total: 15, Changed: 7, Unchanged: 4, Refused: 3, Kept: 1}},
		operation.Undone{By: operation.ID{UUID: exampleID(0x62)}},
	}
}

// ExampleMetadata answers metadata with every member filled in that there was before there were rules.
func ExampleMetadata() event.Metadata {
	revision := event.Revision(42)
	return event.Metadata{
		Version: 1, Organization: exampleID(0x01), Actor: event.Actor{Kind: string(organization.AITool), ID: exampleID(0x12).String()}, Source: event.AITool,
		OccurredAt: time.Date(2026, time.May, 30, 9, 15, 0, 123456000, time.UTC),
		CommandID:  exampleID(0x51), RequestHMAC: "3q2-7w", CorrelationID: "a1b2", CausationID: "c3d4", Reason: personal.New("she asked for it"),
		OperationID: exampleID(0x52), AI: &event.AI{Model: "model-1", Confidence: 0.75}, CatalogRevision: &revision,
	}
}

// ExampleMetadataOfRule answers metadata with every member filled in.
func ExampleMetadataOfRule() event.Metadata {
	m := ExampleMetadata()
	m.Actor, m.Source, m.RuleVersion = event.Actor{Kind: rule.Kind, ID: exampleID(0x71).String()}, event.Rule, 3
	return m
}

func exampleID(n byte) uuid.UUID {
	return uuid.UUID{0x01, 0x97, 0xa1, 0xb2, 0xc3, 0xd4, 0x70, 0, 0x80, 15: n}
}
