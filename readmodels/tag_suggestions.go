package readmodels

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"tagtrail/domain/text"
)

// Suggest answers the active tags that somebody may mean who has typed so far: those whose names begin so come first, then
// those with a word that does, those that have it anywhere, and those that are written nearly so. Where nothing is typed
// yet, those that most contacts carry. What a contact carries already is left out; the zero id is no contact.
func (r Tags) Suggest(ctx context.Context, org uuid.UUID, q string, contact uuid.UUID, limit int) ([]Tag, error) {
	folded := text.Fold(typed(q))
	if !storable(folded) {
		return nil, nil
	}
	where := ActiveTags.of(org)
	if contact != uuid.Nil {
		where.and(`not exists (
			select from contacts c join tags m on m.org = c.org and m.number = any (c.tags)
			where c.org = t.org and c.contact = %s and coalesce(m.merged_into, m.tag) = t.tag)`, contact)
	}
	order := "contacts desc, t.sort_name, t.number"
	if folded != "" {
		asked, literal := where.parameter(folded), where.parameter(likeLiteral(folded))
		where.and(`(t.sort_name like '%%' || ` + literal + ` || '%%' or word_similarity(` + asked + `, t.sort_name) >= 0.4)`)
		order = `case when t.sort_name like ` + literal + ` || '%' then 0 when t.sort_name like '% ' || ` + literal + ` || '%' then 1
				when t.sort_name like '%' || ` + literal + ` || '%' then 2 else 3 end,
			word_similarity(` + asked + `, t.sort_name) desc, t.sort_name, t.number`
	}
	sql := selectTags + ` where ` + where.sql() + ` order by ` + order + ` limit ` + where.parameter(limit)
	found, err := ask(ctx, r.DB, org, planReuse, scanTag, sql, where.args...)
	if err != nil {
		return nil, fmt.Errorf("suggest tags of %s: %w", org, err)
	}
	return found, nil
}
