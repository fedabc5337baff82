package readmodels

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/filter"
)

// compiler turns a filter into conditions on rows c. Each condition is true of those who are meant; of the others it is
// false, or NULL where nothing is known, and only [compiler.not] has to care which.
type compiler struct {
	where    *conditions
	clock    filter.Clock
	carried  map[uuid.UUID]numbered   // the tags that are asked for and active
	inactive []int32                  // the numbers of deleted tags, where it matters that nothing else is carried
	fields   map[uuid.UUID]askedField // the custom fields that are asked for
	tagLimit int                      // how many active tags a contact may be given
	then     bool                     // rows are versions of then, whose personal values are sealed
	whole    Whole
}

// add narrows the list by a filter. What all must hold of goes in part by part: the list has ways of its own for tags, and
// what stands beside its orders needs no planning.
func (c *compiler) add(f filter.Filter) error {
	include, exclude := []uuid.UUID{}, []uuid.UUID{}
	if err := c.each(f, &include, &exclude); err != nil {
		return err
	}
	alone, groups, all := pickEach(c.carried, include)
	if !all {
		c.where.and("false")
	}
	if len(alone) > 0 {
		c.where.tagged("c.tags @> %s::int[]", alone)
	}
	for _, numbers := range groups {
		c.where.tagged("c.tags && %s::int[]", numbers)
	}
	c.where.carried = len(include) > 0
	c.where.rare = all && len(include) > 0 && !c.then && rarest(c.carried, include) <= fewCarriers
	if c.contradicts(include, exclude) {
		c.where.and("false")
	}
	if numbers := pick(c.carried, exclude); len(numbers) > 0 {
		c.where.tagged("not (c.tags && %s::int[])", numbers)
	}
	return nil
}

// contradicts says whether nobody can carry a tag that must be carried, since it must not be.
func (c *compiler) contradicts(include, exclude []uuid.UUID) bool {
	numbers := pick(c.carried, exclude)
	return slices.ContainsFunc(include, func(tag uuid.UUID) bool {
		return slices.Contains(numbers, c.carried[tag].Number)
	})
}

func (c *compiler) each(f filter.Filter, include, exclude *[]uuid.UUID) error {
	switch leaf := f.(type) {
	case nil:
		return nil
	case filter.All:
		for _, part := range leaf {
			if err := c.each(part, include, exclude); err != nil {
				return err
			}
		}
		return nil
	case filter.IDs:
		switch {
		case leaf.Of == filter.TagsAll, leaf.Of == filter.TagsAny && len(leaf.IDs) == 1:
			*include = append(*include, leaf.IDs...)
			return nil
		case leaf.Of == filter.TagsNone:
			*exclude = append(*exclude, leaf.IDs...)
			return nil
		}
	case filter.Text:
		if q := typed(string(leaf)); q != "" && storable(q) && !c.then && c.where.found == "" {
			c.where.found = c.finds(q)
			return nil
		}
	case filter.Any, filter.Not, filter.Flag, filter.Words, filter.Value, filter.Time, filter.Field, filter.Consent:
	}
	sql, err := c.expression(f)
	if err != nil {
		return err
	}
	c.where.parts = append(c.where.parts, sql)
	c.where.filtered = c.where.filtered || !besideTheOrder(f)
	return nil
}

// besideTheOrder says whether the list has an order, or something beside one, by which this is found.
func besideTheOrder(f filter.Filter) bool {
	switch leaf := f.(type) {
	case filter.Words:
		return leaf.Of == filter.LeadStatus && len(leaf.Words) == 1
	case filter.IDs:
		return leaf.Of == filter.Owner && len(leaf.IDs) == 1
	case filter.All, filter.Any, filter.Not, filter.Text, filter.Flag, filter.Value, filter.Time, filter.Field, filter.Consent:
	}
	return false
}

