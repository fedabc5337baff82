package httpapi_test

import (
	"encoding/csv"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/message"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
)

// S0-11 … S0-16, S0-18, C5, C30.
func TestExportHoldsWhatTheFiltersMatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip, gone, city := w.tag("VIP"), w.tag("gone"), tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: 3, Name: "city", Color: "default", Kind: tag.Valued, Policy: tag.FreeText}
	w.Store.Put(w.Organization.CatalogStream(), w.Metadata(), city)
	assign := func(id tag.ID, number tag.Number, value string) contact.TagAssigned {
		// All are put on at the same time, so that the ids say in which order they show.
		assigned := contact.TagAssigned{Tag: id, Number: number, Assignment: contact.AssignmentID{UUID: uuid.UUID{byte(number)}}}
		if value != "" {
			assigned.Value = &contact.TagValue{Text: personal.New(value)}
		}
		return assigned
	}
	ana := w.happened("Ana", 101,
		assign(tag.ID{UUID: uuid.MustParse(vip.ID)}, 1, ""), assign(tag.ID{UUID: uuid.MustParse(gone.ID)}, 2, ""), assign(city.Tag, 3, "Rome"))
	w.happened("", 102)
	seen := message.Received{Contact: ana, Channel: uuid.New(), Kind: "text", Wamid: personal.New("w"), SentAt: time.Date(2026, 5, 30, 10, 0, 0, 0, time.UTC)}
	w.Store.Put(message.ID{UUID: uuid.New()}.Stream(), w.Metadata(), seen)
	w.do(call{method: "DELETE", path: "/v1/tags/" + gone.ID}).must(204)
	w.tag("last")

	answer := w.get("/v1/contacts/export.csv").must(200)
	if got := answer.header.Get("Content-Type"); got != "text/csv; charset=utf-8" {
		t.Errorf("as %s", got)
	}
	if got := answer.header.Get("Content-Disposition"); !regexp.MustCompile(`^attachment; filename="contacts-\d{8}T\d{6}Z\.csv"$`).MatchString(got) {
		t.Errorf("named %s", got)
	}
	want := "Phone,Display name,Tags,First seen,Last seen\r\n" +
		"+16505550101,Ana,VIP|city:Rome,2026-05-30T10:00:00Z,2026-05-30T10:00:00Z\r\n" +
		"+16505550102,—,,,\r\n"
	if string(answer.body) != want {
		t.Errorf("holds\n%s, not\n%s", answer.body, want)
	}
	if got := answer.header.Get("Tagtrail-Message"); got != "Exported 2 contacts." {
		t.Errorf("says %s", got)
	}
	none := w.get("/v1/contacts/export.csv?q=nobody").must(200)
	if got := none.header.Get("Tagtrail-Message"); got != "No contacts match these filters." || strings.Count(string(none.body), "\n") != 1 {
		t.Errorf("says %s: %s", got, none.body)
	}
	ranged := w.do(call{method: "GET", path: "/v1/contacts/export.csv", header: header("Range", "bytes="+strings.Repeat("0-,", 999)+"0-")}).must(200)
	if string(ranged.body) != want {
		t.Error("ranges were not passed over")
	}
}

// S0-17, C20: of more than 2,000 that match, the file holds the first, and the answer says so.
func TestExportHoldsTheFirstTwoThousand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 2003 {
		w.happened("Somebody", i)
	}
	w.tag("last")
	answer := w.get("/v1/contacts/export.csv").must(200)
	rows, err := csv.NewReader(strings.NewReader(string(answer.body))).ReadAll()
	if err != nil || len(rows) != 2001 {
		t.Fatalf("holds %d rows, %v", len(rows), err)
	}
	for name, want := range map[string]string{
		"Tagtrail-Exported-Count": "2000", "Tagtrail-Matching-Count": "2003", "Tagtrail-Message": "Exported 2,000 of 2,003 contacts.",
	} {
		if got := answer.header.Get(name); got != want {
			t.Errorf("%s is %s, not %s", name, got, want)
		}
	}
}

// Faults, bad inputs 41 and 42: no cell is a formula, and quoting is that of RFC 4180.
func TestExportIsSafeInSpreadsheets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	names := map[string]string{
		`=cmd|'/c calc'!A1`:   `'=cmd|'/c calc'!A1`,
		`+1+1`:                `'+1+1`,
		`+16505550199`:        `+16505550199`,
		`-2`:                  `'-2`,
		`@SUM`:                `'@SUM`,
		"\t=1":                "'\t=1",
		"\u00a0=1":            "'\u00a0=1",
		"safe\n=1":            "safe\n'=1",
		`＝1`:                  `'＝1`,
		`say "a", b; c`:       `say "a", b; c`,
		"Ana\r\nLima":         "Ana\nLima",
		`<script>{{7*7}}`:     `<script>{{7*7}}`,
		`${jndi:ldap://x}`:    `${jndi:ldap://x}`,
		`'quoted`:             `'quoted`,
		`100 = a hundred - 0`: `100 = a hundred - 0`,
	}
	number := 100
	for name := range names {
		number++
		w.happened(name, number)
	}
	w.tag("last")
	rows, err := csv.NewReader(strings.NewReader(string(w.get("/v1/contacts/export.csv").must(200).body))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, row := range rows[1:] {
		found[row[1]] = true
	}
	for name, want := range names {
		if !found[want] {
			t.Errorf("%q is not written as %q", name, want)
		}
	}
	if plain := w.get("/v1/contacts/export.csv?formula_guard=off").must(200); !strings.Contains(string(plain.body), ",+1+1,") {
		t.Error("the guard is not off")
	}
}
