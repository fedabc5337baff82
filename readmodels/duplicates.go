package readmodels

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Duplicates answers: which contacts may be one person, and why?
//
// Two are a pair that share a number, an e-mail address or a social profile, or
// whose names are similar and who share an address or a company. Pairs that somebody told apart
// are left out. They are listed by the strongest thing that they share; where
// more than a few share it, it tells nothing of any two, and all but the first are
// left out until those are merged.
//
// A question looks at a bounded number of things that are shared or not, so that
// it takes no longer where there is nobody to find: a page may be empty and not
// the last.
type Duplicates struct{ DB DB }

// Pair is two contacts that may be one person.
type Pair struct {
	Contacts   [2]ListedContact // the older one first
	Shared     []string         // number, email, social.<network>, address, company, the strongest first
	Similarity float64          // of their names, from 0 to 1
	Score      float64          // how likely they are one person, from 0 to 1
}

// PairKey is a place in the list of pairs.
type PairKey struct {
	Shared     string    // what the pairs there share
	Print      uuid.UUID // which one
	One, Other uuid.UUID // the last pair of those that share it; zero when all were shown
}

// How many rows a question looks at to find what is shared, and how many shared things it goes into.
const (
	scannedAtOnce = 20_000
	groupsAtOnce  = 50
	membersAtOnce = 20 // contacts that share one of them
)

// likeness is something that two contacts may share.
type likeness struct {
	name  string
	score float64
	rows  string // its prints with their contacts and parts, where the organisation is $1
	print string // what the rows are ordered by
	names bool   // tells something only of those whose names are similar
}

// likenesses answers all, the strongest first.
func likenesses() []likeness {
	in := func(name string, score float64, from, value, part, where string) likeness {
		printed := "md5(lower(" + value + "))::uuid"
		return likeness{name: name, score: score, print: printed, rows: `select ` + printed + ` as print, r.contact, ` + part + ` as part from ` + from + ` r where r.org = $1 and ` + where}
	}
	of := func(name string, score float64, from, value, where string) likeness {
		return in(name, score, from, value, "0", where)
	}
	all := []likeness{
		of("number", 0.95, "held_identities", "r.value", "r.kind = 'number' and r.value is not null"),
		of("email", 0.9, "contacts", "r.email", "r.email <> '' and r.listed"),
	}
	for _, network := range []string{"facebook", "instagram", "linkedin", "tiktok", "x", "youtube", "website"} {
		all = append(all, of("social."+network, 0.85, "contact_details", "r.value", "r.detail = 'social."+network+"' and r.value is not null"))
	}
	for _, l := range []likeness{
		in("address", 0.5, "contact_details", "r.value", sameAddress, "r.detail = 'address.street' and r.value is not null"),
		of("company", 0.4, "contact_details", "r.value", "r.detail = 'company' and r.value is not null"),
	} {
		l.names = true
		all = append(all, l)
	}
	return all
}

// sameAddress tells streets of one name apart: by the print of the whole address, and null where it is not known whole.
const sameAddress = `(select k.print from likenesses k where k.org = $1 and k.contact = r.contact and k.kind = 'address')`

// similarNames is how similar names are at least that tell something besides an address or a company.
const similarNames = 0.5

// List answers pairs, beginning behind a key, and where the next page begins; nil is the end.
func (r Duplicates) List(ctx context.Context, org uuid.UUID, after *PairKey, limit int) ([]Pair, *PairKey, error) {
	all := likenesses()
	at, key := 0, PairKey{Shared: all[0].name}
	if after != nil {
		if key = *after; !slices.ContainsFunc(all, func(l likeness) bool { return l.name == key.Shared }) {
			return nil, nil, nil
		}
		at = slices.IndexFunc(all, func(l likeness) bool { return l.name == key.Shared })
	}
	for scanned := 0; at < len(all); {
		found, n, err := r.groups(ctx, org, all[at], key)
		if err != nil {
			return nil, nil, fmt.Errorf("look for contacts of %s that share a %s: %w", org, all[at].name, err)
		}
		pairs, next, err := r.pairs(ctx, org, all, at, found, key, limit)
		if err != nil {
			return nil, nil, fmt.Errorf("compare contacts of %s that share a %s: %w", org, all[at].name, err)
		}
		switch {
		case next != nil:
		case found.next != nil:
			next = found.next
		case at+1 < len(all):
			next = &PairKey{Shared: all[at+1].name}
		}
		if scanned += n; len(pairs) > 0 || next == nil || scanned >= scannedAtOnce {
			return pairs, next, nil
		}
		key = *next
		at = slices.IndexFunc(all, func(l likeness) bool { return l.name == key.Shared })
	}
	return nil, nil, nil
}

