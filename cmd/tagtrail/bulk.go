package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/client"
)

// bulkActions are the words for what is done to each contact, as they are typed.
const bulkActions = "add-tag, remove-tag, set-lead-status, set-owner, set-field, archive or erase"

// ofBulk are the flags that say what is done, and to whom.
func ofBulk() []flag {
	return []flag{
		{name: "tag", of: "tag", help: "of add-tag and remove-tag"}, {name: "value", help: "of add-tag, where the tag takes one"},
		{name: "lead-status", help: "of set-lead-status: cold, warm, hot or customer"}, {name: "owner", of: "owner", help: "of set-owner: id of a member; nobody where it is left out"},
		{name: "field", of: "field", help: "of set-field"}, {name: "field-value", help: "of set-field; it is cleared where this is left out"},
		{name: "contact", member: "contacts", kind: words, of: "contact", help: "whom it is done to; may be said again"},
		{name: "filter", kind: document, help: "or whom it is done to: JSON, @FILE, or - for standard input"}, because,
	}
}

func bulkCommand() *cobra.Command {
	all := group("bulk", "one action on many contacts, asked of a running tagtrail",
		call{
			use: "preview ACTION", short: "what it would come to, without doing it", method: http.MethodPost, path: "/v1/bulk-operations/preview",
			then: []string{"action"}, flags: ofBulk(), prepare: asAction, example: `  tagtrail bulk preview add-tag --tag VIP --filter '{"lead_status":["hot"]}'`,
		},
		call{
			use: "list", short: "what was done to many, imports and undoings among it, the last first", path: "/v1/bulk-operations", lists: true,
			columns: []string{"ID=id", "KIND=kind", "ACTION=action", "STATE=state", "DONE=done", "TOTAL=total", "CHANGED=changed", "REFUSED=refused", "KEPT=kept", "ASKED=asked_at"},
		},
		call{use: "show OPERATION", short: "how far one is, and what came of it", path: "/v1/bulk-operations/{operation}"},
		call{use: "pause OPERATION", short: "do no more until it is resumed", method: http.MethodPost, path: "/v1/bulk-operations/{operation}/pause"},
		call{use: "resume OPERATION", short: "go on where it was", method: http.MethodPost, path: "/v1/bulk-operations/{operation}/resume"},
		call{use: "cancel OPERATION", short: "leave the rest undone", method: http.MethodPost, path: "/v1/bulk-operations/{operation}/cancel"},
	)
	all.Long = "An action is " + bulkActions + "."
	all.AddCommand(startBulkCommand(), undoBulkCommand(), followBulkCommand(), refusalsCommand())
	return all
}

// asAction writes the action as the API does.
func asAction(_ *cobra.Command, r *client.Request) error {
	body := bodyOf(r)
	action, _ := body["action"].(string)
	body["action"] = strings.ReplaceAll(action, "-", "_")
	return nil
}

// one requires one argument, and says which.
func one(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usage(fmt.Errorf("%s needs one %s", c.CommandPath(), what))
		}
		return nil
	}
}

func startBulkCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "start ACTION", Short: "do it, in the background", Args: one("action: " + bulkActions),
		Example: `  tagtrail bulk start add-tag --tag VIP --filter '{"lead_status":["hot"]}' --wait
  tagtrail bulk start archive --contact +16505550101 --contact +16505550102`,
	}
	said := call{method: http.MethodPost, flags: ofBulk()}.listen(c)
	c.Flags().Bool("yes", false, "do it without asking, where it cannot be undone")
	return begins(c, func(c *cobra.Command, tt *client.Client, args []string) (client.Request, error) {
		r := client.Request{Method: http.MethodPost, Path: "/v1/bulk-operations", Query: url.Values{}, Body: map[string]any{"action": args[0]}}
		if args[0] == "erase" {
			if err := confirmed(c, "this forgets every person that is meant for good, and cannot be undone", args); err != nil {
				return r, err
			}
		}
		return r, errors.Join(said(tt, &r), asAction(c, &r))
	})
}

func undoBulkCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "undo OPERATION", Short: "take back what an operation or an import did, as far as nobody changed it since", Args: one("operation"),
		Example: "  tagtrail bulk undo 0197a1b2-0000-7000-8000-0000000000f1 --wait",
	}
	return begins(c, func(c *cobra.Command, tt *client.Client, args []string) (client.Request, error) {
		id, err := resolve(c.Context(), tt, "operation", args[0])
		return client.Request{Method: http.MethodPost, Path: "/v1/bulk-operations/" + id + "/undo", Query: url.Values{}}, err
	})
}

// begins makes a command that begins an operation, and stays with it until its end where that is asked for.
func begins(c *cobra.Command, asked func(*cobra.Command, *client.Client, []string) (client.Request, error)) *cobra.Command {
	wait := c.Flags().Bool("wait", false, "stay until it has ended")
	asJSON := c.Flags().Bool("json", false, "print JSON")
	c.RunE = func(c *cobra.Command, args []string) error {
		tt, err := connect(c)
		if err != nil {
			return err
		}
		r, err := asked(c, tt, args)
		if err != nil {
			return err
		}
		begun, header, err := tt.Ask(c.Context(), r)
		if err != nil {
			return err
		}
		if !*wait {
			return (call{}).show(c, begun, *asJSON)
		}
		return followed(c, tt, cell(membersOf(begun)["id"]), shownFrom(header), *asJSON)
	}
	return withAddress(c)
}

func followBulkCommand() *cobra.Command {
	c := &cobra.Command{Use: "follow OPERATION", Short: "stay with an operation until it has ended; whoever stops looking stops nothing", Args: one("operation")}
	asJSON := c.Flags().Bool("json", false, "print JSON")
	c.RunE = func(c *cobra.Command, args []string) error {
		tt, err := connect(c)
		if err != nil {
			return err
		}
		id, err := resolve(c.Context(), tt, "operation", args[0])
		if err != nil {
			return err
		}
		return followed(c, tt, id, nil, *asJSON)
	}
	return withAddress(c)
}

// shownFrom answers what a read says so that it is answered once the tables show what a write, whose answer had this header,
// has done.
func shownFrom(header http.Header) http.Header {
	position := header.Get("Tagtrail-Position")
	if position == "" {
		return nil
	}
	return http.Header{"Tagtrail-Min-Position": {position}, "Prefer": {"wait=10"}}
}

func followed(c *cobra.Command, tt *client.Client, id string, header http.Header, asJSON bool) error {
	ended, err := follow(c, tt, client.Request{Path: "/v1/bulk-operations/" + id, Header: header}, "total", "done")
	if err != nil {
		return err
	}
	return outcome(c, ended, asJSON)
}

func refusalsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "refusals OPERATION", Short: "on which contacts it did not go as asked, and why, as CSV", Args: one("operation"),
		Example: "  tagtrail bulk refusals 0197a1b2-0000-7000-8000-0000000000f1 --output refused.csv",
	}
	return downloads(c, "operation", func(id string) string { return "/v1/bulk-operations/" + id + "/refusals" })
}

// downloads makes a command that fetches a file of something.
func downloads(c *cobra.Command, what string, path func(id string) string) *cobra.Command {
	output := c.Flags().String("output", "-", "file to write; - is standard output")
	c.RunE = func(c *cobra.Command, args []string) error {
		tt, err := connect(c)
		if err != nil {
			return err
		}
		id, err := resolve(c.Context(), tt, what, args[0])
		if err != nil {
			return err
		}
		return download(c, tt, client.Request{Method: http.MethodGet, Path: path(id)}, *output)
	}
	return withAddress(c)
}
