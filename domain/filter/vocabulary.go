package filter

import (
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
)

// Vocabulary answers the words that a leaf takes; a country is any code of two letters.
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
	}
	return nil
}

func words[W ~string](all ...W) []string {
	written := make([]string, len(all))
	for i, word := range all {
		written[i] = string(word)
	}
	return written
}