// groups are contacts that share something. What has one print may fall into parts, which share nothing with each other.
type groups struct {
	prints []uuid.UUID
	parts  []part
	next   *PairKey // where the same likeness goes on
}

type part struct {
	of       int         // which print
	contacts []uuid.UUID // ascending
}

// groups answers the next contacts that share something, and how many rows it looked at for them.
func (r Duplicates) groups(ctx context.Context, org uuid.UUID, of likeness, key PairKey) (groups, int, error) {
	sign := " >= "
	if key.One == uuid.Nil {
		sign = " > "
	}
	type row struct {
		Scanned  int
		First    *uuid.UUID
		Last     *uuid.UUID
		Print    *uuid.UUID
		Contacts []uuid.UUID
	}
	rows, err := ask(ctx, r.DB, org, planAnew, pgx.RowToStructByPos[row], `
		with scanned as materialized (
			select * from (`+of.rows+` and `+of.print+sign+`$2) r order by r.print limit $3),
		whole as (select count(*)::int as n, (select s.print from scanned s order by s.print limit 1) as first,
			(select s.print from scanned s order by s.print desc limit 1) as last from scanned),
		shared as (
			select s.print, (array_agg(distinct c.contact))[1:$5] as contacts, dense_rank() over (order by s.print) as place
			from scanned s join contacts c on c.org = $1 and c.contact = s.contact and c.listed
			where s.part is not null group by s.print, s.part having count(distinct c.contact) > 1)
		select w.n, w.first, w.last, s.print, coalesce(s.contacts, '{}')
		from whole w left join shared s on s.place <= $4 order by s.print, s.contacts`,
		org, key.Print, scannedAtOnce, groupsAtOnce+1, membersAtOnce)
	if err != nil || len(rows) == 0 {
		return groups{}, 0, err
	}
	found, scanned := groups{}, rows[0].Scanned
	// What a full scan ended in may go on behind it, and is looked at again; but where it saw nothing else, there is enough.
	full := scanned == scannedAtOnce
	cut := full && *rows[0].First != *rows[0].Last
	more := false
	for _, row := range rows {
		if row.Print == nil || cut && *row.Print == *rows[0].Last {
			continue
		}
		if n := len(found.prints); n == 0 || found.prints[n-1] != *row.Print {
			if more = n == groupsAtOnce; more {
				break
			}
			found.prints = append(found.prints, *row.Print)
		}
		found.parts = append(found.parts, part{len(found.prints) - 1, row.Contacts})
	}
	switch {
	case more:
		found.next = &PairKey{Shared: of.name, Print: found.prints[groupsAtOnce-1]}
	case cut:
		found.next = &PairKey{Shared: of.name, Print: before(*rows[0].Last)}
	case full:
		found.next = &PairKey{Shared: of.name, Print: *rows[0].Last}
	}
	return found, scanned, nil
}

// before answers the print just before another, which is therefore the next.
func before(next uuid.UUID) uuid.UUID {
	for i := range slices.Backward(next[:]) {
		if next[i]--; next[i] != 0xff {
			break
		}
	}
	return next
}

// pairs answers those of the groups that are worth showing, at most so many, and where to go on when there are more.
func (r Duplicates) pairs(ctx context.Context, org uuid.UUID, all []likeness, at int, found groups, key PairKey, limit int) ([]Pair, *PairKey, error) {
	if len(found.prints) == 0 {
		return nil, nil, nil
	}
	compared, err := r.compare(ctx, org, all, at, found)
	if err != nil {
		return nil, nil, err
	}
	var pairs []Pair
	for _, c := range compared {
		if c.at.Print == key.Print && !c.at.behind(key) {
			continue
		}
		pairs = append(pairs, c.pair)
		if len(pairs) == limit {
			return r.dressed(ctx, org, pairs, &c.at)
		}
	}
	return r.dressed(ctx, org, pairs, nil)
}

