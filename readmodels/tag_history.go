package readmodels

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/domain/personal"
)

// TagHistory answers: which tags did a contact ever carry, from when until when, who put them on and took them off, and what
// became of those tags meanwhile?
type TagHistory struct {
	DB     DB
	Opener Opener
}

// TagStay is the time that a tag was on a contact. An assignment that ended and began again has several.
type TagStay struct {
	Assignment  uuid.UUID
	Tag         StayingTag
	ValueNumber int32         // of a fixed value, 0 for none
	Value       personal.Text // of a valued tag: as the fixed value is called, or as it was written
	Begun       Deed
	Ended       *Deed // nil while it lasts; what deleted the tag, where nothing else ended the stay
	EndedReason string
	Edits       []TagEdit // of the tag while it was on the contact, the oldest first
}

// StayingTag is what a stay shows of its tag.
type StayingTag struct {
	ID        uuid.UUID
	Number    int32
	Name      string // of now
	NameThen  string // when the stay began
	Color     string
	DeletedAt *time.Time // nil while the tag is active
}

// EndedByTag is why a stay ended that nobody ended: its tag is deleted. It goes on when the tag is restored.
const EndedByTag = "tag_deleted"

// StayKey is a stay's place in a list.
type StayKey struct {
	Position   int64
	Assignment uuid.UUID
}

// Of answers the stays of tags on a contact in the order in which they began, of one tag where it is said, beginning behind a
// key, and where the next page begins; nil is the end.
func (r TagHistory) Of(ctx context.Context, org, contact uuid.UUID, tag *uuid.UUID, order Order, after *StayKey, limit int) ([]TagStay, *StayKey, error) {
	stays, next, err := r.of(ctx, org, contact, tag, order, after, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("read the tags of %s: %w", contact, err)
	}
	return stays, next, nil
}

func (r TagHistory) of(ctx context.Context, org, contact uuid.UUID, tag *uuid.UUID, order Order, after *StayKey, limit int) ([]TagStay, *StayKey, error) {
	where := staysOf(org, contact, tag)
	if after != nil {
		where.and("(h.position, h.assignment) "+order.beyond()+" (%s, %s)", after.Position, after.Assignment)
	}
	sql := `
		select h.assignment, t.tag, h.number, coalesce(t.value_number, 0),
			case when t.value_number is null then t.value::text else (
				select to_json(v.name)::text from tag_values v where v.org = h.org and v.tag = t.tag and v.number = t.value_number) end,
			coalesce((select n.name from catalog_history n
				where n.org = h.org and n.tag = t.tag and n.name is not null order by n.position desc limit 1), ''),
			coalesce((select n.name from catalog_history n
				where n.org = h.org and n.tag = t.tag and n.name is not null and n.position < h.position order by n.position desc limit 1), ''),
			coalesce((select n.color from catalog_history n
				where n.org = h.org and n.tag = t.tag and n.color is not null order by n.position desc limit 1), ''),
			coalesce(e.ended_reason, ''), (select position from checkpoint),
			` + deedOf("h") + `, ` + deedOf("e") + `, ` + deedOf("d") + `
		from tag_history h
		left join lateral (select f.tag, f.value_number, f.value from tag_history f
			where f.org = h.org and f.contact = h.contact and f.assignment = h.assignment and f.tag is not null
			order by f.position limit 1) t on true
		left join lateral (select n.* from tag_history n
			where n.org = h.org and n.contact = h.contact and n.assignment = h.assignment and n.position > h.position
			order by n.position limit 1) e on true
		left join lateral (select n.* from catalog_history n
			where n.org = h.org and n.tag = t.tag and n.change in ('created', 'deleted', 'restored')
			order by n.position desc limit 1) l on true
		left join catalog_history d on d.org = l.org and d.tag = l.tag and d.position = l.position and d.change = 'deleted'
		where ` + where.sql() + `
		order by h.position ` + order.sql() + `, h.assignment ` + order.sql() + `
		limit ` + where.parameter(limit+1)
	found, err := ask(ctx, r.DB, org, planReuse, scanStay, sql, where.args...)
	if err != nil {
		return nil, nil, err
	}
	rows, next := page(found, limit, func(r stayRow) StayKey { return StayKey{Position: *r.begun.position, Assignment: r.stay.Assignment} })
	var texts []*personal.Text
	for i := range rows {
		texts = append(texts, rows[i].texts()...)
	}
	if err := openAll(ctx, r.Opener, org, texts); err != nil {
		return nil, nil, err
	}
	stays := make([]TagStay, len(rows))
	for i := range rows {
		stays[i] = rows[i].whole()
	}
	return stays, next, r.addEdits(ctx, org, rows, stays)
}

