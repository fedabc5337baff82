package main

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

// cellsOf answers members of an item as a table shows them. A member is named by where it is: dots lead into objects, and *
// stands for every item of a list.
func cellsOf(item jsontext.Value, members []string) []string {
	cells := make([]string, len(members))
	for i, member := range members {
		cells[i] = cellAt(item, strings.Split(member, "."))
	}
	return cells
}

func cellAt(value jsontext.Value, path []string) string {
	if len(path) == 0 {
		return cell(value)
	}
	if path[0] != "*" {
		return cellAt(membersOf(value)[path[0]], path[1:])
	}
	var items []jsontext.Value
	_ = json.Unmarshal(value, &items) // what is no list has none
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = cellAt(item, path[1:])
	}
	return strings.Join(parts, ", ")
}

// cell is a value as a person reads it: nothing where there is none, a text without quotes, and all else as JSON.
func cell(value jsontext.Value) string {
	switch {
	case len(value) == 0, value.Kind() == 'n':
		return ""
	case value.Kind() == '"':
		var text string
		_ = json.Unmarshal(value, &text) // it is a text
		return text
	case value.Kind() == '[':
		return cellAt(value, []string{"*"})
	case value.Kind() == '{':
		return objectCell(value)
	}
	return string(value)
}

// objectCell is what a person calls an object, with the value that it has; of one that has no name, what it says.
func objectCell(object jsontext.Value) string {
	members := membersOf(object)
	called := cell(members["name"])
	if tag := members["tag"]; tag != nil {
		called = cell(tag)
	}
	if called != "" {
		if value := cell(members["value"]); value != "" {
			called += ":" + value
		}
		return called
	}
	var said []string
	_ = eachMember(object, func(name string, value jsontext.Value) {
		if shown := cell(value); shown != "" && name != "id" {
			said = append(said, name+"="+shown)
		}
	})
	return strings.Join(said, ", ")
}

// eachMember visits the members of an object in their order.
func eachMember(object jsontext.Value, visit func(name string, value jsontext.Value)) error {
	dec := jsontext.NewDecoder(strings.NewReader(string(object)))
	if token, err := dec.ReadToken(); err != nil || token.Kind() != '{' {
		return errNoObject
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		key := name.String()
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		visit(key, value)
	}
	return nil
}

var errNoObject = errors.New("this is no object")

// printMembers prints what an object says, a line for each member, in its order.
func printMembers(c *cobra.Command, object jsontext.Value) error {
	var rows [][]string
	if err := eachMember(object, func(name string, value jsontext.Value) {
		if shown := cell(value); shown != "" {
			rows = append(rows, []string{name, shown})
		}
	}); err != nil {
		rows = [][]string{{"", cell(object)}}
	}
	return printTable(c, []string{"WHAT", "SAYS"}, rows)
}