// expression answers the condition that is true of those whom a filter means.
func (c *compiler) expression(f filter.Filter) (string, error) {
	switch leaf := f.(type) {
	case filter.All:
		return c.join(leaf, " and ", "true")
	case filter.Any:
		return c.join(leaf, " or ", "false")
	case filter.Not:
		sql, err := c.expression(leaf.Filter)
		return not(sql), err
	case filter.Text:
		return c.text(string(leaf))
	case filter.Flag:
		sql, err := c.flag(leaf.Of)
		if !leaf.Is {
			sql = not(sql)
		}
		return sql, err
	case filter.Words:
		return c.words(leaf)
	case filter.IDs:
		return c.ids(leaf)
	case filter.Value:
		return c.value(leaf)
	case filter.Time:
		return c.time(leaf), nil
	case filter.Field:
		return c.field(leaf)
	case filter.Consent:
		return c.consent(leaf)
	}
	return "", fmt.Errorf("%T is no filter that is known here", f)
}

// not is true of everybody of whom a condition is not, known or not.
func not(sql string) string { return "(" + sql + ") is not true" }

func (c *compiler) join(parts []filter.Filter, by, none string) (string, error) {
	if len(parts) == 0 {
		return none, nil
	}
	all := make([]string, len(parts))
	for i, part := range parts {
		var err error
		if all[i], err = c.expression(part); err != nil {
			return "", err
		}
	}
	return "(" + strings.Join(all, by) + ")", nil
}

// ofNow refuses what only the tables of now can tell.
func (c *compiler) ofNow(leaf filter.Name) error {
	if c.then {
		return filter.ErrAsOf.With("leaf", string(leaf))
	}
	return nil
}

func (c *compiler) text(written string) (string, error) {
	q := typed(written)
	switch {
	case q == "":
		return "true", nil
	case c.then:
		return "", c.ofNow("text")
	case !storable(q):
		return "false", nil
	}
	return "c.contact in (" + c.finds(q) + ")", nil
}

// finds answers the statement for those who have a text somewhere.
func (c *compiler) finds(q string) string {
	sql := "select s.contact from searchable_contacts s where s.org = $1 and (" + c.where.search(q) + ")"
	if c.whole != (Whole{}) {
		sql += " and (" + c.where.searchWhole(q, c.whole) + ")"
	}
	return sql
}

func (c *compiler) flag(of filter.Name) (string, error) {
	switch of { //nolint:exhaustive // the others are no flags
	case filter.NoTags:
		if len(c.inactive) == 0 {
			return "c.tags = '{}'", nil
		}
		inactive := c.where.parameter(c.inactive)
		return "(c.tags = '{}' or (c.tags && " + inactive + "::int[] and c.tags <@ " + inactive + "::int[]))", nil
	case filter.NoOwner:
		return "c.owner is null", nil
	case filter.HasEmail:
		return "c.email <> ''", c.ofNow(of)
	case filter.Archived:
		return "c.archived", nil
	case filter.LegalHold:
		return "c.legal_hold", nil
	case filter.OverLimit:
		return c.overLimit(), c.ofNow(of)
	case filter.OverPlan:
		return "c.contact in (select b.contact from contacts_beyond_plan b where b.org = $1)", c.ofNow(of)
	}
	return "", fmt.Errorf("%q is no flag that is known here", of)
}

func (c *compiler) words(leaf filter.Words) (string, error) {
	switch leaf.Of { //nolint:exhaustive // the others take no words
	case filter.LeadStatus:
		if c.then {
			return c.among("c.lead_status", leaf.Words), nil
		}
		places := make([]string, len(leaf.Words))
		for i, status := range leaf.Words {
			places[i] = strconv.Itoa(funnelOrder(status))
		}
		if len(places) == 1 {
			return "c.funnel_order = " + places[0], nil
		}
		return "c.funnel_order in (" + strings.Join(places, ", ") + ")", nil
	case filter.Source:
		return c.among("c.source", leaf.Words), nil
	case filter.Origin:
		return c.among("c.origin", leaf.Words), nil
	case filter.Language:
		return c.language(leaf.Words), c.ofNow(leaf.Of)
	case filter.Conversation:
		return c.conversation(leaf.Words), c.ofNow(leaf.Of)
	case filter.Country:
		words := c.where.parameter(leaf.Words)
		return "(c.numbers_left = 0 and c.country = any(" + words + ") or c.numbers_left > 0 and (" + newestNumber + ") = any(" + words + "))", c.ofNow(leaf.Of)
	}
	return "", fmt.Errorf("%q takes no words here", leaf.Of)
}

