package main

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/client"
	"tagtrail/cmd/internal/config"
)

// call is a command that asks a running tagtrail for one thing.
//
// Its arguments fill the places in the path, in order. A flag is a member of the
// body, or of the query where the request only reads.
type call struct {
	use, short, example string

	method string // GET where it is empty
	path   string
	then   []string   // members of the body that further arguments say; one that is named as in a path is resolved so
	query  url.Values // that is always asked
	flags  []flag

	columns []string // of a table: "HEADING=member.of.the.item"
	lists   bool     // answers pages
	says    string   // in place of what came back
	danger  string   // what a person has to say yes to
	prepare func(c *cobra.Command, asked *client.Request) error
}

// flag is something that a call can be told.
type flag struct {
	name, help string
	member     string // "" is the name with underscores; dots lead into objects
	kind       kind
	of         string // what it names, so that it can be called by name
	required   bool
	value      string // where it is not said
	inQuery    bool   // although there is a body
}

type kind int

const (
	word   kind = iota
	clears      // a word; an empty one takes away what is there
	words       // may be said again
	yes
	number
	document // JSON, or @FILE, or - for standard input
)

// command makes the command that asks.
func (a call) command() *cobra.Command {
	if a.method == "" {
		a.method = http.MethodGet
	}
	places := strings.Count(a.path, "{") + len(a.then)
	c := &cobra.Command{Use: a.use, Short: a.short, Example: a.example, Args: func(c *cobra.Command, args []string) error {
		switch {
		case places == 0:
			return noArguments(c, args)
		case len(args) != places:
			return usage(fmt.Errorf("%s: it is %s", c.CommandPath(), a.use))
		}
		return nil
	}}
	said := a.listen(c)
	var begin func(...string) (*listing, error)
	var limit *int
	asJSON := new(bool)
	if a.lists {
		begin = listingFlags(c)
		limit = c.Flags().Int("limit", 0, "how many at most; 0 is all")
	} else {
		asJSON = c.Flags().Bool("json", false, "print JSON")
	}
	if a.danger != "" {
		c.Flags().Bool("yes", false, "do it without asking")
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if limit != nil && *limit < 0 {
			return usage(errors.New("--limit is not below 0"))
		}
		tt, err := connect(c)
		if err != nil {
			return err
		}
		request, err := a.request(c, tt, args, said)
		if err != nil {
			return err
		}
		if a.lists {
			return a.list(c, tt, request, begin, *limit)
		}
		if err := confirmed(c, a.danger, args); err != nil {
			return err
		}
		body, _, err := tt.Ask(c.Context(), request)
		if err != nil {
			return err
		}
		return a.show(c, body, *asJSON)
	}
	return withAddress(c)
}

// withAddress lets a command be told which tagtrail it asks, and in whose name.
func withAddress(c *cobra.Command) *cobra.Command {
	c.Flags().String("key-file", "", "file with the key in whose name it asks (TAGTRAIL_KEY_FILE)")
	return withSettings(c, "url", "listen", "data-dir")
}

// connect answers who is asked.
func connect(c *cobra.Command) (*client.Client, error) {
	settings, _, err := load(c)
	if err != nil {
		return nil, err
	}
	if settings.URL == "" {
		host, port, _ := net.SplitHostPort(settings.Listen) // checked when the settings were read
		if host == "" || net.ParseIP(host).IsUnspecified() {
			host = "127.0.0.1"
		}
		settings.URL = "http://" + net.JoinHostPort(host, port)
	}
	if file, _ := c.Flags().GetString("key-file"); file != "" {
		if settings.Key, err = config.ReadSecret(file); err != nil {
			return nil, usage(err)
		}
	}
	if settings.Key == "" {
		if settings.Key, err = config.ReadSecret(filepath.Join(settings.DataDir, "owner.key")); err != nil {
			return nil, usage(errors.New("no key: name a file that holds one by --key-file or TAGTRAIL_KEY_FILE"))
		}
	}
	return client.New(settings.URL, settings.Key), nil
}

