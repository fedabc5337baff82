package vault_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"tagtrail/adapters/vault"
	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
)

var (
	org   = uuid.MustParse("6d0a2a5e-2f0e-4b9c-9d6f-0c5f1f6f7a01")
	ana   = uuid.MustParse("1b7f0f7e-6a44-4b59-8a3b-7a2b7d0f0a02")
	plain = []byte("a name")
	aad   = []byte("where it stands")
)

func TestWhatIsSealedOpens(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sealed := seal(t, room.vault, ana)
	if bytes.Contains(sealed, plain) {
		t.Error("the sealed value shows the plain one")
	}
	if again := seal(t, room.vault, ana); bytes.Equal(again, sealed) {
		t.Error("sealing twice gives the same bytes, which shows that two values are equal")
	}
	opens(t, room.vault, ana, sealed)
	opens(t, room.another(t), ana, sealed)
}

func TestASealedValueOpensNowhereElse(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	ben, other := uuid.New(), uuid.New()
	sealed := seal(t, room.vault, ana)
	seal(t, room.vault, ben)
	if _, err := room.vault.Seal(t.Context(), other, ana, plain, aad); err != nil {
		t.Fatal(err)
	}
	tampered := bytes.Clone(sealed)
	tampered[len(tampered)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"elsewhere":               func() ([]byte, error) { return room.vault.Open(t.Context(), org, ana, sealed, []byte("elsewhere")) },
		"as another subject's":    func() ([]byte, error) { return room.vault.Open(t.Context(), org, ben, sealed, aad) },
		"in another organisation": func() ([]byte, error) { return room.vault.Open(t.Context(), other, ana, sealed, aad) },
		"changed":                 func() ([]byte, error) { return room.vault.Open(t.Context(), org, ana, tampered, aad) },
		"cut":                     func() ([]byte, error) { return room.vault.Open(t.Context(), org, ana, sealed[:3], aad) },
	} {
		if _, err := open(); !errors.Is(err, vault.ErrSealBroken) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestNothingIsSealedForNobody(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	if _, err := room.vault.Seal(t.Context(), org, uuid.Nil, plain, aad); !errors.Is(err, vault.ErrNobody) {
		t.Errorf("got %v", err)
	}
	if _, err := room.vault.Seal(t.Context(), uuid.Nil, ana, plain, aad); !errors.Is(err, vault.ErrNobody) {
		t.Errorf("got %v", err)
	}
}

func TestProcessesThatMakeAKeyAtOnceAgreeOnOne(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	vaults := []*vault.Vault{room.vault, room.another(t), room.another(t), room.another(t)}
	sealed := make([][]byte, 4*len(vaults))
	group, ctx := errgroup.WithContext(t.Context())
	for i := range sealed {
		group.Go(func() (err error) {
			sealed[i], err = vaults[i%len(vaults)].Seal(ctx, org, ana, plain, aad)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for i, value := range sealed {
		opens(t, vaults[(i+1)%len(vaults)], ana, value)
	}
}

// An append that uses a key may follow at once, so the key is on disk by then, whatever the database does by default.
func TestANewKeyIsOnDiskBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.execute(t, `alter database `+room.pool.Config().ConnConfig.Database+` set synchronous_commit = off`)
	room.pool.Reset()
	for range 5 {
		var flushed bool
		var before string
		if err := room.pool.QueryRow(t.Context(), `select pg_current_wal_insert_lsn()::text`).Scan(&before); err != nil {
			t.Fatal(err)
		}
		if _, err := room.vault.Seal(t.Context(), org, uuid.New(), plain, aad); err != nil {
			t.Fatal(err)
		}
		if err := room.pool.QueryRow(t.Context(), `select pg_current_wal_flush_lsn() > $1::text::pg_lsn`, before).Scan(&flushed); err != nil {
			t.Fatal(err)
		}
		if !flushed {
			t.Fatal("the key was used before it was on disk")
		}
	}
}

// S4-24.
func TestAShreddedSubjectIsErasedForEver(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	other := room.another(t)
	sealed := seal(t, room.vault, ana)
	opens(t, other, ana, sealed)
	for range 2 {
		if err := room.vault.Shred(t.Context(), org, ana); err != nil {
			t.Fatal(err)
		}
		if _, err := room.vault.Open(t.Context(), org, ana, sealed, aad); !errors.Is(err, personal.ErrErased) {
			t.Errorf("open: got %v", err)
		}
		if _, err := room.vault.Seal(t.Context(), org, ana, plain, aad); !errors.Is(err, personal.ErrErased) {
			t.Errorf("seal: got %v", err)
		}
	}
	// The other process believes its memory for a while, and no longer.
	eventually(t, func() bool {
		_, err := other.Open(t.Context(), org, ana, sealed, aad)
		return errors.Is(err, personal.ErrErased)
	})
	recorded := room.shredOf(t, ana)
	if err := room.vault.Shred(t.Context(), org, ana); err != nil {
		t.Fatal(err)
	}
	if again := room.shredOf(t, ana); !again.Equal(recorded) {
		t.Errorf("shredding again moved the record from %s to %s", recorded, again)
	}
}

func TestASubjectWithoutAKeyCanBeShredded(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	if err := room.vault.Shred(t.Context(), org, ana); err != nil {
		t.Fatal(err)
	}
	if _, err := room.another(t).Seal(t.Context(), org, ana, plain, aad); !errors.Is(err, personal.ErrErased) {
		t.Errorf("got %v", err)
	}
}

func TestReadersThatLoadAKeyWhileItIsShreddedDoNotKeepIt(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	for range 30 {
		about := uuid.New()
		sealed := seal(t, room.vault, about)
		fresh := room.another(t)
		var group errgroup.Group
		for range 4 {
			group.Go(func() error {
				if _, err := fresh.Open(t.Context(), org, about, sealed, aad); err != nil && !errors.Is(err, personal.ErrErased) {
					return err
				}
				return nil
			})
		}
		group.Go(func() error { return fresh.Shred(t.Context(), org, about) })
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		if _, err := fresh.Open(t.Context(), org, about, sealed, aad); !errors.Is(err, personal.ErrErased) {
			t.Fatalf("after the shred: got %v", err)
		}
	}
}

// A lost key is no erasure: whoever meets it stops, until the key is back or a shred is recorded.
func TestAMissingKeyStopsItsReaderAndNamesTheSubject(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sealed := seal(t, room.vault, ana)
	room.execute(t, `create table vault.backup as select * from vault.keys; delete from vault.keys`)
	restarted := room.another(t)
	for range 2 {
		_, err := restarted.Open(t.Context(), org, ana, sealed, aad)
		if !errors.Is(err, vault.ErrKeyMissing) || errors.Is(err, personal.ErrErased) || fault.Of(err) != nil {
			t.Fatalf("got %v", err)
		}
		for _, id := range []uuid.UUID{org, ana} {
			if !strings.Contains(err.Error(), id.String()) {
				t.Errorf("%q does not name %s", err, id)
			}
		}
	}
	room.execute(t, `insert into vault.keys select * from vault.backup`)
	opens(t, restarted, ana, sealed)
}

func TestABrokenKeyStopsItsReader(t *testing.T) {
	t.Parallel()
	for name, breakIt := range map[string]string{
		"changed":                `update vault.keys set wrapped = set_byte(wrapped, length(wrapped) - 20, get_byte(wrapped, length(wrapped) - 20) # 1) where subject = $1`,
		"cut":                    `update vault.keys set wrapped = substr(wrapped, 1, 7) where subject = $1`,
		"of another subject":     `update vault.keys set wrapped = (select wrapped from vault.keys where subject <> $1 limit 1) where subject = $1`,
		"of nothing, not a mark": `update vault.keys set wrapped = '' where subject = $1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			sealed := seal(t, room.vault, ana)
			seal(t, room.vault, uuid.New())
			room.execute(t, breakIt, ana)
			restarted := room.another(t)
			if err := restarted.Prefetch(t.Context(), org, []uuid.UUID{ana}); err != nil {
				t.Errorf("prefetch: %v", err)
			}
			if _, err := restarted.Open(t.Context(), org, ana, sealed, aad); !errors.Is(err, vault.ErrKeyBroken) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestPrefetchBringsManyKeysByOneQuestion(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	people := []uuid.UUID{ana, uuid.New(), uuid.New(), ana}
	sealed := make([][]byte, len(people))
	for i, about := range people {
		sealed[i] = seal(t, room.vault, about)
	}
	shredded, unknown := uuid.New(), uuid.New()
	if err := room.vault.Shred(t.Context(), org, shredded); err != nil {
		t.Fatal(err)
	}
	restarted := room.another(t)
	asked := room.questions.Load()
	if err := restarted.Prefetch(t.Context(), org, append(people, shredded, unknown)); err != nil {
		t.Fatal(err)
	}
	for i, about := range people {
		opens(t, restarted, about, sealed[i])
	}
	if _, err := restarted.Open(t.Context(), org, shredded, sealed[0], aad); !errors.Is(err, personal.ErrErased) {
		t.Errorf("got %v", err)
	}
	if err := restarted.Prefetch(t.Context(), org, people); err != nil {
		t.Fatal(err)
	}
	if got := room.questions.Load() - asked; got != 1 {
		t.Errorf("asked the database %d times", got)
	}
}

func TestOneCallerFetchesWhatManyAskFor(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sealed := seal(t, room.vault, ana)
	restarted := room.another(t)
	asked := room.questions.Load()
	answer := room.hold()
	var group errgroup.Group
	for range 20 {
		group.Go(func() error {
			_, err := restarted.Open(t.Context(), org, ana, sealed, aad)
			return err
		})
	}
	answer()
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := room.questions.Load() - asked; got != 1 {
		t.Errorf("asked the database %d times", got)
	}
}

func TestACallerThatGoesAwayAnswersNobodyElse(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sealed := seal(t, room.vault, ana)
	for range 20 { // nothing shows that the second caller waits for the first, so that it does not always
		restarted := room.another(t)
		answer := room.hold()
		hurried, leave := context.WithCancel(t.Context())
		first, second := make(chan error, 1), make(chan error, 1)
		before := room.questions.Load()
		go func() {
			_, err := restarted.Open(hurried, org, ana, sealed, aad)
			first <- err
		}()
		eventually(t, func() bool { return room.questions.Load() > before })
		go func() {
			_, err := restarted.Open(t.Context(), org, ana, sealed, aad)
			second <- err
		}()
		leave()
		answer()
		if err := <-first; err != nil && (!errors.Is(err, context.Canceled) || fault.Of(err) != nil) {
			t.Errorf("who went away: got %v", err)
		}
		if err := <-second; err != nil {
			t.Errorf("who stayed: got %v", err)
		}
	}
}

// Without the vault, what needs a key is refused as something that passes; keys in memory go on for a while.
func TestADatabaseOutOfReachIsAFaultThatPasses(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.keep = time.Hour
	lasting := room.another(t)
	sealed := seal(t, lasting, ana)
	room.cut()
	opens(t, lasting, ana, sealed)

	ben := uuid.New()
	_, sealing := lasting.Seal(t.Context(), org, ben, plain, aad)
	_, opening := lasting.Open(t.Context(), org, ben, sealed, aad)
	_, identifying := lasting.Identity(t.Context(), organizationID, "org", number, ourNumber)
	for doing, err := range map[string]error{
		"seal": sealing, "open": opening, "identity": identifying,
		"prefetch": lasting.Prefetch(t.Context(), org, []uuid.UUID{ben}),
		"shred":    lasting.Shred(t.Context(), org, ana),
		"forget":   lasting.ForgetIdentity(t.Context(), organizationID, "org", number, ourNumber),
	} {
		if f := fault.Of(err); f == nil || f.Kind != fault.Unavailable || f.Code != "vault.unavailable" {
			t.Errorf("%s: got %v", doing, err)
		}
	}
	opens(t, lasting, ana, sealed) // the shred was refused, so it did not happen

	room.mend()
	if _, err := lasting.Seal(t.Context(), org, ben, plain, aad); err != nil {
		t.Errorf("once it is back: %v", err)
	}
}

func TestOnlyTheLastUsedKeysStayInMemory(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.keep, room.size = time.Hour, 2
	small := room.another(t)
	ben, cleo := uuid.New(), uuid.New()
	sealed := map[uuid.UUID][]byte{}
	for _, about := range []uuid.UUID{ana, ben, ana, cleo} {
		sealed[about] = seal(t, small, about)
	}
	room.cut()
	opens(t, small, ana, sealed[ana])
	opens(t, small, cleo, sealed[cleo])
	if _, err := small.Open(t.Context(), org, ben, sealed[ben], aad); !errors.Is(err, vault.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkSealAndOpenByAKeyInMemory(b *testing.B) {
	room := newRoom(b)
	room.keep = time.Hour
	lasting := room.another(b)
	value := bytes.Repeat([]byte("x"), 300)
	for b.Loop() {
		sealed, err := lasting.Seal(b.Context(), org, ana, value, aad)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := lasting.Open(b.Context(), org, ana, sealed, aad); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSealByANewKey(b *testing.B) {
	room := newRoom(b)
	for b.Loop() {
		if _, err := room.vault.Seal(b.Context(), org, uuid.New(), plain, aad); err != nil {
			b.Fatal(err)
		}
	}
}

// shredOf answers when the subject was shredded, and that nothing but the record of it is left.
func (r *room) shredOf(t *testing.T, about uuid.UUID) (at time.Time) {
	t.Helper()
	var bare bool
	err := r.pool.QueryRow(t.Context(), `select shredded_at, wrapped is null from vault.keys where org = $1 and subject = $2`, org, about).
		Scan(&at, &bare)
	if err != nil || !bare {
		t.Fatalf("the row is no record of a shred: %v", err)
	}
	return at
}

func seal(tb testing.TB, v *vault.Vault, about uuid.UUID) []byte {
	tb.Helper()
	sealed, err := v.Seal(tb.Context(), org, about, plain, aad)
	if err != nil {
		tb.Fatal(err)
	}
	return sealed
}

func opens(tb testing.TB, v *vault.Vault, about uuid.UUID, sealed []byte) {
	tb.Helper()
	opened, err := v.Open(tb.Context(), org, about, sealed, aad)
	if err != nil {
		tb.Error(err)
	} else if !bytes.Equal(opened, plain) {
		tb.Errorf("opened as %q", opened)
	}
}

func eventually(tb testing.TB, holds func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			tb.Fatal("it never came to be")
		}
		time.Sleep(time.Millisecond)
	}
}