// Count answers how many stays there were, counting no further than one above the bound.
func (r TagHistory) Count(ctx context.Context, org, contact uuid.UUID, tag *uuid.UUID, bound int) (int, error) {
	return count(ctx, r.DB, org, "tag_history h", staysOf(org, contact, tag), bound)
}

// addEdits tells what became of the tags while they were on the contact, up to where the stays themselves were read.
func (r TagHistory) addEdits(ctx context.Context, org uuid.UUID, rows []stayRow, stays []TagStay) error {
	if len(rows) == 0 {
		return nil
	}
	var tags []uuid.UUID
	first := *rows[0].begun.position
	for i := range rows {
		tags = append(tags, rows[i].stay.Tag.ID)
		first = min(first, *rows[i].begun.position)
	}
	found, err := ask(ctx, r.DB, org, planReuse, scanTagEdit, `
		select `+tagEditColumns()+` from catalog_history c
		where c.org = $1 and c.tag = any ($2) and c.position > $3 and c.position <= $4
		order by c.position`, org, tags, first, rows[0].upTo)
	if err != nil {
		return err
	}
	edits, err := openEdits(ctx, r.Opener, org, found)
	if err != nil {
		return err
	}
	for i, edit := range edits {
		for j := range stays {
			if stays[j].saw(found[i].tag, edit.Edited.Position) {
				stays[j].Edits = append(stays[j].Edits, edit)
			}
		}
	}
	return nil
}

// saw says whether the tag was on the contact at a position. A stay that only the deletion of its tag ended goes on.
func (s TagStay) saw(tag uuid.UUID, position int64) bool {
	return s.Tag.ID == tag && position > s.Begun.Position && (s.Ended == nil || s.EndedReason == EndedByTag || position < s.Ended.Position)
}

func staysOf(org, contact uuid.UUID, tag *uuid.UUID) *conditions {
	where := ofContact(org, contact)
	where.and("h.begins")
	if tag != nil {
		where.and(`h.assignment in (select o.assignment from tag_history o where o.org = $1 and o.contact = $2 and o.tag = %s)`, *tag)
	}
	return where
}

type stayRow struct {
	stay                   TagStay
	tag                    *uuid.UUID
	value                  sealedJSON
	upTo                   int64
	begun, ended, deletion deedRow
}

func scanStay(row pgx.CollectableRow) (r stayRow, err error) {
	s := &r.stay
	err = row.Scan(slices.Concat([]any{
		&s.Assignment, &r.tag, &s.Tag.Number, &s.ValueNumber, &r.value, &s.Tag.Name, &s.Tag.NameThen, &s.Tag.Color, &s.EndedReason, &r.upTo,
	}, r.begun.columns(), r.ended.columns(), r.deletion.columns())...)
	if r.tag != nil {
		s.Tag.ID = *r.tag
	}
	return r, err
}

func (r *stayRow) texts() []*personal.Text {
	return slices.Concat([]*personal.Text{(*personal.Text)(&r.value)}, r.begun.texts(), r.ended.texts(), r.deletion.texts())
}

// whole answers the stay with all that was opened.
func (r *stayRow) whole() TagStay {
	s := r.stay
	s.Value = personal.Text(r.value)
	s.Begun, s.Ended = *r.begun.deed(), r.ended.deed()
	if deleted := r.deletion.deed(); deleted != nil {
		s.Tag.DeletedAt = &deleted.RecordedAt
		if s.Ended == nil {
			s.Ended, s.EndedReason = deleted, EndedByTag
		}
	}
	return s
}