// request fills in what the command was told.
func (a call) request(c *cobra.Command, tt *client.Client, args []string, said func(*client.Client, *client.Request) error) (client.Request, error) {
	path, err := a.fill(c, tt, args)
	if err != nil {
		return client.Request{}, err
	}
	r := client.Request{Method: a.method, Path: path, Query: url.Values{}}
	maps.Copy(r.Query, a.query)
	for i, member := range a.then {
		value, err := resolve(c.Context(), tt, member, args[len(args)-len(a.then)+i])
		if err != nil {
			return client.Request{}, err
		}
		put(&r, []string{member}, value)
	}
	if err := said(tt, &r); err != nil {
		return client.Request{}, err
	}
	if a.prepare != nil {
		err = a.prepare(c, &r)
	}
	return r, err
}

// fill puts the arguments into the path; contacts and tags may be named by what people call them.
func (a call) fill(c *cobra.Command, tt *client.Client, args []string) (string, error) {
	path := a.path
	for _, arg := range args[:len(args)-len(a.then)] {
		open, end := strings.Index(path, "{"), strings.Index(path, "}")
		id, err := resolve(c.Context(), tt, path[open+1:end], arg)
		if err != nil {
			return "", err
		}
		path = path[:open] + url.PathEscape(id) + path[end+1:]
	}
	return path, nil
}

// list prints every item, or the first few.
func (a call) list(c *cobra.Command, tt *client.Client, r client.Request, begin func(...string) (*listing, error), limit int) error {
	headings, members := a.table()
	l, err := begin(headings...)
	if err != nil {
		return err
	}
	page := atOnce
	if limit > 0 {
		page = min(limit, page)
	}
	if body, ok := r.Body.(map[string]any); ok && a.method == http.MethodPost {
		body["limit"] = page
	} else {
		r.Query.Set("limit", strconv.Itoa(page))
	}
	n := 0
	err = tt.Each(c.Context(), r, func(item jsontext.Value) (bool, error) {
		n++
		return limit == 0 || n < limit, l.add(item, cellsOf(item, members)...)
	})
	if err != nil && n == 0 {
		return err
	}
	return errors.Join(err, l.end())
}

func (a call) table() (headings, members []string) {
	for _, column := range a.columns {
		heading, member, _ := strings.Cut(column, "=")
		headings, members = append(headings, heading), append(members, member)
	}
	return headings, members
}

// show prints one thing: as JSON, or as a line for each member that says something.
func (a call) show(c *cobra.Command, body jsontext.Value, asJSON bool) error {
	switch {
	case a.says != "" && !asJSON:
		_, err := fmt.Fprintln(c.OutOrStdout(), a.says)
		return err
	case len(body) == 0:
		return nil
	case asJSON:
		_ = body.Indent()
		_, err := fmt.Fprintf(c.OutOrStdout(), "%s\n", body)
		return err
	}
	return printMembers(c, body)
}

// confirmed has a person who sits there say that a dangerous thing is meant; a program says so by --yes.
func confirmed(c *cobra.Command, danger string, args []string) error {
	if danger == "" {
		return nil
	}
	if sure, _ := c.Flags().GetBool("yes"); sure {
		return nil
	}
	if !isTerminal(c.ErrOrStderr()) || !isTerminal(os.Stdin) {
		return usage(fmt.Errorf("%s: say --yes", danger))
	}
	_, _ = fmt.Fprintf(c.ErrOrStderr(), "%s. Type %s to go on: ", danger, printable(args[0]))
	var typed string
	if _, _ = fmt.Fscanln(c.InOrStdin(), &typed); typed != args[0] {
		return usage(errors.New("nothing was done"))
	}
	return nil
}

// members reads a JSON object in its order.
func membersOf(object jsontext.Value) map[string]jsontext.Value {
	var members map[string]jsontext.Value
	_ = json.Unmarshal(object, &members) // what is no object has none
	return members
}
