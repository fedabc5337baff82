package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tagtrail/domain/event"
)

// precondition is what If-Match says.
type precondition struct {
	given     bool
	any       bool             // *
	revisions []event.Revision // the newest first; tags that are none of ours are not among them
}

// maxEntityTags bounds what a decision compares.
const maxEntityTags = 1000

// etag answers the entity tag of a resource: the revision of its own last event.
func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// preconditionOf reads If-Match by RFC 9110: weak tags are read and match nothing.
func preconditionOf(header http.Header) (precondition, error) {
	values := header.Values("If-Match")
	if len(values) == 0 {
		return precondition{}, nil
	}
	rest := strings.TrimSpace(strings.Join(values, ","))
	if rest == "*" {
		return precondition{given: true, any: true}, nil
	}
	p := precondition{given: true}
	tags := 0
	for {
		rest = strings.TrimLeft(rest, " \t,")
		if rest == "" {
			break
		}
		tag, remaining, weak, err := cutEntityTag(rest)
		if err != nil {
			return precondition{}, err
		}
		rest = remaining
		if tags++; tags > maxEntityTags {
			return precondition{}, ErrPrecondition
		}
		if revision, err := strconv.ParseInt(tag, 10, 64); err == nil && !weak && etag(revision) == `"`+tag+`"` {
			p.revisions = append(p.revisions, event.Revision(revision))
		}
	}
	if tags == 0 {
		return precondition{}, ErrPrecondition
	}
	slices.Sort(p.revisions)
	p.revisions = slices.Compact(p.revisions)
	slices.Reverse(p.revisions)
	return p, nil
}

func cutEntityTag(s string) (tag, rest string, weak bool, err error) {
	s, weak = strings.CutPrefix(s, "W/")
	if !strings.HasPrefix(s, `"`) {
		return "", "", false, ErrPrecondition
	}
	tag, rest, closed := strings.Cut(s[1:], `"`)
	rest = strings.TrimLeft(rest, " \t")
	if !closed || rest != "" && rest[0] != ',' {
		return "", "", false, ErrPrecondition
	}
	return tag, rest, weak, nil
}

// revisionsSeen answers the revisions that the resource may have, none where any will do. It is stale at once when the caller
// names entity tags that no resource of ours can have.
func (p precondition) revisionsSeen() ([]event.Revision, error) {
	if p.given && !p.any && len(p.revisions) == 0 {
		return nil, ErrStale
	}
	return p.revisions, nil
}
