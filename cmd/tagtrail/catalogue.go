package main

import (
	"net/http"

	"github.com/spf13/cobra"
)

func tagsCommand() *cobra.Command {
	colour := flag{name: "color", help: "one of the colours, such as amber"}
	described := flag{name: "description", kind: clears, help: "what it is for; agents and models read it"}
	values := flag{name: "value", member: "values", kind: words, help: "one of a fixed list of values; may be said again"}
	c := group("tags", "the tag catalogue, asked of a running tagtrail",
		call{
			use: "list", short: "tags by name", path: "/v1/tags", lists: true, flags: []flag{{name: "status", help: "active, deleted, merged or all"}},
			columns: []string{"ID=id", "NAME=name", "COLOR=color", "KIND=kind", "CONTACTS=contacts", "DESCRIPTION=description", "DELETED=deleted_at"},
		},
		call{use: "show TAG", short: "one tag", path: "/v1/tags/{tag}"},
		call{use: "suggest TEXT", short: "tags whose names a text may mean", path: "/v1/tags/suggest", then: []string{"q"}, prepare: asQuery},
		call{
			use: "create", short: "a new tag", method: http.MethodPost, path: "/v1/tags", example: `  tagtrail tags create --name city --kind valued --value Lima --value Cusco`,
			flags: []flag{{name: "name", required: true, help: "1 to 50 characters"}, described, colour, {name: "kind", help: "label or valued"}, values},
		},
		call{
			use: "edit TAG", short: "rename, describe or recolour a tag", method: http.MethodPatch, path: "/v1/tags/{tag}",
			flags: []flag{{name: "name", help: "1 to 50 characters"}, described, {name: "color", kind: clears, help: colour.help}, values}, prepare: withBody,
		},
		call{use: "delete TAG", short: "delete a tag; what contacts carried of it is history, and restore brings it back", method: http.MethodDelete, path: "/v1/tags/{tag}", says: "deleted"},
		call{use: "restore TAG", short: "bring a deleted tag back", method: http.MethodPost, path: "/v1/tags/{tag}/restore", flags: []flag{{name: "name", help: "under another name"}}, prepare: withBody},
		call{use: "merge TAG INTO", short: "one tag counts as another from now on", method: http.MethodPost, path: "/v1/tags/{tag}/merge", then: []string{"into"}, prepare: withBody},
		call{use: "unmerge TAG", short: "a merged tag stands for itself again", method: http.MethodPost, path: "/v1/tags/{tag}/unmerge", prepare: withBody},
		call{
			use: "history TAG", short: "what became of a tag", path: "/v1/tags/{tag}/history", lists: true,
			columns: []string{"AT=recorded_at", "CHANGE=change", "BEFORE=before", "AFTER=after", "BY=actor.name"},
		},
	)
	c.Long = "A tag is named by its id or its name."
	return c
}

func fieldsCommand() *cobra.Command {
	option := flag{name: "option", member: "options", kind: words, help: "what can be chosen; may be said again"}
	return group("fields", "custom fields, asked of a running tagtrail",
		call{
			use: "list", short: "custom fields by name", path: "/v1/fields", lists: true, flags: []flag{{name: "status", help: "active, retired or all"}},
			columns: []string{"ID=id", "NAME=name", "TYPE=type", "OPTIONS=options", "RETIRED=retired_at"},
		},
		call{use: "show FIELD", short: "one custom field", path: "/v1/fields/{field}"},
		call{
			use: "define", short: "a new custom field", method: http.MethodPost, path: "/v1/fields", example: "  tagtrail fields define --name Plan --type choice --option Basic --option Pro",
			flags: []flag{{name: "name", required: true, help: "1 to 50 characters"}, {name: "type", required: true, help: "text, number, money, date, choice, multi_choice, person, boolean or url"}, option},
		},
		call{use: "edit FIELD", short: "rename a field, or change what can be chosen", method: http.MethodPatch, path: "/v1/fields/{field}", flags: []flag{{name: "name", help: "1 to 50 characters"}, option}, prepare: withBody},
		call{use: "retire FIELD", short: "fill a field no more; what contacts hold stays", method: http.MethodDelete, path: "/v1/fields/{field}", says: "retired"},
		call{use: "restore FIELD", short: "fill a retired field again", method: http.MethodPost, path: "/v1/fields/{field}/restore", prepare: withBody},
	)
}

func segmentsCommand() *cobra.Command {
	filter := flag{name: "filter", kind: document, help: "whom it means: JSON, @FILE, or - for standard input"}
	said := filter
	said.required = true
	return group("segments", "filters that are kept under a name, asked of a running tagtrail",
		call{
			use: "list", short: "segments by name", path: "/v1/segments", lists: true, flags: []flag{{name: "status", help: "active or deleted"}},
			columns: []string{"ID=id", "NAME=name", "KIND=kind", "FILTER=filter"},
		},
		call{use: "show SEGMENT", short: "one segment", path: "/v1/segments/{segment}"},
		call{
			use: "create", short: "keep a filter under a name", method: http.MethodPost, path: "/v1/segments", example: `  tagtrail segments create --name "Hot leads" --filter '{"lead_status":["hot"]}'`,
			flags: []flag{{name: "name", required: true, help: "what it is called"}, said, {name: "kind", help: "dynamic or saved"}},
		},
		call{use: "edit SEGMENT", short: "change a segment", method: http.MethodPatch, path: "/v1/segments/{segment}", flags: []flag{{name: "name", help: "what it is called"}, filter}, prepare: withBody},
		call{use: "delete SEGMENT", short: "delete a segment; nothing happens to the contacts", method: http.MethodDelete, path: "/v1/segments/{segment}", says: "deleted"},
		call{use: "restore SEGMENT", short: "bring a deleted segment back", method: http.MethodPost, path: "/v1/segments/{segment}/restore", prepare: withBody},
		call{use: "contacts SEGMENT", short: "whom a segment means now", path: "/v1/segments/{segment}/contacts", lists: true, columns: contactColumns},
		call{
			use: "members SEGMENT", short: "who was noticed to be in a dynamic segment, and since when", path: "/v1/segments/{segment}/members", lists: true,
			columns: []string{"CONTACT=contact", "NAME=display_name", "ENTERED=entered_at"},
		},
		call{
			use: "history SEGMENT", short: "who entered a dynamic segment and who left it", path: "/v1/segments/{segment}/history", lists: true,
			columns: []string{"AT=at", "TURN=turn", "CONTACT=contact", "CAUSE=cause", "POSITION=position"},
		},
	)
}
