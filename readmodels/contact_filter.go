package readmodels

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"

	"tagtrail/domain/contact"
	"tagtrail/domain/filter"
)

// ContactFilter narrows a list of contacts; all that is said must hold.
type ContactFilter struct {
	Q           string      // part of a name, phone or e-mail address; one or two letters must begin a word
	Tags        []uuid.UUID // carries each of them actively
	ExcludeTags []uuid.UUID // carries none of them actively
	LeadStatus  string
	Owner       *uuid.UUID
	CreatedFrom *time.Time // from here on
	CreatedTo   *time.Time // before this
	Channel     *uuid.UUID // was met on this channel
	Archived    Shelf
	Only        []uuid.UUID   // of these; nil is of all
	Where       filter.Filter // what else must hold; nil is nothing
	Clock       filter.Clock  // by which its times are read
	Whole       Whole         // what is found by no part of it
}

// Whole says what is found only where it is written whole: whoever sees a part of a number could else try the rest digit by
// digit.
type Whole struct{ Phone, Email bool }

// Shelf says which contacts a list is about, of those that were neither merged nor erased.
type Shelf string

// The shelves.
const (
	InUse          Shelf = "" // all that are not archived
	ArchivedOnly   Shelf = "only"
	ArchivedAsWell Shelf = "include"
)

// condition answers the condition on contacts c. Those in use, and those that are archived, have indexes of their own.
func (s Shelf) condition() string {
	switch s {
	case ArchivedOnly:
		return "c.shelved"
	case ArchivedAsWell:
		return "(c.listed or c.shelved)"
	case InUse:
	}
	return "c.listed"
}

// matching turns the filter into conditions on contacts c. Tags become the numbers that the rows carry, in a question
// of their own, which also tells how rare they are; a tag that is deleted or unknown is carried by nobody.
func (r Contacts) matching(ctx context.Context, org uuid.UUID, f ContactFilter) (*conditions, error) {
	var err error
	if f.Where, err = r.inline(ctx, org, f.Where); err != nil {
		return nil, err
	}
	where := &conditions{}
	where.and("c.org = %s", org)
	where.and(f.shelf().condition())
	if f.Only != nil {
		where.filter("c.contact = any (%s)", f.Only)
	}
	where.filtered = where.filtered || f.shelf() == ArchivedAsWell

	asked := f.whole()
	c := &compiler{where: where, clock: f.Clock, whole: f.Whole}
	tags, none := tagsOf(asked)
	if len(tags) > 0 {
		if c.carried, err = r.activeNumbers(ctx, org, tags); err != nil {
			return nil, fmt.Errorf("look up the tags of a filter: %w", err)
		}
	}
	if none {
		if c.inactive, err = r.inactiveNumbers(ctx, org); err != nil {
			return nil, fmt.Errorf("look up the deleted tags: %w", err)
		}
	}
	if c.fields, err = r.fieldsOf(ctx, org, asked); err != nil {
		return nil, fmt.Errorf("look up the custom fields of a filter: %w", err)
	}
	if c.tagLimit, err = r.tagLimitOf(ctx, org, asked); err != nil {
		return nil, fmt.Errorf("look up how many tags a contact may be given: %w", err)
	}
	return where, c.add(asked)
}

// Check says whether a filter asks what can be answered: what a custom field takes is told by its type.
func (r Contacts) Check(ctx context.Context, org uuid.UUID, f filter.Filter) error {
	_, err := r.matching(ctx, org, ContactFilter{Where: f})
	return err
}

// whole answers all that must hold.
func (f ContactFilter) whole() filter.All {
	all := filter.All{}
	if len(f.Tags) > 0 {
		all = append(all, filter.IDs{Of: filter.TagsAll, IDs: f.Tags})
	}
	if len(f.ExcludeTags) > 0 {
		all = append(all, filter.IDs{Of: filter.TagsNone, IDs: f.ExcludeTags})
	}
	if f.LeadStatus != "" {
		all = append(all, filter.Words{Of: filter.LeadStatus, Words: []string{f.LeadStatus}})
	}
	if f.Owner != nil {
		all = append(all, filter.IDs{Of: filter.Owner, IDs: []uuid.UUID{*f.Owner}})
	}
	if f.CreatedFrom != nil || f.CreatedTo != nil {
		all = append(all, filter.Time{Of: filter.Created, From: boundOf(f.CreatedFrom), Before: boundOf(f.CreatedTo)})
	}
	if f.Channel != nil {
		all = append(all, filter.IDs{Of: filter.Channel, IDs: []uuid.UUID{*f.Channel}})
	}
	if typed(f.Q) != "" {
		all = append(all, filter.Text(f.Q))
	}
	if f.Where != nil {
		all = append(all, f.Where)
	}
	return all
}