// newestNumber is where a contact c is from that ever left a number.
const newestNumber = `
	select i.country from held_identities i where i.org = c.org and i.contact = c.contact and i.kind = 'number'
	order by i.revision desc limit 1`

// among says that a column holds one of the values.
func (c *compiler) among(column string, values []string) string {
	if len(values) == 1 {
		return column + " = " + c.where.parameter(values[0])
	}
	return column + " = any(" + c.where.parameter(values) + ")"
}

func (c *compiler) ids(leaf filter.IDs) (string, error) {
	switch leaf.Of { //nolint:exhaustive // the others take no ids
	case filter.TagsAll:
		alone, groups, all := pickEach(c.carried, leaf.IDs)
		if !all {
			return "false", nil
		}
		parts := []string{"true"}
		if len(alone) > 0 {
			parts = append(parts, "c.tags @> "+c.where.parameter(alone)+"::int[]")
		}
		for _, numbers := range groups {
			parts = append(parts, "c.tags && "+c.where.parameter(numbers)+"::int[]")
		}
		return "(" + strings.Join(parts, " and ") + ")", nil
	case filter.TagsAny, filter.TagsNone:
		sql := "false"
		if numbers := pick(c.carried, leaf.IDs); len(numbers) > 0 {
			sql = "c.tags && " + c.where.parameter(numbers) + "::int[]"
		}
		if leaf.Of == filter.TagsNone {
			sql = not(sql)
		}
		return sql, nil
	case filter.Owner:
		if len(leaf.IDs) == 1 {
			return "c.owner = " + c.where.parameter(leaf.IDs[0]), nil
		}
		return "c.owner = any(" + c.where.parameter(leaf.IDs) + "::uuid[])", nil
	case filter.Channel:
		return "c.channels && " + c.where.parameter(leaf.IDs) + "::uuid[]", nil
	case filter.Segment: // of now it stands for its filter by now
		return "false", c.ofNow(leaf.Of)
	}
	return "", fmt.Errorf("%q takes no ids here", leaf.Of)
}

// value means those who carry a value of a tag; a fixed value is a number, whose name is looked up.
func (c *compiler) value(leaf filter.Value) (string, error) {
	if err := c.ofNow("tag_value"); err != nil {
		return "", err
	}
	sql := "false"
	if of, active := c.carried[leaf.Tag]; active {
		sql = c.valued(leaf, of)
	}
	if len(leaf.IsNot) > 0 {
		sql = not(sql)
	}
	return sql, nil
}

func (c *compiler) valued(leaf filter.Value, of numbered) string {
	free, fixed := "", ""
	if leaf.Contains != "" {
		pattern := c.where.parameter("%" + likeLiteral(typed(leaf.Contains)) + "%")
		free, fixed = "a.value ilike "+pattern, "v.name ilike "+pattern
	} else {
		values := slices.Concat(leaf.Is, leaf.IsNot)
		for i, value := range values {
			values[i] = typed(value)
		}
		folded := "array(select lower(said) from unnest(" + c.where.parameter(values) + "::text[]) said)"
		free, fixed = "lower(a.value) = any("+folded+")", "lower(v.name) = any("+folded+")"
	}
	if len(of.Tags) > 1 {
		return c.valuedOnce(free, of)
	}
	tag := c.where.parameter(of.Tags[0])
	carriers := "select a.contact from contact_tags a where a.org = $1 and a.tag = " + tag + " and a.ended_at is null"
	return "c.contact in (" + carriers + " and a.value is not null and " + free +
		" union all " + carriers + " and a.value_number is not null and a.value_number = any(array(" +
		"select v.number from tag_values v where v.org = $1 and v.tag = " + tag + " and " + fixed + ")))"
}

