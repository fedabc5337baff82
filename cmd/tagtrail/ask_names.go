package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"tagtrail/cmd/internal/client"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
)

// The faults of what is named by what people call it.
var (
	errNotFound  = fault.New(fault.NotFound, "client.not-found", "there is nothing of this name")
	errAmbiguous = fault.New(fault.Conflict, "client.ambiguous", "there are several of this name: say which by its id")
)

// resolve answers the id of what an argument names: its id, or a contact's phone number, or the name of a tag, a segment, a
// custom field or a rule.
func resolve(ctx context.Context, tt *client.Client, what, said string) (string, error) {
	if _, err := uuid.Parse(said); err == nil && len(said) == 36 {
		return strings.ToLower(said), nil
	}
	lists := map[string]struct{ path, member string }{
		"tag": {"/v1/tags", "name"}, "into": {"/v1/tags", "name"}, "segment": {"/v1/segments", "name"}, "field": {"/v1/fields", "name"},
		"rule": {"/v1/rules", "name"},
	}
	if (what == "contact" || what == "other") && strings.HasPrefix(said, "+") {
		return only(ctx, tt, client.Request{Method: "GET", Path: "/v1/contacts", Query: url.Values{"q": {said}, "limit": {"50"}}}, func(item jsontext.Value) bool {
			return showsNumber(cell(membersOf(item)["phone"]), said)
		})
	}
	if of, ok := lists[what]; ok {
		query := url.Values{"limit": {strconv.Itoa(atOnce)}}
		if what != "segment" && what != "rule" {
			query.Set("status", "all")
		}
		return only(ctx, tt, client.Request{Method: "GET", Path: of.path, Query: query}, func(item jsontext.Value) bool {
			return strings.EqualFold(cell(membersOf(item)[of.member]), said)
		})
	}
	if slices.Contains([]string{"contact", "other", "note", "erasure", "operation", "import", "member", "channel", "owner"}, what) {
		return "", usage(fmt.Errorf("%q is no id", said))
	}
	return said, nil
}

// only answers the id of the only item that is meant; where there are several, one that is not deleted goes first.
func only(ctx context.Context, tt *client.Client, r client.Request, meant func(jsontext.Value) bool) (string, error) {
	var here, gone []string
	err := tt.Each(ctx, r, func(item jsontext.Value) (bool, error) {
		if !meant(item) {
			return true, nil
		}
		members := membersOf(item)
		if id := cell(members["id"]); cell(members["deleted_at"])+cell(members["retired_at"]) == "" {
			here = append(here, id)
		} else {
			gone = append(gone, id)
		}
		return true, nil
	})
	found := here
	if len(found) == 0 {
		found = gone
	}
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return "", errNotFound
	case len(found) > 1:
		return "", errAmbiguous
	}
	return found[0], nil
}

// unshown is what stands in a number for the digits that the role does not see.
const unshown = "•••"

// showsNumber says whether a number as it is shown, maybe in part, is the one that was said. Whoever sees numbers in part is
// shown nobody but who has the whole number that was asked for, or is called so.
func showsNumber(shown, said string) bool {
	number := "+" + digitsOf(said)
	if i, err := contact.ParsePhone(said); err == nil {
		number = i.Value.Reveal()
	}
	begin, end, inPart := strings.Cut(shown, unshown)
	if !inPart {
		return shown == number
	}
	return begin+end != "" && strings.HasPrefix(number, begin) && strings.HasSuffix(number, end)
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
