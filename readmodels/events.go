package readmodels

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Events answers: what was recorded, by whom, and about what?
//
// Lists are in the order of the log. What is asked for decides which index leads.
type Events struct {
	DB     DB
	Opener Opener
	Known  Vocabulary
}

// EventFilter narrows a list of events; all that is said must hold.
type EventFilter struct {
	Types     []string // any of them: names of events, or their beginnings up to a dot, as in "contact."
	ActorKind string
	Actor     *uuid.UUID
	Contact   *uuid.UUID
	Tag       *uuid.UUID
	Operation *uuid.UUID
	From      *time.Time // recorded from here on
	To        *time.Time // recorded before this
	Behind    int64      // only positions behind this
}

// List answers the events that match, beginning behind a position, and where the next page begins; nil is the end.
func (r Events) List(ctx context.Context, org uuid.UUID, f EventFilter, see Sight, order Order, after *int64, limit int) ([]Event, *int64, error) {
	q := r.matching(org, f)
	if after != nil {
		q.and("e.position "+order.beyond()+" %s", *after)
	}
	ordered := ` order by e.position ` + order.sql() + ` limit ` + q.parameter(limit+1)
	found, err := ask(ctx, r.DB, org, planAnew, scanEvent, `select `+eventColumns+q.from(`*`, ordered)+ordered, q.args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list the events of %s: %w", org, err)
	}
	events, next, err := r.shown(ctx, org, found, see, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("list the events of %s: %w", org, err)
	}
	return events, next, nil
}

// Count answers how many events match, counting no further than one above the bound.
func (r Events) Count(ctx context.Context, org uuid.UUID, f EventFilter, bound int) (int, error) {
	q := r.matching(org, f)
	limit := ` limit ` + q.parameter(bound+1)
	n, err := one(ask(ctx, r.DB, org, planAnew, pgx.RowTo[int], `select count(*) from (select`+q.from(``, limit)+limit+`) counted`, q.args...))
	if err != nil {
		return 0, fmt.Errorf("count the events of %s: %w", org, err)
	}
	return n, nil
}

// eventQuery is a question about events e, and which index leads.
type eventQuery struct {
	conditions
	byTag  string // the parameter of a tag
	byType string // the parameter of types, where nothing narrower leads
}

func (r Events) matching(org uuid.UUID, f EventFilter) *eventQuery {
	q := &eventQuery{}
	q.and("e.org = %s", org)
	for _, equal := range []struct {
		column string
		id     *uuid.UUID
	}{{"actor", f.Actor}, {"contact", f.Contact}, {"operation", f.Operation}} {
		if equal.id != nil {
			q.and("e."+equal.column+" = %s", *equal.id)
		}
	}
	if f.ActorKind != "" {
		q.and("e.actor_kind = %s", f.ActorKind)
	}
	if f.From != nil {
		q.and("e.recorded_at >= %s", *f.From)
	}
	if f.To != nil {
		q.and("e.recorded_at < %s", *f.To)
	}
	if f.Behind > 0 {
		q.and("e.position > %s", f.Behind)
	}
	if f.Tag != nil {
		q.byTag = q.parameter(*f.Tag)
	}
	if len(f.Types) > 0 {
		types := q.parameter(r.Known.named(f.Types))
		if f.Contact == nil && f.Operation == nil && f.Tag == nil {
			q.byType = types
		} else {
			q.and("e.type = any (" + types + "::text[])")
		}
	}
	return q
}

// from answers the rest of the question behind its columns. Types lead one by one, each in the order of the list and no
// further than the list goes, so that a rare one is not looked for among all the others.
func (q *eventQuery) from(columns, ordered string) string {
	switch {
	case q.byTag != "":
		return ` from event_tags t join events e on e.org = t.org and e.position = t.position
			where t.org = $1 and t.number = (select c.number from catalog_history c where c.org = $1 and c.tag = ` + q.byTag + ` limit 1) and ` + q.sql()
	case q.byType != "":
		return ` from unnest(` + q.byType + `::text[]) as wanted (type) cross join lateral (
			select ` + columns + ` from events e where e.type = wanted.type and ` + q.sql() + ordered + `) e`
	default:
		return ` from events e where ` + q.sql()
	}
}

// Vocabulary is what a list of events has to know of events by their names.
type Vocabulary struct {
	names    []string
	withheld map[string][]string // where values are that nobody is shown
}

// NewVocabulary answers the vocabulary of events by their names and where values are that no reader is shown, as JSON pointers.
func NewVocabulary(withheld map[string][]string) Vocabulary {
	v := Vocabulary{withheld: withheld}
	for name := range withheld {
		v.names = append(v.names, name)
	}
	slices.Sort(v.names)
	return v
}

// named answers every name that is among the types or begins with one of them that ends with a dot.
func (v Vocabulary) named(types []string) []string {
	named := []string{}
	for _, name := range v.names {
		if slices.ContainsFunc(types, func(t string) bool { return t == name || strings.HasSuffix(t, ".") && strings.HasPrefix(name, t) }) {
			named = append(named, name)
		}
	}
	return named
}
