package commands_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// empty is a service on a log that nobody wrote to.
func empty() (*commands.Service, *commandstest.Store) {
	store := commandstest.NewStore()
	return commands.New(store, commandstest.NewVault(), &commandstest.Counts{}, time.Now), store
}

func acme(t *testing.T) commands.CreateOrganization {
	t.Helper()
	org := organization.ID{UUID: uuid.New()}
	key, err := commands.MintKey(org)
	check(t, err)
	return commands.CreateOrganization{Organization: org, Name: "Acme", Zone: "Europe/Madrid", Key: key, KeyName: "owner.key"}
}

func system(ctx context.Context) context.Context {
	return commands.WithOrigin(ctx, commands.Origin{Actor: event.Actor{Kind: "system"}, Source: event.System})
}

func TestAnOrganisationBeginsWithItsOwnersKey(t *testing.T) {
	t.Parallel()
	service, store := empty()
	cmd := acme(t)
	receipt, err := service.CreateOrganization(system(t.Context()), cmd)
	check(t, err)
	all := store.All()
	want := []event.Event{
		organization.Created{Name: "Acme", IdentityScope: organization.ScopeOrganization, Zone: "Europe/Madrid"},
		organization.KeyCreated{Key: cmd.Key.Key, Kind: organization.Owner, Name: personal.New("owner.key"), Hash: cmd.Key.Hash},
		organization.Registered{Organization: cmd.Organization},
	}
	for i, e := range want {
		if i >= len(all) || all[i].Data != e || all[i].Org() != cmd.Organization.UUID {
			t.Fatalf("event %d of %d is not %+v of the organisation", i, len(all), e)
		}
	}
	if receipt.Position != all[2].Position {
		t.Errorf("answered position %d, want %d", receipt.Position, all[2].Position)
	}
	listed, err := service.Organizations(t.Context())
	check(t, err)
	if !slices.Equal(listed, []organization.ID{cmd.Organization}) {
		t.Errorf("the installation lists %v", listed)
	}
	credential, err := service.Authenticate(t.Context(), cmd.Key.Token)
	check(t, err)
	if credential != (commands.Credential{Organization: cmd.Organization, Key: cmd.Key.Key, Kind: organization.Owner}) {
		t.Errorf("the key opens %+v", credential)
	}
}

// A start that was cut off is completed by the next one, which has the same key in its file.
func TestAnOrganisationThatWasLeftHalfBegunIsCompleted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		fail func(*commandstest.Store)
	}{
		{"the process ends before it lists the organisation", func(store *commandstest.Store) {
			store.Before(func(_ context.Context, a commandstest.Attempt) error { return onlyFirst(a) })
		}},
		{"the process ends when the first append is done", func(store *commandstest.Store) {
			store.After(func(context.Context, commandstest.Attempt) error { return errors.New("power cut") })
		}},
		{"the process ends before anything is done", func(store *commandstest.Store) {
			store.Before(func(context.Context, commandstest.Attempt) error { return errors.New("power cut") })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			service, store := empty()
			c.fail(store)
			cmd := acme(t)
			_, err := service.CreateOrganization(system(t.Context()), cmd)
			refused(t, err, commands.ErrLogUnavailable)
			store.Before(nil)
			store.After(nil)
			for range 2 {
				_, err = service.CreateOrganization(system(t.Context()), cmd)
				check(t, err)
			}
			if got := len(store.All()); got != 3 {
				t.Errorf("the log has %d events, want 3", got)
			}
		})
	}
}

func onlyFirst(a commandstest.Attempt) error {
	if a.Number > 1 {
		return errors.New("power cut")
	}
	return nil
}

func TestAnOrganisationIsNotTakenOverByAnotherKey(t *testing.T) {
	t.Parallel()
	service, _ := empty()
	cmd := acme(t)
	_, err := service.CreateOrganization(system(t.Context()), cmd)
	check(t, err)
	cmd.Key, err = commands.MintKey(cmd.Organization)
	check(t, err)
	_, err = service.CreateOrganization(system(t.Context()), cmd)
	refused(t, err, organization.ErrExists)
	_, err = service.Authenticate(t.Context(), cmd.Key.Token)
	refused(t, err, organization.ErrUnknownKey)
}

func TestAZoneIsOneOfTheDatabase(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]error{
		"": nil, "UTC": nil, "Asia/Kolkata": nil, "Local": organization.ErrUnknownZone, "Mars/Olympus": organization.ErrUnknownZone, "../etc/passwd": organization.ErrUnknownZone,
	} {
		service, _ := empty()
		cmd := acme(t)
		cmd.Zone = zone
		if _, err := service.CreateOrganization(system(t.Context()), cmd); !errors.Is(err, want) {
			t.Errorf("zone %q: %v, want %v", zone, err, want)
		}
	}
}

func TestAKeyIsShownOnceAndOpensTheOrganisation(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ctx := w.Ask(t.Context())
	key, _, err := w.Service.CreateKey(ctx, commands.CreateKey{Kind: organization.Agent, Name: "Desk"})
	check(t, err)
	credential, err := w.Service.Authenticate(t.Context(), key.Token)
	check(t, err)
	if credential != (commands.Credential{Organization: w.Organization, Key: key.Key, Kind: organization.Agent}) {
		t.Errorf("the key opens %+v", credential)
	}
	again, receipt, err := w.Service.CreateKey(ctx, commands.CreateKey{Kind: organization.Agent, Name: "Desk"})
	check(t, err)
	if !receipt.Replayed || again != (commands.MintedKey{Organization: w.Organization, Key: key.Key}) {
		t.Errorf("the repeat answers %+v with the token %q; want the key alone, replayed", receipt, again.Token)
	}
}

