package readmodels

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/field"
	"tagtrail/domain/filter"
	"tagtrail/domain/organization"
)

// These leaves are about what is said of a contact besides its row: languages, conversations, consents and custom fields.
// Each is found in a table of its own, so that the planner may begin with it or with the list.

// language means who speaks one, or any form of it where none is said.
func (c *compiler) language(words []string) string {
	folded, primary := make([]string, len(words)), make([]string, len(words))
	for i, word := range words {
		folded[i] = strings.ToLower(word)
		primary[i], _, _ = strings.Cut(folded[i], "-")
	}
	said := c.where.parameter(folded)
	return "c.contact in (select l.contact from spoken_languages l where l.org = $1" +
		" and split_part(lower(l.value), '-', 1) = any(" + c.where.parameter(primary) + ")" +
		" and (lower(l.value) = any(" + said + ") or split_part(lower(l.value), '-', 1) = any(" + said + ")))"
}

func (c *compiler) conversation(words []string) string {
	const had = "c.contact in (select v.contact from shown_conversations v where v.org = $1)"
	const open = "c.contact in (select v.contact from shown_conversations v where v.org = $1 and v.closed_at is null)"
	stands := map[string]string{
		filter.ConversationOpen: open, filter.ConversationClosed: "(" + had + " and " + not(open) + ")", filter.NoConversation: not(had),
	}
	parts := make([]string, len(words))
	for i, word := range words {
		parts[i] = stands[word]
	}
	return "(" + strings.Join(parts, " or ") + ")"
}

func (c *compiler) consent(leaf filter.Consent) (string, error) {
	said := func(agrees string) string {
		return "c.contact in (select k.contact from shown_consents k where k.org = $1 and k.purpose = " + c.where.parameter(leaf.Purpose) + agrees + ")"
	}
	switch leaf.Is {
	case filter.Given:
		return "(" + said(" and k.agrees") + " and " + not(said(" and not k.agrees")) + ")", c.ofNow("consent")
	case filter.Withdrawn:
		return said(" and not k.agrees"), c.ofNow("consent")
	}
	return not(said("")), c.ofNow("consent")
}

// overLimit means who carries more active tags than one may be given; tags that are one since they were merged count once.
// No index knows which are active or one; one knows who carries many.
func (c *compiler) overLimit() string {
	most := c.where.parameter(c.tagLimit)
	return "(cardinality(c.tags) > " + most + ` and (
		select count(distinct s.number) from tags t join tags s on s.org = t.org and s.tag = coalesce(t.merged_into, t.tag)
		where t.org = $1 and t.number = any (c.tags) and s.deleted_at is null) > ` + most + ")"
}

// field means who holds what is asked for in a custom field. In one that nobody knows, nobody holds anything.
func (c *compiler) field(leaf filter.Field) (string, error) {
	if err := c.ofNow("field"); err != nil {
		return "", err
	}
	sql := "false"
	if of, known := c.fields[leaf.Field]; known {
		held, err := c.held(of, leaf)
		if err != nil {
			return "", err
		}
		sql = "c.contact in (select f.contact from contact_fields f where f.org = $1 and f.field = " + c.where.parameter(leaf.Field) + " and " + held + ")"
	}
	if leaf.IsNot {
		sql = not(sql)
	}
	return sql, nil
}

func (c *compiler) held(of askedField, leaf filter.Field) (string, error) {
	switch {
	case leaf.Held:
		return "f.value is not null", nil
	case leaf.OlderThan > 0 || leaf.Within > 0:
		return c.daysAgo(of, leaf)
	case leaf.AtLeast != "" || leaf.Below != "":
		return c.between(of, leaf)
	case leaf.Contains != "":
		if of.Type != field.Text && of.Type != field.URL {
			return "", of.refuses()
		}
		return "f.type in ('text', 'url') and f.value ilike " + c.where.parameter("%"+likeLiteral(typed(leaf.Contains))+"%"), nil
	case of.Type == field.Choice || of.Type == field.MultiChoice:
		return c.chosen(of, leaf.Is)
	}
	values := make([]string, len(leaf.Is))
	for i, value := range leaf.Is {
		var err error
		if values[i], err = of.kept(value); err != nil {
			return "", err
		}
	}
	// The index has the beginning of a text, which is all that a filter can say of it.
	folded := "array(select lower(said) from unnest(" + c.where.parameter(values) + "::text[]) said)"
	return "f.value is not null and left(lower(f.value), 200) = any(" + folded + ") and lower(f.value) = any(" + folded + ")", nil
}

func (c *compiler) chosen(of askedField, names []string) (string, error) {
	numbers := make([]int32, len(names))
	for i, name := range names {
		option, ok := of.Option(typed(name))
		if !ok {
			return "", of.refuses()
		}
		numbers[i] = int32(option.Number)
	}
	return "f.options is not null and f.options && " + c.where.parameter(numbers) + "::int[]", nil
}

