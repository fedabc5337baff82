package readmodels

import (
	"slices"
	"strconv"
	"strings"
)

const (
	// fewCarriers is how many contacts may carry a tag for all of them to be gathered and sorted, sooner than to pass over
	// all the others until a page is full.
	fewCarriers = 2_000

	// fewMatching is how many contacts are gathered at most where the list can be walked on instead. If there are more, a
	// page of them is never far away.
	fewMatching = 4_000

	// manyFound is how many contacts have a text for the list to be walked through until a page of them is full, sooner than to
	// look up and sort them all.
	manyFound = 10_000

	// wholeList is longer than any list. A walk that has a limit is made as it is written, in the order of the list.
	wholeList = "9223372036854775807"
)

// findPage answers the statement for the rows of the first contacts that match, and how it is to be planned.
//
// Where tags are asked for, the statement itself says which way it goes: the
// catalogue knows exactly how many carry a tag, and the planner does not even
// know which tags go together. Tags that many carry fill a page soon, so the
// list is walked in its order, by an index that has the tags beside it. Those
// that few carry are gathered by the index of tags, and also those that turn out
// to fill no page although each has many: whoever finds no page full among the
// first thousands asked for a few after all, or for many who all stand further
// down the list, to whom it is walked on. Whoever has a text that is looked for
// is found first, and how many they are says whether they are looked up or met
// on the way: a plan that is made once finds out sooner that there is nobody
// than another is made. A limit is written out: planned as a
// value that is not known it would be thought to be large.
func findPage(where *conditions, order ContactOrder, limit int) (sql string, plan planning) {
	most := strconv.Itoa(limit)
	ordered := ` order by ` + order.by() + ` limit `
	switch {
	case where.filtered:
		return `select c.* from contacts c where ` + where.sql() + ordered + most, planAnew
	case where.found != "":
		return shown(where.findings(order, most)), planOnce
	case len(where.tags) == 0:
		return `select c.* from contacts c where ` + where.sql() + ordered + most, planOnce
	case !where.carried:
		return shown(`keys as materialized (` + where.walk(order, wholeList) + ` limit ` + most + `)`), planOnce
	case where.rare:
		return shown(`found as materialized (` + where.gather(order) + `),
			keys as materialized (select * from found c` + ordered + most + `)`), planOnce
	}
	full, bound, many, further := `(select count(*) = `+most+` from near)`, ``, `false`, ``
	if order.besideTags() {
		bound = ` limit ` + strconv.Itoa(fewMatching+1)
		many = `(select count(*) > ` + strconv.Itoa(fewMatching) + ` from far)`
		further = `
			union all
			(` + where.walk(order, wholeList, many) + ` limit ` + most + `)`
	}
	return shown(`near as materialized (` + where.walk(order, strconv.Itoa(order.walked())) + ` limit ` + most + `),
		far as materialized (` + where.gather(order) + ` and not ` + full + bound + `),
		keys as materialized (
			select * from near where ` + full + `
			union all
			(select * from far c where not ` + many + ordered + most + `)` + further + `)`), planOnce
}

// shown answers the statement for the rows whose keys a table finds.
func shown(tables string) string {
	return `
		with ` + tables + `
		select c.* from keys k join contacts c on c.org = $1 and c.contact = k.contact`
}

// walk answers the statement for the keys of those who match, in the order of the list, among so many at most.
func (c *conditions) walk(order ContactOrder, among string, unless ...string) string {
	keys := order.keys()
	return `select ` + keys + ` from (
			select ` + keys + `, c.tags from contacts c where ` + strings.Join(append(unless, c.parts...), " and ") + `
			order by ` + order.by() + ` limit ` + among + `) c
		where ` + strings.Join(c.tags, " and ")
}

// findings answers the tables for the keys of a page of those who have a text.
func (c *conditions) findings(order ContactOrder, limit string) string {
	keys, ordered := order.keys(), ` order by `+order.by()+` limit `+limit
	asked := strings.Join(slices.Concat(c.parts, c.tags), " and ")
	many := `(select count(*) > ` + strconv.Itoa(manyFound) + ` from found)`
	return `found as materialized (select distinct contact from (` + c.found + `) s),
		keys as materialized (
			(select ` + keys + ` from contacts c where not ` + many + ` and c.contact = any(array(select contact from found)) and ` + asked + ordered + `)
			union all
			(select ` + keys + ` from contacts c where ` + many + ` and (c.contact in (select contact from found)) is true and ` + asked + ordered + `))`
}

// gather answers the statement for the keys of those who match, in no order. They are found by their tags: whatever else is
// asked for is looked at in those rows, for a plan that is made once cannot tell that a status has more of them.
func (c *conditions) gather(order ContactOrder) string {
	const everybody = 2 // the organisation, and which shelf
	return `select ` + order.keys() + ` from (
			select c.* from contacts c where ` + strings.Join(append(c.parts[:everybody:everybody], c.tags...), " and ") + ` offset 0) c
		where ` + strings.Join(append(c.parts[everybody:len(c.parts):len(c.parts)], "true"), " and ")
}
