package readmodels_test

import (
	"testing"

	"github.com/google/uuid"

	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/readmodels"
)

func TestKeysAreListedInTheOrderOfTheirCreationWithThoseRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var made []uuid.UUID
	for _, kind := range []organization.KeyKind{organization.Owner, organization.APIClient, organization.AITool} {
		key := uuid.New()
		w.happened(w.org.Stream(), organization.KeyCreated{Key: key, Kind: kind, Name: personal.New("key of " + string(kind)), Hash: "00"})
		made = append(made, key)
	}
	w.happened(w.org.Stream(), organization.KeyRevoked{Key: made[1]})
	w.project()

	r := readmodels.Keys{DB: w.reader}
	first, next, err := r.List(t.Context(), w.org.UUID, nil, 2)
	if err != nil || len(first) != 2 || next == nil {
		t.Fatal(first, next, err)
	}
	rest, next, err := r.List(t.Context(), w.org.UUID, next, 2)
	if err != nil || len(rest) != 1 || next != nil {
		t.Fatal(rest, next, err)
	}
	for i, key := range append(first, rest...) {
		if key.ID != made[i] || (key.RevokedAt != nil) != (i == 1) {
			t.Errorf("key %d is %+v", i, key)
		}
	}
	revoked, err := r.Get(t.Context(), w.org.UUID, made[1])
	if err != nil || revoked.Kind != "api" || revoked.Name != "key of api" || *revoked.RevokedAt != w.now || revoked.Revision != 3 {
		t.Errorf("the revoked key is %+v, %v", revoked, err)
	}
}

func TestChannelsAreListedInTheOrderOfTheirCreationWithoutSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var made []uuid.UUID
	for _, name := range []string{"Sales", "Support"} {
		channel := uuid.New()
		w.happened(w.org.Stream(), organization.ChannelAdded{
			Channel: channel, Name: personal.New(name), PhoneNumberID: "106540352242922", Phone: personal.New("+16505550100"),
			AppSecret: personal.New("app secret"), VerifyToken: personal.New("verify token"),
		})
		made = append(made, channel)
	}
	w.project()

	r := readmodels.Channels{DB: w.reader}
	first, next, err := r.List(t.Context(), w.org.UUID, nil, 1)
	if err != nil || len(first) != 1 || next == nil {
		t.Fatal(first, next, err)
	}
	rest, next, err := r.List(t.Context(), w.org.UUID, next, 1)
	if err != nil || len(rest) != 1 || next != nil || rest[0].ID != made[1] {
		t.Fatal(rest, next, err)
	}
	if h := first[0]; h.ID != made[0] || h.Name != "Sales" || h.Phone != "+16505550100" || h.PhoneNumberID != "106540352242922" || h.Revision != 0 {
		t.Errorf("the first is %+v", h)
	}
	if got, err := r.Get(t.Context(), w.org.UUID, made[1]); err != nil || got != rest[0] {
		t.Errorf("the second is %+v, %v", got, err)
	}
	if leaked := w.textsLike("%secret%"); len(leaked) != 0 {
		t.Errorf("secrets stand in %v", leaked)
	}
}