func TestARevokedKeyOpensNothingAtOnceInEveryProcess(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	elsewhere := commands.New(w.Store, w.Vault, w.Counts, time.Now)
	key, _, err := w.Service.CreateKey(w.Ask(t.Context()), commands.CreateKey{Kind: organization.Manager, Name: "Desk"})
	check(t, err)
	_, err = elsewhere.Authenticate(t.Context(), key.Token)
	check(t, err)
	_, err = w.Service.RevokeKey(w.Ask(t.Context()), commands.RevokeKey{Key: key.Key})
	check(t, err)
	for _, service := range []*commands.Service{elsewhere, w.Service} {
		_, err = service.Authenticate(t.Context(), key.Token)
		refused(t, err, organization.ErrUnknownKey)
	}
}

func TestWhateverIsWrongWithATokenTheAnswerIsTheSame(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	key, _, err := w.Service.CreateKey(w.Ask(t.Context()), commands.CreateKey{Kind: organization.Owner, Name: "Desk"})
	check(t, err)
	stranger, err := commands.MintKey(organization.ID{UUID: uuid.New()})
	check(t, err)
	unknown, err := commands.MintKey(w.Organization)
	check(t, err)
	for name, token := range map[string]string{
		"nothing": "", "a word": "letmein", "cut short": key.Token[:len(key.Token)-1], "too long": key.Token + "0",
		"another organisation's": stranger.Token, "one that nobody created": unknown.Token,
		"its id with another secret": forged(t, key.Token, unknown.Token),
	} {
		_, err := w.Service.Authenticate(t.Context(), token)
		if !errors.Is(err, organization.ErrUnknownKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// forged joins the ids of one token and the secret of another under a right checksum.
func forged(t *testing.T, ids, secret string) string {
	t.Helper()
	const prefix = len("tt_live_") + 22 + 1 + 22 + 1
	body := ids[:prefix] + secret[prefix:len(secret)-6]
	token := body + checksum(body)
	_, err := commands.ParseKey(token)
	check(t, err)
	return token
}

func TestAChannelIsFoundByItsIdWithItsSecrets(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	id, receipt, err := w.Service.AddChannel(w.Ask(t.Context()), sales())
	check(t, err)
	if all := w.Store.All(); receipt.Position != all[len(all)-1].Position {
		t.Errorf("answered position %d, want %d", receipt.Position, all[len(all)-1].Position)
	}
	got, err := commands.New(w.Store, w.Vault, w.Counts, time.Now).Channel(t.Context(), id)
	check(t, err)
	want := organization.Channel{
		ID: id, Organization: w.Organization, Name: personal.New("Sales"), PhoneNumberID: "106540352242922",
		Phone: personal.New("+16505550100"), AppSecret: personal.New("an-app-secret"), VerifyToken: personal.New("a-verify-token"),
	}
	if got != want {
		t.Errorf("found %+v of %s", got, got.Organization)
	}
	_, err = w.Service.Channel(t.Context(), uuid.New())
	refused(t, err, organization.ErrUnknownChannel)
}

func sales() commands.AddChannel {
	return commands.AddChannel{
		Name: "Sales", PhoneNumberID: "106540352242922", Phone: "+16505550100", AppSecret: "an-app-secret", VerifyToken: "a-verify-token",
	}
}

func TestAChannelThatWasLeftHalfAddedIsCompletedByItsRepeat(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	w.Store.Before(func(_ context.Context, a commandstest.Attempt) error { return onlyFirst(a) })
	ctx := w.Ask(t.Context())
	_, _, err := w.Service.AddChannel(ctx, sales())
	refused(t, err, commands.ErrLogUnavailable)
	w.Store.Before(nil)
	id, receipt, err := w.Service.AddChannel(ctx, sales())
	check(t, err)
	if receipt.Replayed {
		t.Error("what was half done is answered as done before")
	}
	again, receipt, err := w.Service.AddChannel(ctx, sales())
	check(t, err)
	if again != id || !receipt.Replayed {
		t.Errorf("the repeat answers %s, %+v; want %s, replayed", again, receipt, id)
	}
	w.Happened(t, organization.InstallationStream,
		organization.Registered{Organization: w.Organization}, organization.ChannelRegistered{Channel: id, Organization: w.Organization})
}

func TestAChannelThatIsRefusedLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	before := len(w.Store.All())
	cmd := sales()
	cmd.PhoneNumberID = "none"
	_, _, err := w.Service.AddChannel(w.Ask(t.Context()), cmd)
	refused(t, err, organization.ErrPhoneNumberID)
	if got := len(w.Store.All()); got != before {
		t.Errorf("the log grew from %d to %d events", before, got)
	}
}

func TestARequestsFingerprintDiffersWithEachPart(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	org, other := w.Organization, organization.ID{UUID: uuid.New()}
	seen := map[string]bool{}
	for _, c := range []struct {
		org          organization.ID
		method, path string
		body         string
	}{
		{org, "POST", "/v1/tags", "{}"}, {other, "POST", "/v1/tags", "{}"}, {org, "PATCH", "/v1/tags", "{}"},
		{org, "POST", "/v1/tags/", "{}"}, {org, "POST", "/v1/tags", "{} "}, {org, "POST", "/v1/tags{", "}"},
	} {
		hmac, err := w.Service.RequestHMAC(t.Context(), c.org, c.method, c.path, []byte(c.body))
		check(t, err)
		if seen[hmac] || len(hmac) != 43 {
			t.Errorf("%+v has the fingerprint %q, as another or too short", c, hmac)
		}
		seen[hmac] = true
	}
}
