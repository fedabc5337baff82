package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"tagtrail/cmd/internal/client"
)

// errEndedEarly says that what was asked for did not come to its end.
var errEndedEarly = errors.New("it ended early")

func importCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "import FILE", Short: "create and update contacts by a CSV or Excel file; - is standard input",
		Example: `  tagtrail import contacts.csv --dry-run
  tagtrail import contacts.xlsx --unknown-tags create --results refused.csv`,
		Args: one("file, or - for standard input"),
	}
	// The file is the body: what is said besides goes into the query.
	said := call{flags: []flag{
		{name: "dry-run", kind: yes, help: "count what it would do, and do nothing"}, {name: "tags-mode", help: "add or replace"},
		{name: "unknown-tags", help: "reject, create or skip"}, {name: "channel", help: "id of the channel, where contacts are kept for each"},
		{name: "encoding", help: "of a CSV file: auto, utf-8, utf-16le, utf-16be or windows-1252"}, {name: "map", kind: words, help: "what a column is, as HEADING=WHAT; may be said again"},
	}}.listen(c)
	results := c.Flags().String("results", "", "file to write what came of the rows that were refused; - is standard output")
	asJSON := c.Flags().Bool("json", false, "print JSON")
	c.RunE = func(c *cobra.Command, args []string) error {
		tt, err := connect(c)
		if err != nil {
			return err
		}
		file, err := fileOf(c, args[0])
		if err != nil {
			return usage(err)
		}
		defer func() { _ = file.Close() }()
		r := client.Request{Method: http.MethodPost, Path: "/v1/imports", Query: url.Values{}, File: file, Type: "application/octet-stream"}
		if err := said(tt, &r); err != nil {
			return err
		}
		begun, _, err := tt.Ask(c.Context(), r)
		if err != nil {
			return err
		}
		path := "/v1/imports/" + cell(membersOf(begun)["id"])
		ended, err := follow(c, tt, client.Request{Path: path}, "rows", "counts.rows")
		if err != nil {
			return err
		}
		if *results != "" {
			refused := client.Request{Method: http.MethodGet, Path: path + "/results.csv", Query: url.Values{"only": {"refused"}}}
			if err := download(c, tt, refused, *results); err != nil {
				return err
			}
		}
		return outcome(c, ended, *asJSON)
	}
	return withAddress(c)
}

func fileOf(c *cobra.Command, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(c.InOrStdin()), nil
	}
	if at, err := os.Stat(name); err == nil && at.IsDir() {
		return nil, fmt.Errorf("%s is a directory", name)
	}
	return os.Open(name)
}

// outcome prints how something ended, and is an error where it did not come to its end.
func outcome(c *cobra.Command, ended jsontext.Value, asJSON bool) error {
	if err := (call{}).show(c, ended, asJSON); err != nil {
		return err
	}
	if state := cell(membersOf(ended)["state"]); state != "finished" {
		return fmt.Errorf("%w: it is %s", errEndedEarly, state)
	}
	return nil
}

// glance is the pause between two looks at something that goes on.
const glance = 200 * time.Millisecond

// follow looks at something that goes on until it does no more, and answers it. Whoever stops looking stops nothing.
func follow(c *cobra.Command, tt *client.Client, r client.Request, total, done string) (jsontext.Value, error) {
	r.Method = http.MethodGet
	var bars *mpb.Progress
	var bar *mpb.Bar
	if isTerminal(c.ErrOrStderr()) {
		bars = mpb.New(mpb.WithOutput(c.ErrOrStderr()), mpb.WithWidth(40), mpb.WithRefreshRate(100*time.Millisecond))
		bar = bars.AddBar(0, mpb.AppendDecorators(decor.CountersNoUnit("%d of %d "), decor.AverageSpeed(0, "%.0f/s "), decor.AverageETA(decor.ET_STYLE_GO)))
		defer func() {
			bar.Abort(false)
			bars.Wait()
		}()
	}
	for {
		now, _, err := tt.Ask(c.Context(), r)
		if err != nil {
			return nil, err
		}
		if bar != nil {
			bar.SetTotal(number64(now, total), false)
			bar.SetCurrent(number64(now, done))
		}
		switch cell(membersOf(now)["state"]) {
		case "running", "cancelling":
		default:
			return now, nil
		}
		if err := client.Rest(c.Context(), glance); err != nil {
			return nil, err
		}
	}
}

func number64(object jsontext.Value, member string) int64 {
	n, _ := strconv.ParseInt(cellsOf(object, []string{member})[0], 10, 64)
	return n
}

func exportCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "export", Short: "all contacts that a filter means, in the form that an import takes", Args: noArguments,
		Example: `  tagtrail export > contacts.csv
  tagtrail export --filter '{"no_tags":true}' --format xlsx --output untagged.xlsx`,
	}
	said := call{method: http.MethodPost, flags: []flag{
		{name: "filter", kind: document, help: "the filter as JSON, @FILE, or - for standard input; everybody where it is left out"},
		{name: "format", help: "csv or xlsx"}, {name: "profile", help: "roundtrip or console"}, {name: "formula-guard", help: "on or off"},
	}}.listen(c)
	output := c.Flags().String("output", "-", "file to write; - is standard output")
	c.RunE = func(c *cobra.Command, _ []string) error {
		tt, err := connect(c)
		if err != nil {
			return err
		}
		r := client.Request{Method: http.MethodPost, Path: "/v1/contacts/export", Body: map[string]any{}}
		if err := said(tt, &r); err != nil {
			return err
		}
		return download(c, tt, r, *output)
	}
	return withAddress(c)
}
