package main

import (
	"context"
	"math/rand/v2"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/postgres"
)

// crud is how contacts are mostly kept: one table that is written in place, with the same indexes as ours, and a trigger
// that writes each change of a row to an audit table, in the same durable transaction.
type crud struct {
	pool *postgres.Pool
	org  uuid.UUID
	ids  []uuid.UUID
}

// newCRUD moves a copy of the console's contacts into the table.
func newCRUD(ctx context.Context, h *house, ids []uuid.UUID) (*crud, error) {
	c := &crud{pool: h.pool, org: h.service.org.UUID, ids: ids}
	from := pgx.Identifier{postgres.Schema(console()), "contacts"}.Sanitize()
	for _, statement := range []string{
		"create schema crud",
		"create table crud.contacts (like " + from + " including defaults including generated)",
		"insert into crud.contacts (org, contact, name, phone, wa_id, country, lead_status, lead_status_since, owner, tags, channels, origin, source, created_at, created_by_kind, last_seen_at, revision)" +
			" select org, contact, name, phone, wa_id, country, lead_status, lead_status_since, owner, tags, channels, origin, source, created_at, created_by_kind, last_seen_at, revision from " + from,
		`create table crud.audit (
			id bigint generated always as identity primary key, at timestamptz not null default clock_timestamp(),
			actor text not null, action text not null, contact uuid not null, was jsonb, became jsonb)`,
		"create index audit_by_contact on crud.audit (contact, id)",
		`create function crud.record() returns trigger language plpgsql as $$
		begin
			insert into crud.audit (actor, action, contact, was, became)
			values (current_setting('crud.actor', true), tg_op, new.contact, to_jsonb(old), to_jsonb(new));
			return new;
		end $$`,
	} {
		if _, err := h.pool.Exec(ctx, statement); err != nil {
			return nil, err
		}
	}
	for _, t := range console().Tables() {
		if t.Name() == "contacts" {
			if err := furnish(ctx, h.pool, "crud", t); err != nil {
				return nil, err
			}
		}
	}
	_, err := h.pool.Exec(ctx, "create trigger recorded after update on crud.contacts for each row execute function crud.record()")
	return c, err
}

// change puts a tag on a contact, takes one off or moves the contact in the funnel, and names who did it.
func (c *crud) change(ctx context.Context, conn *pgx.Conn, r *rand.Rand, nth int) error {
	batch := &pgx.Batch{}
	batch.Queue("select set_config('crud.actor', $1, true)", c.org.String())
	id, number := c.ids[r.IntN(len(c.ids))], int32(1+r.IntN(30)) //nolint:gosec // small
	switch nth % 3 {
	case 0:
		batch.Queue("update crud.contacts set tags = tags operator(ext.|) $3::int, revision = revision + 1 where org = $1 and contact = $2", c.org, id, number)
	case 1:
		batch.Queue("update crud.contacts set lead_status = $3, lead_status_since = now(), revision = revision + 1 where org = $1 and contact = $2", c.org, id, string(funnel(r)))
	default:
		batch.Queue("update crud.contacts set tags = tags operator(ext.-) $3::int, revision = revision + 1 where org = $1 and contact = $2", c.org, id, number)
	}
	return conn.SendBatch(ctx, batch).Close()
}