func boundOf(at *time.Time) *filter.Bound {
	if at == nil {
		return nil
	}
	return &filter.Bound{At: *at}
}

// shelf answers which contacts the list is about: a filter that speaks of archived ones looks among them too.
func (f ContactFilter) shelf() Shelf {
	if f.Archived != InUse || f.Where == nil {
		return f.Archived
	}
	shelf := InUse
	filter.Each(f.Where, func(part filter.Filter) {
		if flag, ok := part.(filter.Flag); ok && flag.Of == filter.Archived {
			shelf = ArchivedAsWell
		}
	})
	if onlyArchived(f.Where) {
		return ArchivedOnly
	}
	return shelf
}

// onlyArchived says whether all whom a filter means must be archived.
func onlyArchived(f filter.Filter) bool {
	switch f := f.(type) {
	case filter.All:
		return slices.ContainsFunc(f, onlyArchived)
	case filter.Flag:
		return f.Of == filter.Archived && f.Is
	case filter.Any, filter.Not, filter.Text, filter.Words, filter.IDs, filter.Value, filter.Time, filter.Field, filter.Consent:
	}
	return false
}

// numbered is an active tag with all that are one tag with it since tags were merged, itself among them.
type numbered struct {
	Tag      uuid.UUID // as it was asked for
	Number   int32     // of the tag that stands for all
	Tags     []uuid.UUID
	Numbers  []int32
	Carriers int64 // of all together; who carries two counts twice
}

// activeNumbers answers those of the tags that are active. A tag that was merged is the one that stands for it.
func (r Contacts) activeNumbers(ctx context.Context, org uuid.UUID, tags []uuid.UUID) (map[uuid.UUID]numbered, error) {
	found, err := ask(ctx, r.DB, org, planOnce, pgx.RowToStructByPos[numbered], `
		select a.tag, s.number, array_agg(t.tag order by t.number), array_agg(t.number order by t.number), coalesce(sum(u.contacts), 0)::bigint
		from tags a
		join tags s on s.org = a.org and s.tag = coalesce(a.merged_into, a.tag)
		join tags t on t.org = s.org and (t.tag = s.tag or t.merged_into = s.tag)
		left join tag_usage u on u.org = t.org and u.number = t.number
		where a.org = $1 and a.tag = any($2) and s.deleted_at is null
		group by a.tag, s.number`, org, tags)
	return byTag(found), err
}

func byTag(found []numbered) map[uuid.UUID]numbered {
	numbers := make(map[uuid.UUID]numbered, len(found))
	for _, tag := range found {
		numbers[tag.Tag] = tag
	}
	return numbers
}

// pick answers the numbers of the tags that have any, of which a contact carries one of them when it carries one.
func pick(numbers map[uuid.UUID]numbered, tags []uuid.UUID) (picked []int32) {
	for _, tag := range tags {
		picked = append(picked, numbers[tag].Numbers...)
	}
	return picked
}

// pickEach answers the numbers of tags that are to be carried all: those that stand alone together, and for each of the
// others those of which one will do; and whether every tag has a number.
func pickEach(numbers map[uuid.UUID]numbered, tags []uuid.UUID) (alone []int32, groups [][]int32, all bool) {
	for _, tag := range tags {
		n, ok := numbers[tag]
		switch {
		case !ok:
			return nil, nil, false
		case len(n.Numbers) == 1:
			alone = append(alone, n.Number)
		default:
			groups = append(groups, n.Numbers)
		}
	}
	return alone, groups, true
}

// rarest answers how many contacts carry the tag that fewest carry.
func rarest(numbers map[uuid.UUID]numbered, tags []uuid.UUID) int64 {
	fewest := int64(math.MaxInt64)
	for _, tag := range tags {
		fewest = min(fewest, numbers[tag].Carriers)
	}
	return fewest
}

// conditions is a growing list of SQL conditions and their arguments; values enter it as parameters only.
type conditions struct {
	parts    []string
	tags     []string // those about tags
	found    string   // the statement for those who have the text that is looked for; "" looks for none
	args     []any
	filtered bool // by what no order of the list has beside it
	carried  bool // a tag is asked for that must be carried
	rare     bool // a tag is asked for that few carry
}

// and adds a condition; each %s in it stands for one of the values.
func (c *conditions) and(sql string, values ...any) {
	c.parts = append(c.parts, c.written(sql, values))
}

