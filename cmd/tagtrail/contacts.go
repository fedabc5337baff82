package main

import (
	"net/http"

	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/client"
)

var contactColumns = []string{
	"ID=id", "NAME=display_name", "PHONE=phone", "STATUS=lead_status", "TAGS=active_tags.*.tag.name", "LAST SEEN=last_seen_at", "CREATED=created_at",
}

// because is the flag of what is recorded with a reason.
var because = flag{name: "reason", help: "why; it is recorded"}

func contactsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "contacts", Short: "contacts of the organisation, asked of a running tagtrail", RunE: needsSubcommand,
		Long: "A contact is named by its id or by its phone number with +, a tag by its id or its name.",
		Example: `  tagtrail contacts list --tag VIP --lead-status hot
  tagtrail contacts create --name "Ana" --phone +16505550101
  tagtrail contacts tag +16505550101 VIP
  echo '{"no_tags":true}' | tagtrail contacts search --filter -`,
	}
	for _, a := range contactCalls() {
		c.AddCommand(a.command())
	}
	c.AddCommand(exportContactsCommand(), personalDataCommand(), notesCommand(), consentsCommand(), duplicatesCommand())
	return c
}

func contactCalls() []call {
	return append([]call{
		{
			use: "list", short: "contacts, the last seen first", path: "/v1/contacts", lists: true, columns: contactColumns,
			example: "  tagtrail contacts list --q ana --json\n  tagtrail contacts list --tag VIP --exclude-tag lost --csv",
			flags: []flag{
				{name: "q", help: "part of a name, a phone number or an e-mail address"}, {name: "tag", kind: words, of: "tag", help: "carries this tag; may be said again"},
				{name: "exclude-tag", kind: words, of: "tag", help: "does not carry this tag; may be said again"}, {name: "lead-status", help: "cold, warm, hot or customer"},
				{name: "owner", help: "id of the team member who owns it"}, {name: "created-from", help: "recorded at this instant or date, or later"},
				{name: "created-to", help: "recorded before"}, {name: "channel", help: "id of a channel that it was met on"},
				{name: "archived", help: "only or include: archived contacts are listed too"}, {name: "as-of", help: "as it was at a position, an instant or a date"},
			},
		},
		{
			use: "search", short: "contacts that a filter means", method: http.MethodPost, path: "/v1/contacts/search", lists: true, columns: contactColumns,
			example: `  tagtrail contacts search --filter '{"lead_status":["hot"]}' --sort name`,
			flags: []flag{
				{name: "filter", kind: document, required: true, help: "the filter as JSON, @FILE, or - for standard input"},
				{name: "sort", value: "last_seen", help: "last_seen, last_active, created, name or lead_status"}, {name: "as-of", help: "as it was at a position, an instant or a date"},
			},
		},
		{use: "show CONTACT", short: "everything that is known of one", path: "/v1/contacts/{contact}", flags: []flag{{name: "as-of", help: "as it was at a position, an instant or a date"}}},
		{
			use: "create", short: "add a contact by hand", method: http.MethodPost, path: "/v1/contacts",
			example: `  tagtrail contacts create --name "Ana" --phone +16505550101 --tag VIP`,
			flags: []flag{
				{name: "name", help: "what the team calls the contact"}, {name: "phone", required: true, help: "with + and the country code"}, {name: "email", help: "e-mail address"},
				{name: "tag", member: "tags", kind: words, of: "tag", help: "a label to put on; may be said again"}, {name: "lead-status", help: "cold, warm, hot or customer"},
				{name: "channel", help: "id of the channel, where contacts are kept for each"},
			},
		},
		editContactCall(),
		{
			use: "tag CONTACT TAG", short: "put a tag on", method: http.MethodPut, path: "/v1/contacts/{contact}/tags/{tag}",
			flags: []flag{{name: "value", help: "of a valued tag"}, because}, prepare: withBody,
		},
		{use: "untag CONTACT TAG", short: "take a tag off", method: http.MethodDelete, path: "/v1/contacts/{contact}/tags/{tag}", says: "taken off"},
		{
			use: "status CONTACT STATUS", short: "move a contact in the funnel: cold, warm, hot or customer", method: http.MethodPut,
			path: "/v1/contacts/{contact}/lead-status", then: []string{"status"}, flags: []flag{because},
		},
	}, append(contactLifeCalls(), contactPastCalls()...)...)
}

// withBody sends an empty object where nothing was said.
func withBody(_ *cobra.Command, r *client.Request) error {
	if r.Body == nil {
		r.Body = map[string]any{}
	}
	return nil
}

