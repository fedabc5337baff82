package readmodels_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/postgres"
	"tagtrail/readmodels"
)

// C20: whichever way a page is found, by walking the list, by gathering a few or by walking on, it is the same page.
func TestAPageOfATagIsTheSameHoweverItIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tags := w.tags("all", "soon", "late", "late and few", "rare", "odd")
	w.project()
	schema := postgres.Schema(w.group)
	for _, sql := range []string{
		`insert into SCHEMA.contacts (org, contact, name, lead_status, lead_status_since, tags, origin, source, created_at, created_by_kind, last_seen_at, revision)
		select $1, md5(i::text)::uuid, case when i % 1000 = 7 then 'Zoe Rare' when i % 3 = 1 then 'Zoe' end, case when i % 2 = 0 then 'hot' else 'cold' end, now(),
			array_remove(array[1, case when i < 9000 then 2 when i > 31500 then 3 end, case when i > 34000 then 4 end,
				case when i % 1000 = 7 then 5 end, case when i % 2 = 1 then 6 end], null),
			'message', 'whatsapp', now(), 'channel', timestamptz '2026-05-30' - i * interval '1 second', 1
		from generate_series(1, 37000) i order by md5(i::text)`,
		`insert into SCHEMA.contact_search (org, contact, part, name)
		select org, contact, -1, name from SCHEMA.contacts where org = $1 and name is not null`,
		`insert into SCHEMA.tag_usage (org, number, contacts)
		select c.org, n, count(*) from SCHEMA.contacts c, unnest(c.tags) n where c.org = $1 group by 1, 2`,
	} {
		if _, err := w.writer.Exec(t.Context(), strings.ReplaceAll(sql, "SCHEMA", schema), w.org.UUID); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		include, exclude []int
		status           string
		q                string
	}{
		"near":                                {include: []int{2}},
		"near, without another":               {include: []int{2}, exclude: []int{5, 6}},
		"many, all behind the first":          {include: []int{3}},
		"many, of a status":                   {include: []int{1, 3}, status: "hot"},
		"few, all behind the first":           {include: []int{4}},
		"few, without another":                {include: []int{3}, exclude: []int{6}},
		"two that nobody has together":        {include: []int{2, 3}},
		"few carry it":                        {include: []int{5}},
		"few carry it, of a status":           {include: []int{5}, status: "cold"},
		"few carry it, and nobody of this":    {include: []int{5}, status: "hot"},
		"without one that the first all have": {exclude: []int{2}},
		"without one that all have":           {exclude: []int{1}},
		"with and without one":                {include: []int{3}, exclude: []int{3}},
		"many have the text":                  {q: "zoe"},
		"many have the text, of a tag":        {q: "zoe", include: []int{4}, status: "hot"},
		"few have the text":                   {q: "rare"},
		"few have the text, without a tag":    {q: "rare", exclude: []int{2}},
		"nobody has the text":                 {q: "xylophone"},
	} {
		asked, conditions := readmodels.ContactFilter{LeadStatus: test.status, Q: test.q}, []string{"org = $1"}
		for _, number := range test.include {
			asked.Tags = append(asked.Tags, tags[number-1].Tag.UUID)
			conditions = append(conditions, "tags @> '{"+string(rune('0'+number))+"}'")
		}
		for _, number := range test.exclude {
			asked.ExcludeTags = append(asked.ExcludeTags, tags[number-1].Tag.UUID)
			conditions = append(conditions, "not tags @> '{"+string(rune('0'+number))+"}'")
		}
		if test.status != "" {
			conditions = append(conditions, "lead_status = '"+test.status+"'")
		}
		if test.q != "" {
			conditions = append(conditions, "name ilike '%"+test.q+"%'")
		}
		rows, _ := w.writer.Query(t.Context(), `select contact from `+schema+`.contacts where `+strings.Join(conditions, " and ")+` order by last_seen_at desc, contact limit 60`, w.org.UUID)
		want, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			t.Fatal(err)
		}
		for _, order := range []readmodels.ContactOrder{readmodels.ByLastSeen, readmodels.ByLeadStatus} {
			if order == readmodels.ByLeadStatus && test.status == "" {
				continue // it begins with those of another status
			}
			var got []uuid.UUID
			var after *readmodels.ContactKey
			for range 3 {
				page, next, err := readmodels.Contacts{DB: w.reader, Catalogues: w.kept}.PageIn(t.Context(), w.org.UUID, asked, order, after, 20)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range page {
					got = append(got, c.ID)
				}
				if after = next; next == nil {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s by %s: %d contacts are found, want %d, or others", name, order, len(got), len(want))
			}
		}
	}
}
