package readmodels

import (
	"strconv"
	"strings"
)

const (
	// fewCarriers is how many contacts may carry a tag for all of them to be gathered and sorted, sooner than to pass over
	// all the others until a page is full.
	fewCarriers = 2_000
)

// findPage answers the statement for the rows of the first contacts that match, and how it is to be planned.
//
// Where tags are asked for, the statement itself says which way it goes: the
// catalogue knows exactly how many carry a tag, and the planner does not even
// know which tags go together. Tags that many carry fill a page soon, so the
// list is walked in its order, by an index that has the tags beside it. Those
// that few carry are gathered by the index of tags, and also those that turn out
// to fill no page although each has many: whoever finds no page full among the
// first thousands asked for a few after all. A limit is written out: planned as a
// value that is not known it would be thought to be large.
func findPage(where *conditions, order ContactOrder, limit int) (sql string, plan planning) {
	most := strconv.Itoa(limit)
	ordered := ` order by ` + order.by("c") + ` limit `
	keys := order.keys("c")
	switch {
	case where.filtered:
		return `select c.* from contacts c where ` + where.sql() + ordered + most, planAnew
	case len(where.tags) == 0:
		return `select c.* from contacts c where ` + where.sql() + ordered + most, planOnce
	}
	gathered := `select ` + keys + ` from contacts c where ` + where.sql()
	if where.rare {
		return `
			with found as materialized (` + gathered + `),
				keys as materialized (select * from found c` + ordered + most + `)
			select c.* from keys k join contacts c on c.org = $1 and c.contact = k.contact`, planOnce
	}
	full := `(select count(*) = ` + most + ` from near)`
	return `
		with near as materialized (
				select ` + keys + ` from (
					select ` + keys + `, c.tags from contacts c where ` + strings.Join(where.parts, " and ") + ordered + strconv.Itoa(order.walked()) + `) c
				where ` + strings.Join(where.tags, " and ") + ` limit ` + most + `),
			far as materialized (` + gathered + ` and not ` + full + `),
			keys as materialized (
				select * from near where ` + full + `
				union all
				(select * from far c` + ordered + most + `))
		select c.* from keys k join contacts c on c.org = $1 and c.contact = k.contact`, planOnce
}