func editContactCall() call {
	set := &[]string{}
	a := call{
		use: "edit CONTACT", short: "change what the team says of a contact; an empty text takes it away", method: http.MethodPatch, path: "/v1/contacts/{contact}",
		example: `  tagtrail contacts edit +16505550101 --company Acme --field "Plan=Pro" --email ""`,
		prepare: func(c *cobra.Command, r *client.Request) error {
			*set, _ = c.Flags().GetStringArray("field")
			delete(bodyOf(r), "field")
			return pairsInto(r, "fields", *set)
		},
	}
	for _, name := range []string{"name", "email", "owner", "first-name", "last-name", "company", "country", "language"} {
		a.flags = append(a.flags, flag{name: name, kind: clears, help: "the " + name})
	}
	for name, member := range map[string]string{"street": "street", "city": "city", "region": "region", "postal-code": "postal_code", "address-country": "country"} {
		a.flags = append(a.flags, flag{name: name, member: "address." + member, kind: clears, help: "of the address"})
	}
	for _, network := range []string{"facebook", "instagram", "linkedin", "tiktok", "x", "youtube", "website"} {
		a.flags = append(a.flags, flag{name: network, member: "social." + network, kind: clears, help: "handle, or address of the profile"})
	}
	a.flags = append(a.flags, flag{name: "field", kind: words, help: "a custom field as NAME=VALUE; may be said again"})
	return a
}

func bodyOf(r *client.Request) map[string]any {
	_ = withBody(nil, r)
	body, _ := r.Body.(map[string]any)
	return body
}

// contactLifeCalls are how contacts go, come back, and become one.
func contactLifeCalls() []call {
	return []call{
		{use: "archive CONTACT", short: "put a contact away; restore takes it out again", method: http.MethodPost, path: "/v1/contacts/{contact}/archive", flags: []flag{because}, prepare: withBody},
		{use: "restore CONTACT", short: "take an archived contact out again, with its tags", method: http.MethodPost, path: "/v1/contacts/{contact}/restore", flags: []flag{because}, prepare: withBody},
		{
			use: "merge-preview CONTACT OTHER", short: "what it would do to merge the other into the contact", path: "/v1/contacts/{contact}/merge-preview", then: []string{"other"},
			prepare: func(_ *cobra.Command, r *client.Request) error {
				other, _ := bodyOf(r)["other"].(string)
				r.Body = nil
				r.Query.Set("contact", other)
				return nil
			},
		},
		{
			use: "merge CONTACT OTHER", short: "the other is the same person, and the contact stands for both; separate undoes it", method: http.MethodPost,
			path: "/v1/contacts/{contact}/merge", then: []string{"contact"}, flags: []flag{because},
		},
		{
			use: "hold CONTACT", short: "keep a person from being erased; release lifts the hold", method: http.MethodPut, path: "/v1/contacts/{contact}/legal-hold",
			flags: []flag{{name: "reason", required: true, help: "why; it is kept in the history"}},
		},
		{use: "release CONTACT", short: "lift the legal hold of a person", method: http.MethodDelete, path: "/v1/contacts/{contact}/legal-hold", says: "released"},
		{use: "separate CONTACT", short: "undo the merge of a contact", method: http.MethodPost, path: "/v1/contacts/{contact}/separate", flags: []flag{because}, prepare: withBody},
		{
			use: "erase CONTACT", short: "forget a person for good; nobody can take it back", method: http.MethodPost, path: "/v1/contacts/{contact}/erase",
			flags:  []flag{{name: "reason", required: true, help: "why; it is kept sealed"}},
			danger: "this forgets the person for good, with all messages, and cannot be undone",
		},
	}
}

// contactPastCalls are what was, and what was said.
func contactPastCalls() []call {
	order := flag{name: "order", help: "asc or desc"}
	of := func(use, short, path string, columns ...string) call {
		return call{use: use + " CONTACT", short: short, path: "/v1/contacts/{contact}/" + path, lists: true, columns: columns}
	}
	all := []call{
		of("messages", "messages of a contact, the newest first", "messages", "AT=at", "DIRECTION=direction", "STATUS=status", "KIND=kind", "TEXT=text"),
		of("conversations", "conversations with a contact, as the inbox reported them", "conversations", "NUMBER=number", "STATUS=status", "ASSIGNEE=assignee.name", "OPENED=opened_at", "CLOSED=closed_at"),
		of("timeline", "everything that was recorded about a contact", "timeline", "AT=time", "WHAT=type", "POSITION=position"),
		of("tag-history", "every tag that a contact ever carried", "tag-history", "FROM=from", "TO=to", "TAG=tag.name", "VALUE=value", "SOURCE=begun.source", "ENDED=ended_reason"),
		of("status-history", "every lead status that a contact had", "lead-status-history", "BEGAN=began_at", "ENDED=ended_at", "FROM=from", "TO=to", "KIND=kind", "SOURCE=source"),
	}
	for i := 2; i < len(all); i++ {
		all[i].flags = []flag{order}
	}
	return append(all, call{use: "statistics CONTACT", short: "how much was said and how quickly", path: "/v1/contacts/{contact}/statistics"})
}
