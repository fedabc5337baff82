package readmodels

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Consents answers: what does a person agree to, since when, and how is that known?
type Consents struct{ DB DB }

// Consent is the last word of a person on a purpose.
type Consent struct {
	Purpose  string
	Agrees   bool
	Evidence string
	Source   string
	At       time.Time
	By       Actor
}

// Of answers the consents of a contact and of those that it stands for, by purpose.
func (r Consents) Of(ctx context.Context, org, contact uuid.UUID) ([]Consent, error) {
	found, err := ask(ctx, r.DB, org, planReuse, func(row pgx.CollectableRow) (c Consent, err error) {
		err = row.Scan(&c.Purpose, &c.Agrees, &c.Evidence, &c.Source, &c.At, &c.By.Kind, &c.By.ID, &c.By.Name)
		return c, err
	}, `
		select distinct on (c.purpose) c.purpose, c.agrees, coalesce(c.evidence, ''), c.source, c.at, c.actor_kind, c.actor, coalesce(k.name, '')
		from `+wholePerson("$1", "$2")+` w
		join consents c on c.org = $1 and c.contact = w.contact
		left join actors k on k.org = c.org and k.actor = c.actor
		order by c.purpose, c.agrees, c.at desc`, org, contact)
	if err != nil {
		return nil, fmt.Errorf("read the consents of %s: %w", contact, err)
	}
	return found, nil
}
