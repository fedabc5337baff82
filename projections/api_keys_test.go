package projections_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

func TestKeysAndChannelsAreKnownByNameAndNeverByTheirSecrets(t *testing.T) {
	t.Parallel()
	first, second := uuid.MustParse("0193a000-0000-7000-8000-000000000041"), uuid.MustParse("0193a000-0000-7000-8000-000000000042")
	rows := projectionstest.Run(t, projectionstest.Group(projections.APIKeys(), projections.Channels(), projections.Actors()), projectionstest.History(org,
		projectionstest.On(acme.Stream(),
			organization.Created{Name: "Acme", IdentityScope: organization.ScopeOrganization, Zone: "UTC"},
			organization.KeyCreated{Key: first, Kind: organization.Owner, Name: personal.New("Owner"), Hash: "c0ffee00"}),
		projectionstest.On(acme.Stream(), organization.KeyCreated{Key: second, Kind: organization.APIClient, Name: personal.New("Shop"), Hash: "c0ffee01"}).By(system),
		projectionstest.On(acme.Stream(),
			organization.KeyRevoked{Key: first},
			organization.ChannelAdded{
				Channel: channel, Name: personal.New("Sales"), PhoneNumberID: "106540352242922", Phone: personal.New("+16505550100"),
				AppSecret: personal.New("the app secret"), VerifyToken: personal.New("the verify token"),
			}),
	))
	lines(t, rows, "api_keys", []string{"key", "kind", "name", "created_at", "created_by_kind", "created_by", "revoked_at", "revision"},
		first.String()+" | owner | Owner | 2026-05-30 12:00:01+00 | owner | "+projectionstest.Typist.ID+" | 2026-05-30 12:00:03+00 | 3",
		second.String()+" | api | Shop | 2026-05-30 12:00:02+00 | system | NULL | NULL | 2")
	lines(t, rows, "channels", []string{"channel", "name", "phone", "phone_number_id", "created_at", "revision"},
		channel.String()+" | Sales | +16505550100 | 106540352242922 | 2026-05-30 12:00:04+00 | 4")
	lines(t, rows, "actors", []string{"actor", "name"},
		first.String()+" | Owner", second.String()+" | Shop", channel.String()+" | Sales")
	for _, secret := range []string{"the app secret", "the verify token", "c0ffee"} {
		if strings.Contains(fmt.Sprint(rows), secret) {
			t.Errorf("%q is in the tables", secret)
		}
	}
}
