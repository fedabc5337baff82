package main

import (
	"net/http"

	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/client"
)

func group(use, short string, calls ...call) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, RunE: needsSubcommand}
	for _, a := range calls {
		c.AddCommand(a.command())
	}
	return c
}

func notesCommand() *cobra.Command {
	text := flag{name: "text", help: "1 to 5,000 characters"}
	kind := flag{name: "kind", help: "general, call, meeting or email"}
	said := text
	said.required = true
	return group("notes", "what the team wrote down about a contact, and about those merged into it",
		call{
			use: "list CONTACT", short: "notes, the newest first", path: "/v1/contacts/{contact}/notes", lists: true,
			columns: []string{"ID=id", "AT=created_at", "KIND=kind", "BY=created_by.name", "TEXT=text"},
		},
		call{use: "add CONTACT", short: "write something down", method: http.MethodPost, path: "/v1/contacts/{contact}/notes", flags: []flag{said, kind}},
		call{use: "edit CONTACT NOTE", short: "write a note anew", method: http.MethodPatch, path: "/v1/contacts/{contact}/notes/{note}", flags: []flag{text, kind}, prepare: withBody},
		call{use: "delete CONTACT NOTE", short: "take a note away", method: http.MethodDelete, path: "/v1/contacts/{contact}/notes/{note}", says: "deleted"},
	)
}

func consentsCommand() *cobra.Command {
	record := func(use, short string, agrees bool) call {
		return call{
			use: use + " CONTACT PURPOSE", short: short, method: http.MethodPost, path: "/v1/contacts/{contact}/consents", then: []string{"purpose"},
			flags:   []flag{{name: "evidence", help: "how that is known"}},
			prepare: func(_ *cobra.Command, r *client.Request) error { put(r, []string{"agrees"}, agrees); return nil },
		}
	}
	return group("consents", "what people agree to",
		call{use: "show CONTACT", short: "the last word on each purpose", path: "/v1/contacts/{contact}/consents"},
		record("give", "the person agrees to a purpose such as marketing", true),
		record("withdraw", "the person does not agree, or no more", false),
	)
}

func duplicatesCommand() *cobra.Command {
	return group("duplicates", "contacts that may be one person",
		call{
			use: "list", short: "pairs, by the strongest thing that two share", path: "/v1/duplicates", lists: true,
			columns: []string{"SCORE=score", "SHARED=shared", "CONTACTS=contacts.*.display_name", "IDS=contacts.*.id"},
		},
		call{
			use: "dismiss CONTACT OTHER", short: "they are two people: list them no more", method: http.MethodPost, path: "/v1/duplicates/dismiss",
			then: []string{"contact", "other"}, flags: []flag{because}, says: "told apart",
		},
	)
}