// tagged adds a condition on tags.
func (c *conditions) tagged(sql string, values ...any) {
	c.tags = append(c.tags, c.written(sql, values))
}

// filter adds a condition that makes it worth planning anew.
func (c *conditions) filter(sql string, values ...any) {
	c.and(sql, values...)
	c.filtered = true
}

func (c *conditions) written(sql string, values []any) string {
	names := make([]any, len(values))
	for i, value := range values {
		names[i] = c.parameter(value)
	}
	return fmt.Sprintf(sql, names...)
}

// parameter adds an argument and answers its place.
func (c *conditions) parameter(value any) string {
	c.args = append(c.args, value)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *conditions) sql() string {
	all := slices.Concat(c.parts, c.tags)
	if c.found != "" {
		all = append(all, "c.contact in ("+c.found+")")
	}
	return strings.Join(all, " and ")
}

// planning is for statements that leave the way to the planner.
func (c *conditions) planning() planning {
	if c.filtered || len(c.tags) > 0 || c.found != "" {
		return planAnew
	}
	return planReuse
}

// typed brings what somebody typed into the form in which names are kept: one keyboard sends a letter with its accent as one
// code point, another as two.
func typed(q string) string { return norm.NFC.String(strings.Join(strings.Fields(q), " ")) }

// search answers the conditions for what somebody typed, as written, and where it looks like a phone number also by its
// digits, however they are grouped, and by the way in which the number is kept.
func (c *conditions) search(q string) string {
	forms, _ := searchForms(q)
	var likes []string
	for _, form := range forms {
		likes = append(likes, "s.haystack ilike "+c.parameter(likePattern(form)))
	}
	return strings.Join(likes, " or ")
}

// searchForms answers the forms in which something that was typed may be kept, and the whole number that it is, where it is one.
func searchForms(q string) (forms []string, number string) {
	forms = []string{q}
	digits, ok := phoneDigits(q)
	if ok {
		forms = append(forms, digits)
	}
	if number = keptNumber(q, digits); number != "" {
		forms = append(forms, number)
	}
	slices.Sort(forms)
	return slices.Compact(forms), number
}

// searchWhole answers the conditions that leave, of what search finds, names, and numbers and addresses that are written whole
// where no part of them is looked for.
func (c *conditions) searchWhole(q string, whole Whole) string {
	forms, number := searchForms(q)
	found := []string{`E'\n ' || coalesce(s.name, '') || E'\n ' || coalesce(s.profile_name, '') ilike ` + c.parameter(likePattern(q))}
	if whole.Phone {
		kept := c.parameter(number)
		found = append(found, "s.number = "+kept, "s.wa_id = "+kept)
	} else {
		for _, form := range forms {
			part := c.parameter("%" + likeLiteral(form) + "%")
			found = append(found, "s.number like "+part, "s.wa_id like "+part)
		}
	}
	if whole.Email {
		found = append(found, "lower(s.email) = lower("+c.parameter(q)+")")
	} else {
		found = append(found, "s.email ilike "+c.parameter("%"+likeLiteral(q)+"%"))
	}
	return strings.Join(found, " or ")
}

// keptNumber answers the digits of a whole number as it is kept, however it was written; "" where it is none.
func keptNumber(q, digits string) string {
	const shortest = 8 // digits of a number with its country code
	written := []string{q}
	if len(digits) >= shortest {
		written = append(written, "+"+strings.TrimPrefix(digits, "00"))
	}
	for _, number := range written {
		if i, err := contact.ParsePhone(number); err == nil {
			return strings.TrimPrefix(i.Value.Reveal(), "+")
		}
	}
	return ""
}

// storable says whether a text of PostgreSQL could hold this at all.
func storable(q string) bool { return utf8.ValidString(q) && !strings.ContainsRune(q, 0) }

// likePattern answers the pattern that finds a text in a haystack, whose texts each begin with a space. One or two
// characters are too few for the trigrams inside of words, so that they are looked for where words begin, which the
// index of trigrams knows as well.
func likePattern(text string) string {
	literal := likeLiteral(text)
	if utf8.RuneCountInString(text) < 3 {
		return "% " + literal + "%"
	}
	return "%" + literal + "%"
}

// likeLiteral answers a text in which no character stands for others.
func likeLiteral(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// phoneDigits answers the digits of what can be part of a phone number, and whether it can.
func phoneDigits(q string) (string, bool) {
	digits := strings.Builder{}
	for _, r := range q {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case !strings.ContainsRune("+-()./ ", r):
			return "", false
		}
	}
	return digits.String(), digits.Len() > 0
}
