package main

import (
	"net/http"

	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/client"
)

// ofRule are the flags that say whom a rule watches and what it does.
func ofRule() []flag {
	return []flag{
		{name: "filter", kind: document, help: "whom it watches: JSON, @FILE, or - for standard input"}, {name: "segment", of: "segment", help: "or a dynamic segment"},
		{name: "on", help: "on whom it acts: enters or leaves"},
		{name: "add-tag", of: "tag", help: "a tag that it puts on"}, {name: "value", help: "of that tag, where it takes one"},
		{name: "remove-tag", of: "tag", help: "a tag that it takes off"}, {name: "lead-status", help: "the lead status that it sets: cold, warm, hot or customer"},
		{name: "owner", of: "owner", help: "the owner that it sets: id of a member"}, {name: "actions", kind: document, help: "or all that it does: JSON, @FILE, or - for standard input"},
		{name: "take-back", kind: yes, help: "take off again what it put on when somebody is meant no longer"},
	}
}

func rulesCommand() *cobra.Command {
	name := flag{name: "name", help: "what it is called"}
	named := name
	named.required = true
	period := []flag{
		{name: "from", required: true, help: "the beginning: an instant, such as 2026-05-01T00:00:00Z"}, {name: "until", help: "the end; now where it is left out"},
	}
	c := group("rules", "what happens to contacts by itself, asked of a running tagtrail",
		call{
			use: "list", short: "rules by name", path: "/v1/rules", lists: true, flags: []flag{{name: "status", help: "active or deleted"}},
			columns: []string{"ID=id", "NAME=name", "ENABLED=enabled", "VERSION=version", "CHANGED=changed", "REFUSED=refused", "ACTED=acted_at"},
		},
		call{use: "show RULE", short: "one rule", path: "/v1/rules/{rule}"},
		call{
			use: "versions RULE", short: "what a rule says and said, the newest first", path: "/v1/rules/{rule}/versions", lists: true,
			columns: []string{"VERSION=version", "AT=at", "BY=by.name", "SAYS=says"},
		},
		call{
			use: "refusals RULE", short: "on whom it could not do all that it says, the last first", path: "/v1/rules/{rule}/refusals", lists: true,
			columns: []string{"AT=at", "CONTACT=contact", "VERSION=version", "CODE=code"},
		},
		call{
			use: "add", short: "a new rule", method: http.MethodPost, path: "/v1/rules",
			flags: append([]flag{named, {name: "disabled", kind: yes, help: "it does nothing until it is enabled"}}, ofRule()...), prepare: asRule,
			example: `  tagtrail rules add --name "Hot leads" --filter '{"lead_status":["hot"]}' --add-tag VIP --take-back`,
		},
		call{
			use: "edit RULE", short: "rename a rule, or have it say something else, which is another version", method: http.MethodPatch, path: "/v1/rules/{rule}",
			flags: append([]flag{name}, ofRule()...), prepare: asRule,
		},
		call{use: "enable RULE", short: "have a rule act from now on", method: http.MethodPatch, path: "/v1/rules/{rule}", prepare: enabled(true)},
		call{use: "disable RULE", short: "have a rule do nothing", method: http.MethodPatch, path: "/v1/rules/{rule}", prepare: enabled(false)},
		call{
			use: "delete RULE", short: "delete a rule for good; what it did stays", method: http.MethodDelete, path: "/v1/rules/{rule}",
			danger: "A deleted rule does not come back", says: "deleted",
		},
		call{use: "preview RULE", short: "what it would come to, if it was applied to whom it means now", method: http.MethodPost, path: "/v1/rules/{rule}/preview"},
		call{use: "backtest RULE", short: "whom it would have met in a time that is past", method: http.MethodPost, path: "/v1/rules/{rule}/backtest", flags: period},
		call{use: "apply RULE", short: "do what it says to whom it means now, as an operation that bulk follow and bulk undo know", method: http.MethodPost, path: "/v1/rules/{rule}/apply"},
	)
	c.Long = "A rule is named by its id or its name. It acts on who comes to be meant from now on; apply does the same to whom it means already."
	return c
}

// asRule writes what a rule does as the API does.
func asRule(_ *cobra.Command, r *client.Request) error {
	if r.Body == nil {
		r.Body = map[string]any{}
	}
	body := bodyOf(r)
	if off, said := body["disabled"]; said {
		delete(body, "disabled")
		body["enabled"] = off != true
	}
	var actions []map[string]any
	for _, action := range []struct{ do, flag, member string }{
		{"add_tag", "add_tag", "tag"}, {"remove_tag", "remove_tag", "tag"}, {"set_lead_status", "lead_status", "lead_status"}, {"set_owner", "owner", "owner"},
	} {
		value, said := body[action.flag]
		if !said {
			continue
		}
		delete(body, action.flag)
		one := map[string]any{"do": action.do, action.member: value}
		if of, said := body["value"]; said && action.do == "add_tag" {
			one["value"] = of
			delete(body, "value")
		}
		actions = append(actions, one)
	}
	if actions != nil {
		body["actions"] = actions
	}
	return nil
}

// enabled has a rule act, or not.
func enabled(is bool) func(*cobra.Command, *client.Request) error {
	return func(_ *cobra.Command, r *client.Request) error {
		put(r, []string{"enabled"}, is)
		return nil
	}
}
