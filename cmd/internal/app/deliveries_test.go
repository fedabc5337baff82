package app_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/embedded/postgres/postgrestest"
	"tagtrail/adapters/whatsapp"
	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// corpus is a day of two people: one changes her name and her number, is
// written to and reads it; the other is known by a BSUID alone.
func corpus() [][]byte {
	return [][]byte{
		delivery(bea("16505550101", "Bea", "wamid.1", "1780131600", "hi")),
		delivery(`"messages":[{"from":"16505550101","id":"wamid.2","timestamp":"1780133400","type":"system","system":{"body":"moved","wa_id":"16505550102","type":"user_changed_number"}}]`),
		delivery(bea("16505550102", "Beatrice", "wamid.3", "1780135200", "it is me")),
		delivery(`"contacts":[{"wa_id":"16505550101","user_id":"US.23491208655302741918"}],"statuses":[{"id":"wamid.4","status":"sent","timestamp":"1780131700","recipient_id":"16505550101"},` +
			`{"id":"wamid.4","status":"read","timestamp":"1780131800","recipient_id":"16505550101"}]`),
		delivery(`"statuses":[{"id":"wamid.5","status":"failed","timestamp":"1780131900","recipient_id":"16505550109","errors":[{"code":131026,"title":"undeliverable"}]}]`),
		delivery(`"contacts":[{"profile":{"name":"Cleo"},"user_id":"US.13491208655302741918"}],` +
			`"messages":[{"from_user_id":"US.13491208655302741918","id":"wamid.6","timestamp":"1780131600","type":"image","image":{"caption":"look"}}]`),
	}
}

// bea is a message of the one who changes her number; WhatsApp names her by her BSUID all the while.
func bea(waID, name, wamid, at, text string) string {
	return `"contacts":[{"profile":{"name":"` + name + `"},"wa_id":"` + waID + `","user_id":"US.23491208655302741918"}],` +
		`"messages":[{"from":"` + waID + `","from_user_id":"US.23491208655302741918","id":"` + wamid + `","timestamp":"` + at + `","type":"text","text":{"body":"` + text + `"}}]`
}

// Deliveries come unordered and repeated: of 720 orders, each with repeats in it, all end at the same tables.
func TestEveryOrderOfDeliveriesGivesTheSameTables(t *testing.T) {
	t.Parallel()
	channel := organization.ChannelAdded{
		Channel: uuid.New(), Name: personal.New("Sales"), PhoneNumberID: phoneNumberID,
		AppSecret: personal.New(appSecret), VerifyToken: personal.New("a-token-of-ours"),
	}
	vault, org := commandstest.NewVault(), organization.ID{UUID: uuid.New()}
	tables := projectionstest.NewTables(t, projections.All()[0])
	var want string
	projectionstest.Permute(corpus(), func(order [][]byte) {
		store := commandstest.NewStore()
		of := event.Metadata{Organization: org.UUID}
		store.Put(org.Stream(), of, organization.Created{Name: "Acme", IdentityScope: organization.ScopeOrganization, Zone: "UTC"}, channel)
		store.Put(organization.InstallationStream, of, organization.Registered{Organization: org},
			organization.ChannelRegistered{Channel: channel.Channel, Organization: org})
		webhook := whatsapp.New(whatsapp.Config{
			Commands: commands.New(store, vault, &commandstest.Counts{}, time.Now), Now: time.Now, Count: func(whatsapp.Outcome) {},
			Problem: func(_ http.ResponseWriter, _ *http.Request, err error) { t.Errorf("refused: %v", err) },
		})
		for _, body := range order {
			post(t.Context(), webhook, channel.Channel, body)
			post(t.Context(), webhook, channel.Channel, order[0])
		}
		got := hash(tables.After(store.All()))
		if want == "" {
			want = got
		}
		if got != want && !t.Failed() {
			t.Errorf("this order ends otherwise: %s\n%s", order, got)
		}
	})
	if !strings.Contains(want, "Beatrice") || !strings.Contains(want, "look") {
		t.Errorf("the tables say only:\n%s", want)
	}
}

func post(ctx context.Context, webhook *whatsapp.Webhook, channel uuid.UUID, body []byte) {
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write(body)
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(string(body)))
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	webhook.ServeChannel(httptest.NewRecorder(), r, channel)
}

// hash is all rows as one text, but for what says when and where in the log they
// were written: that is the order itself. Tables whose keys are revisions are seen
// through their views. A contact goes by its profile name: which identity gave it
// its id depends on which came first.
func hash(rows projectionstest.Rows) string {
	var b strings.Builder
	for _, table := range slices.Sorted(maps.Keys(rows)) {
		if table == "contact_identities" || table == "contact_search" {
			continue
		}
		var lines []string
		for _, row := range rows[table] {
			for _, column := range []string{"revision", "created_at", "lead_status_since"} {
				delete(row, column)
			}
			line := ""
			for _, column := range slices.Sorted(maps.Keys(row)) {
				line += column + "=" + strings.Join(strings.Fields(row[column]), " ") + " "
			}
			lines = append(lines, line)
		}
		fmt.Fprintf(&b, "%s\n%s\n\n", table, strings.Join(lines, "\n"))
	}
	text := b.String()
	for _, row := range rows["contacts"] {
		text = strings.ReplaceAll(text, row["contact"], row["profile_name"])
	}
	sections := strings.Split(text, "\n\n")
	for i, section := range sections {
		lines := strings.Split(section, "\n")
		slices.Sort(lines[1:])
		sections[i] = strings.Join(lines, "\n")
	}
	return strings.Join(sections, "\n\n")
}
