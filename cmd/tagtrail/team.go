package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/client"
)

func membersCommand() *cobra.Command {
	role := flag{name: "role", help: "owner, manager, agent, auditor or analyst"}
	called, is := flag{name: "name", help: "1 to 100 characters"}, role
	said := called
	said.required, is.required = true, true
	email := flag{name: "email", kind: clears, help: "e-mail address"}
	return group("members", "who belongs to the team, asked of a running tagtrail",
		call{
			use: "list", short: "who belongs to the team, in the order in which they were added", path: "/v1/members", lists: true, flags: []flag{{name: "status", help: "active, removed or all"}},
			columns: []string{"ID=id", "NAME=name", "ROLE=role", "EMAIL=email", "ADDED=added_at", "REMOVED=removed_at"},
		},
		call{use: "show MEMBER", short: "one member", path: "/v1/members/{member}"},
		call{
			use: "add", short: "somebody belongs to the team", method: http.MethodPost, path: "/v1/members", flags: []flag{said, is, {name: "email", help: "e-mail address"}},
			example: `  tagtrail members add --name "Marta Ruiz" --role agent`,
		},
		call{use: "edit MEMBER", short: "rename a member, or change the address", method: http.MethodPatch, path: "/v1/members/{member}", flags: []flag{called, email}, prepare: withBody},
		call{use: "role MEMBER ROLE", short: "change what a member's keys may do, at once", method: http.MethodPatch, path: "/v1/members/{member}", then: []string{"role"}},
		call{use: "key MEMBER", short: "a new key of a member; its token is shown this once", method: http.MethodPost, path: "/v1/members/{member}/keys", flags: []flag{said}},
		call{use: "remove MEMBER", short: "somebody belongs to the team no more, and the keys stop at once", method: http.MethodDelete, path: "/v1/members/{member}", says: "removed"},
	)
}

func rulesOfTeamCommand() *cobra.Command {
	own, masks := flag{name: "own-tags-only", kind: words, help: "ROLE=yes or ROLE=no: whether it takes off only tags of its own source; may be said again"},
		flag{name: "mask", kind: words, help: "ROLE=phone, ROLE=email, ROLE=both or ROLE=none: what it sees in part only; may be said again"}
	return group("settings", "the rules of the organisation, asked of a running tagtrail",
		call{use: "show", short: "all of them", path: "/v1/settings"},
		call{
			use: "change", short: "change some; what is not said stays", method: http.MethodPatch, path: "/v1/settings",
			flags: []flag{{name: "tag-limit", kind: number, help: "how many active tags a contact may be given"}, own, masks}, prepare: asRules,
			example: "  tagtrail settings change --tag-limit 30 --mask agent=phone --own-tags-only agent=yes",
		},
	)
}

// asRules reads what is said of roles.
func asRules(_ *cobra.Command, r *client.Request) error {
	words := map[string]map[string]any{
		"own_tags_only": {"yes": true, "no": false},
		"mask": {
			"phone": map[string]bool{"phone": true, "email": false}, "email": map[string]bool{"phone": false, "email": true},
			"both": map[string]bool{"phone": true, "email": true}, "none": map[string]bool{"phone": false, "email": false},
		},
	}
	body := bodyOf(r)
	for member, means := range words {
		said, _ := body[member].([]string)
		delete(body, member)
		for _, pair := range said {
			role, word, _ := strings.Cut(pair, "=")
			value, known := means[word]
			if !known {
				return usage(fmt.Errorf("%q is not ROLE=%s", printable(pair), strings.Join(sortedKeys(means), ", ROLE=")))
			}
			if member == "mask" {
				put(r, []string{"masking", role}, value)
				continue
			}
			put(r, []string{member, role}, value)
		}
	}
	if len(body) == 0 {
		return usage(errors.New("say what is to change"))
	}
	return nil
}

func sortedKeys(means map[string]any) []string {
	var words []string
	for word := range means {
		words = append(words, word)
	}
	slices.Sort(words)
	return words
}

func planCommand() *cobra.Command {
	return group("plan", "how many contacts the organisation may have, asked of a running tagtrail",
		call{use: "show", short: "the plan, and how much of it is used", path: "/v1/plan"},
		call{
			use: "change PLAN", short: "choose free, starter, growth or scale", method: http.MethodPut, path: "/v1/plan", then: []string{"plan"},
			flags: []flag{{name: "limit", kind: number, help: "another limit than the plan's own; 0 is none"}},
		},
	)
}