func (k PairKey) behind(other PairKey) bool {
	one := bytes.Compare(k.One[:], other.One[:])
	return one > 0 || one == 0 && bytes.Compare(k.Other[:], other.Other[:]) > 0
}

type comparedPair struct {
	at   PairKey
	pair Pair
}

// compare answers the pairs of groups, but those that were told apart, those that share something stronger, which are listed
// there, and those who share too little.
func (r Duplicates) compare(ctx context.Context, org uuid.UUID, all []likeness, at int, found groups) ([]comparedPair, error) {
	type row struct {
		Group      int
		One, Other uuid.UUID
		Similarity float64
		Shared     []string
	}
	var group, within []int
	var contacts []uuid.UUID
	for i, p := range found.parts {
		for _, contact := range p.contacts {
			group, within, contacts = append(group, p.of), append(within, i), append(contacts, contact)
		}
	}
	least := 0.0
	if all[at].names {
		least = similarNames
	}
	rows, err := ask(ctx, r.DB, org, planReuse, pgx.RowToStructByPos[row], `
		with members as materialized (
			select m.number, m.part, c.contact, lower(coalesce(nullif(c.name, ''), c.profile_name, '')) as name
			from unnest($2::int[], $5::int[], $3::uuid[]) m (number, part, contact) join contacts c on c.org = $1 and c.contact = m.contact and c.listed)
		select a.number, a.contact, b.contact, similarity(a.name, b.name)::float8,
			array(select distinct k.kind from likenesses k join likenesses l on l.org = k.org and l.kind = k.kind and l.print = k.print
				where k.org = $1 and k.contact = a.contact and l.org = $1 and l.contact = b.contact)
		from members a join members b on b.part = a.part and b.contact > a.contact
		where similarity(a.name, b.name) >= $4
			and not exists (select from told_apart t where t.org = $1 and t.contact = a.contact and t.other = b.contact)
		order by 1, 2, 3`, org, group, contacts, least, within)
	if err != nil {
		return nil, err
	}
	var compared []comparedPair
	for _, row := range rows {
		p, strongest := judged(all, row.Shared, row.Similarity)
		if strongest != at {
			continue
		}
		p.Contacts[0].ID, p.Contacts[1].ID = row.One, row.Other
		compared = append(compared, comparedPair{PairKey{all[at].name, found.prints[row.Group], row.One, row.Other}, p})
	}
	return compared, nil
}

// judged weighs what two contacts share, each part as evidence of its own, and answers the place of the strongest.
func judged(all []likeness, shared []string, similarity float64) (Pair, int) {
	p, first, doubt := Pair{Similarity: similarity}, -1, 1.0
	for i, l := range all {
		if slices.Contains(shared, l.name) {
			p.Shared = append(p.Shared, l.name)
			doubt *= 1 - l.score
			if first < 0 {
				first = i
			}
		}
	}
	if similarity >= similarNames {
		doubt *= 1 - similarity/2
	}
	p.Score = 1 - doubt
	return p, first
}

// dressed shows the contacts of pairs, and passes on where to go on.
func (r Duplicates) dressed(ctx context.Context, org uuid.UUID, pairs []Pair, next *PairKey) ([]Pair, *PairKey, error) {
	if len(pairs) == 0 {
		return nil, next, nil
	}
	var ids []uuid.UUID
	for _, p := range pairs {
		ids = append(ids, p.Contacts[0].ID, p.Contacts[1].ID)
	}
	listed, err := askPage(ctx, r.DB, nil, org, planReuse,
		selectPage(`select c.* from contacts c where c.org = $1 and c.contact = any($2)`, ByLastSeen), org, ids)
	if err != nil {
		return nil, nil, err
	}
	shown := make(map[uuid.UUID]ListedContact, len(listed))
	for _, c := range listed {
		shown[c.ID] = c
	}
	for i := range pairs {
		of := &pairs[i].Contacts
		of[0], of[1] = shown[of[0].ID], shown[of[1].ID]
		if older(of[1], of[0]) {
			of[0], of[1] = of[1], of[0]
		}
	}
	return pairs, next, nil
}

// older says whether a contact was there first, which is the one that a merge would keep.
func older(a, b ListedContact) bool {
	if order := a.CreatedAt.Compare(b.CreatedAt); order != 0 {
		return order < 0
	}
	return strings.Compare(a.ID.String(), b.ID.String()) < 0
}
