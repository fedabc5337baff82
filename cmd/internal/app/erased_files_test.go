package app_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/postgres"
	"tagtrail/cmd/internal/app"
	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/erasure"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// watched counts what is opened, and can run out of patience.
type watched struct {
	postgres.Sealer
	opened atomic.Int64
	most   int64 // 0 is no limit
}

var errPatience = errors.New("the attempt ran out of time")

func (w *watched) Open(ctx context.Context, org, about uuid.UUID, sealed, aad []byte) ([]byte, error) {
	if n := w.opened.Add(1); w.most > 0 && n > w.most {
		return nil, errPatience
	}
	return w.Sealer.Open(ctx, org, about, sealed, aad)
}

// S3-36: files are read once for all who are erased, attempts that run out of time go on where the last one was, files that
// come meanwhile are read too, and who is forgotten is looked for no more.
func TestErasuresReadAFileOnceAndComeToAnEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, dir)
	owner, err := commands.ParseKey(s.key)
	if err != nil {
		t.Fatal(err)
	}
	org := owner.Organization
	var persons []contact.ID
	for _, phone := range []string{"+16505550101", "+16505550102"} {
		id := s.must(t, "POST", "/v1/contacts", map[string]string{"name": "Zenobia", "phone": phone}).text(t, "id")
		persons = append(persons, contact.ID{UUID: uuid.MustParse(id)})
	}
	stop(t, s)
	b, err := app.Open(t.Context(), silent(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	ctx := commands.WithOrigin(t.Context(), commands.Origin{Organization: org, Actor: event.Actor{Kind: "system"}, Source: event.System, Reason: personal.New("by letter")})
	var pending []postgres.Erasure
	for _, id := range persons {
		asked, _, err := b.Commands.EraseContact(ctx, commands.EraseContact{Contact: id})
		if err != nil {
			t.Fatal(err)
		}
		pending = append(pending, postgres.Erasure{Org: org.UUID, ID: asked.UUID, AskedAt: time.Now()})
	}
	receive := func(content string) {
		t.Helper()
		if _, err := app.Receive(t.Context(), b, org, content); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		receive("phone,name\n16505550103,Bo\n")
	}

	keys := &watched{Sealer: b.Vault}
	look := func(how func(context.Context, []postgres.Erasure) ([]postgres.Erasure, error), whom ...postgres.Erasure) (opened int64, err error) {
		t.Helper()
		before := keys.opened.Load()
		ready, err := how(t.Context(), whom)
		if err == nil && len(ready) != len(whom) {
			t.Errorf("%d of %d are looked for", len(ready), len(whom))
		}
		return keys.opened.Load() - before, err
	}
	one, err := look(app.LookThrough(b, keys), pending[0])
	if err != nil || one == 0 {
		t.Fatalf("for one person %d parts are opened, %v", one, err)
	}
	attempts := app.LookThrough(b, keys)
	keys.opened.Store(0)
	keys.most = one - 1
	if _, err := look(attempts, pending...); !errors.Is(err, errPatience) {
		t.Fatalf("an attempt without time ends as %v", err)
	}
	keys.opened.Store(0)
	keys.most = 0
	if rest, err := look(attempts, pending...); err != nil || rest == 0 || rest >= one {
		t.Errorf("going on opens %d parts of %d, %v", rest, one, err)
	}
	if again, err := look(attempts, pending...); err != nil || again != 0 {
		t.Errorf("what was looked through is opened again: %d parts, %v", again, err)
	}
	receive("phone,name\nnobody,Zenobia\n")
	if more, err := look(attempts, pending...); err != nil || more == 0 || more >= one {
		t.Errorf("of a file that came meanwhile %d parts are opened, %v", more, err)
	}
	if kept, err := (postgres.Files{Pool: b.Postgres}).Kept(t.Context(), org.UUID); err != nil || len(kept) != 3 {
		t.Errorf("%d files are kept, %v", len(kept), err)
	}
	for _, each := range pending {
		if _, err := b.Commands.ForgetPerson(ctx, erasure.ID{UUID: each.ID}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if opened, err := look(app.LookThrough(b, keys), pending...); err != nil || opened != 0 {
		t.Errorf("for who is forgotten %d parts are opened, %v", opened, err)
	}
}