// valuedOnce means those who carry a free value of tags that were merged: of several the one that counts.
func (c *compiler) valuedOnce(free string, of numbered) string {
	tags, number := c.where.parameter(of.Tags), c.where.parameter(of.Number)
	return "c.contact in (select a.contact from contact_tags a where a.org = $1 and a.tag = any(" + tags + "::uuid[]) and a.ended_at is null" +
		" and a.value is not null and " + free + " and not exists (" +
		"select from contact_tags o where o.org = a.org and o.contact = a.contact and o.ended_at is null and o.tag = any(" + tags + "::uuid[])" +
		" and (o.number <> " + number + ", o.number) < (a.number <> " + number + ", a.number)))"
}

func (c *compiler) time(leaf filter.Time) string {
	column := map[filter.Name]string{
		filter.Created: "c.created_at", filter.FirstSeen: "c.first_seen_at", filter.LastSeen: "c.last_seen_at", filter.LastActive: "c.last_active_at",
	}[leaf.Of]
	if leaf.Never {
		return column + " is null"
	}
	from, before := leaf.Range(c.clock)
	switch {
	case leaf.Of == filter.Created && c.then:
		return createdIn(c.where, from, before)
	case leaf.Of == filter.LastSeen && !c.then:
		return c.backwards("c.seen_order", from, before)
	case leaf.Of == filter.LastActive && !c.then:
		return c.backwards("c.active_order", from, before)
	}
	var parts []string
	if from != nil {
		parts = append(parts, column+" >= "+c.where.parameter(*from))
	}
	if before != nil {
		parts = append(parts, column+" < "+c.where.parameter(*before))
	}
	return "(" + strings.Join(parts, " and ") + ")"
}

// backwards is a range of times as the list orders them: the latest first, and never at the end of all, which no range holds.
func (c *compiler) backwards(column string, from, before *time.Time) string {
	latest, earliest := int64(math.MinInt64), int64(math.MaxInt64)-1
	if from != nil {
		earliest = -ceilMicro(*from)
	}
	if before != nil {
		latest = -ceilMicro(*before) + 1
	}
	return "(" + column + " >= " + c.where.parameter(latest) + " and " + column + " <= " + c.where.parameter(earliest) + ")"
}

// ceilMicro answers the first microsecond that is not before an instant.
func ceilMicro(at time.Time) int64 {
	micro := at.UnixMicro()
	if time.UnixMicro(micro).Before(at) {
		micro++
	}
	return micro
}

// tagsOf answers the tags that a filter asks for, and whether it asks how many a contact carries.
func tagsOf(f filter.Filter) (tags []uuid.UUID, none bool) {
	filter.Each(f, func(f filter.Filter) {
		switch leaf := f.(type) {
		case filter.IDs:
			if leaf.Of == filter.TagsAll || leaf.Of == filter.TagsAny || leaf.Of == filter.TagsNone {
				tags = append(tags, leaf.IDs...)
			}
		case filter.Value:
			tags = append(tags, leaf.Tag)
		case filter.Flag:
			none = none || leaf.Of == filter.NoTags
		case filter.All, filter.Any, filter.Not, filter.Text, filter.Words, filter.Time, filter.Field, filter.Consent:
		}
	})
	return tags, none
}

// inactiveNumbers answers the numbers of deleted tags.
func (r Contacts) inactiveNumbers(ctx context.Context, org uuid.UUID) ([]int32, error) {
	return ask(ctx, r.DB, org, planReuse, pgx.RowTo[int32], `
		select t.number from tags t join tags s on s.org = t.org and s.tag = coalesce(t.merged_into, t.tag)
		where t.org = $1 and s.deleted_at is not null order by 1`, org)
}
