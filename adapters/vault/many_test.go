package vault_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"tagtrail/adapters/vault"
	"tagtrail/domain/personal"
)

// numbers answers numbers of many people.
func numbers(from, n int) []personal.Text {
	all := make([]personal.Text, n)
	for i := range all {
		all[i] = personal.New("+1650555" + strconv.Itoa(1000+from+i))
	}
	return all
}

func TestIdentitiesOfManyAreThoseOfEach(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	known := identity(t, room.vault, organizationID, "org", number, ourNumber)
	asked := append(numbers(0, 5), ourNumber, numbers(0, 1)[0])
	ids, fresh, err := room.vault.Identities(t.Context(), organizationID, "org", number, asked)
	if err != nil {
		t.Fatal(err)
	}
	if ids[5] != known || ids[6] != ids[0] {
		t.Errorf("one that was known is %s and not %s; one that is there twice is %s and %s", ids[5], known, ids[0], ids[6])
	}
	if fresh[0] == fresh[6] || !slices.Equal(fresh[1:6], []bool{true, true, true, true, false}) {
		t.Errorf("new are %v", fresh)
	}
	for i, value := range asked {
		if one := identity(t, room.another(t), organizationID, "org", number, value); one != ids[i] {
			t.Errorf("value %d is %s by itself and %s among many", i, one, ids[i])
		}
	}
	stranger := personal.New("+16505559999")
	if found, err := room.vault.KnownIdentities(t.Context(), organizationID, "org", number, append(asked, stranger)); err != nil || !slices.Equal(found, append(ids, uuid.Nil)) {
		t.Errorf("known are %v, %v", found, err)
	}
	if _, known, err := room.vault.KnownIdentity(t.Context(), organizationID, "org", number, stranger); err != nil || known {
		t.Errorf("whoever is looked for is known: %v, %v", known, err)
	}
	again, fresh, err := room.vault.Identities(t.Context(), organizationID, "org", number, asked)
	if err != nil || !slices.Equal(again, ids) || slices.Contains(fresh, true) {
		t.Errorf("asked again they are %v, new %v, %v", again, fresh, err)
	}
	if none, _, err := room.vault.Identities(t.Context(), organizationID, "org", number, nil); err != nil || len(none) != 0 {
		t.Errorf("of nobody there are %v, %v", none, err)
	}
}

// Two imports may have the same people in other orders.
func TestManyWhoAreMetTwiceAtOnceAreNewOnce(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	const people = 2000
	ids, fresh := make([][]uuid.UUID, 2), make([][]bool, 2)
	group, ctx := errgroup.WithContext(t.Context())
	for i := range ids {
		asked := numbers(0, people)
		if i == 1 {
			slices.Reverse(asked)
		}
		v := room.another(t)
		group.Go(func() (err error) {
			if ids[i], fresh[i], err = v.Identities(ctx, organizationID, "org", number, asked); err != nil {
				return err
			}
			return v.MakeKeys(ctx, organizationID, ids[i])
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(ids[1])
	slices.Reverse(fresh[1])
	for i := range people {
		if ids[0][i] != ids[1][i] || fresh[0][i] == fresh[1][i] {
			t.Fatalf("person %d is %s, new: %v, and %s, new: %v", i, ids[0][i], fresh[0][i], ids[1][i], fresh[1][i])
		}
	}
}

func TestKeysThatAreMadeAtOnceSealForEachAlone(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	had, shredded, fresh := uuid.New(), uuid.New(), uuid.New()
	sealed := seal(t, room.vault, had)
	if err := room.vault.Shred(t.Context(), org, shredded); err != nil {
		t.Fatal(err)
	}
	if err := room.vault.MakeKeys(t.Context(), organizationID, []uuid.UUID{had, shredded, fresh, fresh}); err != nil {
		t.Fatal(err)
	}
	opens(t, room.another(t), had, sealed)
	opens(t, room.another(t), fresh, seal(t, room.vault, fresh))
	if _, err := room.vault.Seal(t.Context(), org, shredded, []byte("x"), aad); !errors.Is(err, personal.ErrErased) {
		t.Errorf("who was shredded gets a key again: %v", err)
	}
	if _, err := room.another(t).Open(t.Context(), org, fresh, sealed, aad); err == nil {
		t.Error("what is sealed for one opens with the key of another")
	}
	room.isCut.Store(true)
	room.pool.Reset()
	if err := room.vault.MakeKeys(t.Context(), organizationID, []uuid.UUID{uuid.New()}); err == nil {
		t.Error("keys are made while the database is out of reach")
	}
}

// Whoever asks while somebody is forgotten is told to ask again, and never gets the id of nobody.
func TestIdentitiesThatAreForgottenMeanwhileAreAnOutage(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	if _, err := room.pool.Exec(t.Context(), `
		create function vault.forget() returns trigger language plpgsql as $$ begin return null; end $$;
		create trigger forget before insert on vault.identities for each row execute function vault.forget()`); err != nil {
		t.Fatal(err)
	}
	if ids, _, err := room.vault.Identities(t.Context(), organizationID, "org", number, numbers(0, 2)); !errors.Is(err, vault.ErrUnavailable) || ids != nil {
		t.Errorf("they are %v, %v", ids, err)
	}
}
