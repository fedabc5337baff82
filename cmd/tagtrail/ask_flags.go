package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/client"
)

// listen gives a command its flags, and answers what puts into a request what was said by them.
func (a call) listen(c *cobra.Command) func(*client.Client, *client.Request) error {
	var taken []func(*client.Client, *client.Request) error
	for _, f := range a.flags {
		taken = append(taken, a.flag(c, f))
		if f.required {
			f.help += " (required)"
			c.Flags().Lookup(f.name).Usage = f.help
			_ = c.MarkFlagRequired(f.name)
		}
	}
	return func(tt *client.Client, r *client.Request) error {
		for _, take := range taken {
			if err := take(tt, r); err != nil {
				return err
			}
		}
		return nil
	}
}

func (a call) flag(c *cobra.Command, f flag) func(*client.Client, *client.Request) error {
	read := f.declare(c)
	return func(tt *client.Client, r *client.Request) error {
		if !c.Flags().Changed(f.name) && f.value == "" {
			return nil
		}
		value, err := read()
		if err != nil {
			return usage(fmt.Errorf("--%s: %w", f.name, err))
		}
		if value, err = f.resolved(c, tt, value); err != nil {
			return err
		}
		if f.inQuery || a.method == "" || a.method == "GET" {
			for _, word := range texts(value) {
				r.Query.Add(f.path()[0], word)
			}
			return nil
		}
		put(r, f.path(), value)
		return nil
	}
}

// resolved answers the ids of what is called by name.
func (f flag) resolved(c *cobra.Command, tt *client.Client, value any) (any, error) {
	if f.of == "" || value == nil {
		return value, nil
	}
	said := texts(value)
	ids := make([]string, len(said))
	for i, name := range said {
		var err error
		if ids[i], err = resolve(c.Context(), tt, f.of, name); err != nil {
			return nil, err
		}
	}
	if f.kind == words {
		return ids, nil
	}
	return ids[0], nil
}

// path answers which member a flag is about.
func (f flag) path() []string {
	if f.member == "" {
		return []string{strings.ReplaceAll(f.name, "-", "_")}
	}
	return strings.Split(f.member, ".")
}

func (f flag) declare(c *cobra.Command) (read func() (any, error)) {
	flags := c.Flags()
	switch f.kind {
	case words:
		value := flags.StringArray(f.name, nil, f.help)
		return func() (any, error) { return *value, nil }
	case yes:
		value := flags.Bool(f.name, f.value == "true", f.help)
		return func() (any, error) { return *value, nil }
	case number:
		value := flags.Int(f.name, 0, f.help)
		return func() (any, error) { return *value, nil }
	case document:
		value := flags.String(f.name, f.value, f.help)
		return func() (any, error) { return documentOf(c, *value) }
	case clears:
		value := flags.String(f.name, f.value, f.help)
		return func() (any, error) {
			if *value == "" {
				return nil, nil
			}
			return *value, nil
		}
	case word:
	}
	value := flags.String(f.name, f.value, f.help)
	return func() (any, error) { return *value, nil }
}

// documentOf reads JSON as it is written, in a file, or on standard input.
func documentOf(c *cobra.Command, written string) (any, error) {
	text := []byte(written)
	var err error
	switch file, named := strings.CutPrefix(written, "@"); {
	case written == "-":
		text, err = io.ReadAll(c.InOrStdin())
	case named:
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, err
	}
	value := jsontext.Value(text)
	if !value.IsValid() {
		return nil, errors.New("this is no JSON")
	}
	return value, nil
}

// texts answers a value as a query says it.
func texts(value any) []string {
	if list, ok := value.([]string); ok {
		return list
	}
	if value == nil {
		return nil
	}
	return []string{fmt.Sprint(value)}
}

// put sets a member of the body, and makes the objects that lead to it.
func put(r *client.Request, path []string, value any) {
	if r.Body == nil {
		r.Body = map[string]any{}
	}
	object, _ := r.Body.(map[string]any)
	for _, name := range path[:len(path)-1] {
		inner, ok := object[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			object[name] = inner
		}
		object = inner
	}
	object[path[len(path)-1]] = value
}

// pairs reads NAME=VALUE, as often as it is said, into members of the body.
func pairsInto(r *client.Request, member string, said []string) error {
	for _, pair := range said {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return usage(fmt.Errorf("%q is not NAME=VALUE", printable(pair)))
		}
		if value == "" {
			put(r, []string{member, name}, nil)
			continue
		}
		put(r, []string{member, name}, value)
	}
	return nil
}

// asQuery says in the query what further arguments said.
func asQuery(_ *cobra.Command, r *client.Request) error {
	for member, value := range bodyOf(r) {
		r.Query.Set(member, fmt.Sprint(value))
	}
	r.Body = nil
	return nil
}