// between compares numbers, amounts of one currency, and dates, the upper end left out.
func (c *compiler) between(of askedField, leaf filter.Field) (string, error) {
	column, cast := `(f.value collate "C")`, "::text"
	parts := []string{"f.type = 'date'"}
	if of.Type != field.Date {
		column, cast, parts = "f.number", "::text::numeric", []string{"f.currency is null"}
	}
	currency := ""
	for _, end := range []struct{ sign, said string }{{" >= ", leaf.AtLeast}, {" < ", leaf.Below}} {
		if end.said == "" {
			continue
		}
		kept, err := of.kept(end.said)
		if err != nil {
			return "", err
		}
		if of.Type == field.Money {
			amount, code, _ := strings.Cut(kept, " ")
			if currency != "" && currency != code {
				return "", of.refuses()
			}
			if currency == "" { // a parameter that no condition names has no type
				parts[0] = "f.currency = " + c.where.parameter(code)
			}
			kept, currency = amount, code
		}
		parts = append(parts, column+end.sign+c.where.parameter(kept)+cast)
	}
	if of.Type != field.Date && of.Type != field.Number && of.Type != field.Money {
		return "", of.refuses()
	}
	return strings.Join(parts, " and "), nil
}

// daysAgo counts days back from today, in the organisation's zone.
func (c *compiler) daysAgo(of askedField, leaf filter.Field) (string, error) {
	if of.Type != field.Date {
		return "", of.refuses()
	}
	from, before := filter.Time{OlderThan: leaf.OlderThan, Within: leaf.Within}.Range(c.clock)
	parts := []string{"f.type = 'date'"}
	for _, end := range []struct {
		sign string
		at   *time.Time
	}{{" >= ", from}, {" < ", before}} {
		if end.at != nil {
			parts = append(parts, `(f.value collate "C")`+end.sign+c.where.parameter(end.at.Format(time.DateOnly))+"::text")
		}
	}
	return strings.Join(parts, " and "), nil
}

// askedField is a custom field that a filter asks about, retired or not, with every option that it ever had.
type askedField struct {
	field.Definition
}

// kept answers the one form in which a value of the field is kept.
func (f askedField) kept(value string) (string, error) {
	kept, err := f.Parse(value, "", func(uuid.UUID) bool { return true })
	if err != nil || kept == "" {
		return "", f.refuses()
	}
	return kept, nil
}

func (f askedField) refuses() error {
	return filter.ErrField.With("field", f.ID.String()).With("type", string(f.Type))
}

// fieldsOf answers the custom fields that a filter asks about.
func (r Contacts) fieldsOf(ctx context.Context, org uuid.UUID, f filter.Filter) (map[uuid.UUID]askedField, error) {
	var ids []uuid.UUID
	filter.Each(f, func(f filter.Filter) {
		if leaf, ok := f.(filter.Field); ok {
			ids = append(ids, leaf.Field)
		}
	})
	if len(ids) == 0 {
		return nil, nil
	}
	type row struct {
		ID      uuid.UUID
		Type    string
		Numbers []int32
		Names   []string
	}
	found, err := ask(ctx, r.DB, org, planReuse, pgx.RowToStructByPos[row], `
		select f.field, f.type, array_agg(o.number order by o.number) filter (where o.number is not null), array_agg(o.name order by o.number) filter (where o.number is not null)
		from fields f left join field_options o on o.org = f.org and o.field = f.field
		where f.org = $1 and f.field = any($2) group by f.field, f.type`, org, ids)
	fields := make(map[uuid.UUID]askedField, len(found))
	for _, of := range found {
		d := field.Definition{ID: field.ID{UUID: of.ID}, Type: field.Type(of.Type)}
		for i, number := range of.Numbers {
			d.Options = append(d.Options, field.Option{Number: field.OptionNumber(number), Name: of.Names[i]})
		}
		fields[of.ID] = askedField{d}
	}
	return fields, err
}

// tagLimitOf answers how many active tags a contact may be given, where a filter asks for those who carry more.
func (r Contacts) tagLimitOf(ctx context.Context, org uuid.UUID, f filter.Filter) (int, error) {
	limit, asked := organization.DefaultTagLimit, false
	filter.Each(f, func(f filter.Filter) {
		flag, ok := f.(filter.Flag)
		asked = asked || ok && flag.Of == filter.OverLimit
	})
	if !asked {
		return limit, nil
	}
	said, err := ask(ctx, r.DB, org, planReuse, pgx.RowTo[int], `select l.most from tag_limits l where l.org = $1`, org)
	if len(said) > 0 {
		limit = said[0]
	}
	return limit, err
}
