package filter

import (
	"slices"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// Vocabulary answers the words that a leaf takes; a country is any code of two letters, a language any tag.
func Vocabulary(name Name) []string {
	switch name { //nolint:exhaustive // the others take no words
	case LeadStatus:
		return words(contact.Cold, contact.Warm, contact.Hot, contact.Customer)
	case Origin:
		return words(contact.OriginManual, contact.OriginAPI, contact.OriginImport, contact.OriginMessage)
	case Source:
		return words(
			event.ManualAdmin, event.ManualAgent, event.API, event.AITool, event.AIAutoClose, event.Import, event.Bulk, event.Rule,
			event.WhatsApp, event.Merge, event.System,
		)
	case Conversation:
		return []string{ConversationOpen, ConversationClosed, NoConversation}
	}
	return nil
}

// Names answers what the one member of a filter may be called, by the alphabet.
func Names() []string {
	names := words(
		"all", "any", "not", "text", TagsAll, TagsAny, TagsNone, Owner, Channel, Segment, LeadStatus, Country, Source, Origin, Language, Conversation,
		NoTags, NoOwner, HasEmail, Archived, LegalHold, OverLimit, OverPlan, Created, FirstSeen, LastSeen, LastActive, "tag_value", "field", "consent",
	)
	slices.Sort(names)
	return names
}

// How conversations with a contact stand.
const (
	ConversationOpen   = "open"   // one is
	ConversationClosed = "closed" // all that there were
	NoConversation     = "none"   // there was none
)

func words[W ~string](all ...W) []string {
	written := make([]string, len(all))
	for i, word := range all {
		written[i] = string(word)
	}
	return written
}
