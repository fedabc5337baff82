package httpapi_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/domain/contact"
	"tagtrail/domain/message"
	"tagtrail/domain/personal"
)

// S1-1, S1-2, C20, and every list by its pages: nothing twice, nothing left out.
func TestPagesMakeUpTheList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var want []string
	channel := uuid.New()
	for i := range 7 {
		id := w.happened(fmt.Sprint("Contact ", i), 100+i)
		w.Store.Put(message.ID{UUID: uuid.New()}.Stream(), w.Metadata(), message.Received{
			Contact: id, Channel: channel, Kind: "text", Wamid: personal.New("w"), Text: personal.New(fmt.Sprint("text ", i)),
			SentAt: time.Date(2026, 5, 30, 10, i, 0, 0, time.UTC),
		})
		want = append([]string{id.String()}, want...)
		w.tag(fmt.Sprint("tag ", i))
	}
	for range 2 {
		want = append(want, w.happened("Never seen", 200+len(want)).String())
	}
	if slices.Sort(want[7:]); len(want) != 9 {
		t.Fatal(len(want))
	}
	w.key("agent")
	w.tag("tag 8")

	if got := pages(w, "/v1/contacts", 2); !slices.Equal(got, want) {
		t.Errorf("contacts are %v, not %v", got, want)
	}
	if got := pages(w, "/v1/contacts?q=contact", 3); !slices.Equal(got, want[:7]) {
		t.Errorf("found contacts are %v, not %v", got, want[:7])
	}
	if got := pages(w, "/v1/tags?status=all", 3); len(got) != 8 {
		t.Errorf("%d tags", len(got))
	}
	if got := pages(w, "/v1/api-keys", 1); len(got) != 3 {
		t.Errorf("%d keys", len(got))
	}
	if got := pages(w, "/v1/contacts/"+want[0]+"/messages", 1); len(got) != 1 {
		t.Errorf("%d messages", len(got))
	}
	for path, total := range map[string]string{
		"/v1/contacts": "9", "/v1/contacts?q=contact": "7", "/v1/tags": "8", "/v1/tags?status=deleted": "0", "/v1/channels": "0", "/v1/api-keys": "3",
		"/v1/contacts/" + want[0] + "/messages": "1",
	} {
		counted := w.do(call{method: "GET", path: path, header: header("Prefer", "return=total-count")}).must(200)
		if counted.header.Get("Tagtrail-Total-Count") != total || counted.header.Get("Preference-Applied") != "return=total-count" {
			t.Errorf("%s counts %v, not %s", path, counted.header, total)
		}
	}
	messages := decoded[httpapi.List[httpapi.Message]](w.get("/v1/contacts/" + want[0] + "/messages").must(200)).Items
	if messages[0].Text != "text 6" || messages[0].Direction != "in" || messages[0].Channel != channel.String() {
		t.Errorf("messages are %v", messages)
	}
}

// pages answers the ids of a list, read page by page.
func pages(w *world, path string, limit int) []string {
	w.t.Helper()
	var ids []string
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	for next, turn := "", 0; turn < 50; turn++ {
		query := fmt.Sprintf("%s%slimit=%d", path, mark, limit)
		if next != "" {
			query += "&cursor=" + next
		}
		page := decoded[httpapi.List[struct{ ID string }]](w.get(query).must(200))
		for _, item := range page.Items {
			ids = append(ids, item.ID)
		}
		if page.Next == nil {
			return ids
		}
		next = *page.Next
	}
	w.t.Fatal("the list has no end")
	return nil
}

// Faults, bad inputs 31 and 32.
func TestCursorsGoWithTheirList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 3 {
		w.contact("Contact", fmt.Sprintf("+1650555010%d", i))
		w.tag(fmt.Sprint("tag ", i))
	}
	next := *decoded[httpapi.List[httpapi.ListedContact]](w.get("/v1/contacts?limit=1&q=contact").must(200)).Next
	tags := *decoded[httpapi.List[httpapi.Tag]](w.get("/v1/tags?limit=1").must(200)).Next
	w.get("/v1/contacts?limit=2&q=contact&cursor=" + next).must(200)

	decodedNext, err := base64.RawURLEncoding.DecodeString(next)
	if err != nil {
		t.Fatal(err)
	}
	otherVersion := append([]byte{2}, decodedNext[1:]...)
	flip := func(i int) string {
		changed := slices.Clone(decodedNext)
		changed[i] ^= 1
		return base64.RawURLEncoding.EncodeToString(changed)
	}
	bad := []string{
		"/v1/contacts?q=contact&cursor=", "/v1/contacts?q=contact&cursor=" + next[:len(next)-4], "/v1/contacts?q=contact&cursor=x", "/v1/contacts?q=contact&cursor=" + next + "A",
		"/v1/contacts?q=contact&cursor=" + base64.RawURLEncoding.EncodeToString(otherVersion),
		"/v1/contacts?q=other&cursor=" + next, "/v1/contacts?cursor=" + next, "/v1/contacts?q=contact&lead_status=hot&cursor=" + next,
		"/v1/contacts?q=contact&cursor=" + tags, "/v1/tags?status=all&cursor=" + tags, "/v1/api-keys?cursor=" + tags,
		"/v1/contacts?q=contact&cursor=" + strings.Repeat("A", 10_000),
	}
	for _, i := range []int{1, 20, len(decodedNext) - 1} {
		bad = append(bad, "/v1/contacts?q=contact&cursor="+flip(i))
	}
	for _, path := range bad {
		p := w.get(path).fails(400, "request.invalid-cursor")
		if len(p.Errors) != 0 || p.Detail != p.Title {
			t.Errorf("the refusal of %s says more than others: %v", path, p)
		}
	}

	gone := decoded[httpapi.List[httpapi.Tag]](w.get("/v1/tags?limit=1").must(200)).Items[0]
	position := w.do(call{method: "DELETE", path: "/v1/tags/" + gone.ID}).must(204).header.Get("Tagtrail-Position")
	rest := w.do(call{method: "GET", path: "/v1/tags?limit=5&cursor=" + tags, header: header("Tagtrail-Min-Position", position, "Prefer", "wait=1")}).must(200)
	if items := decoded[httpapi.List[httpapi.Tag]](rest).Items; len(items) != 2 {
		t.Errorf("behind a deleted tag there are %v", items)
	}
	erased := contact.ID{UUID: uuid.MustParse(decoded[httpapi.List[httpapi.ListedContact]](w.get("/v1/contacts?limit=1&q=contact").must(200)).Items[0].ID)}
	w.Store.Put(erased.Stream(), w.Metadata(), contact.Erased{})
	w.tag("last")
	if items := decoded[httpapi.List[httpapi.ListedContact]](w.get("/v1/contacts?limit=5&q=contact&cursor=" + next).must(200)).Items; len(items) != 2 {
		t.Errorf("behind an erased contact there are %v", items)
	}
	w.do(call{method: "PUT", path: "/v1/contacts/" + erased.String() + "/lead-status", body: `{"status":"hot"}`}).fails(410, "contact.erased")
}

// A read that names a position sees it or is told that it does not (faults, bad inputs 29).
func TestAReadWaitsForAWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tag("first")
	w.freeze(true)
	answer := w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"VIP"}`}).must(202)
	pending := decoded[httpapi.Pending](answer)
	position := answer.header.Get("Tagtrail-Position")
	read := func(prefer string) reply {
		h := header("Tagtrail-Min-Position", position)
		if prefer != "" {
			h.Set("Prefer", prefer)
		}
		return w.do(call{method: "GET", path: "/v1/tags/" + pending.ID, header: h})
	}
	for _, prefer := range []string{"", "wait=0", "wait=-1", "wait=x", "respond-async"} {
		if got := read(prefer); got.fails(503, "tables.behind").Status == 0 || got.header.Get("Retry-After") == "" {
			t.Errorf("with %q answered %v", prefer, got.header)
		}
	}
	began := time.Now()
	if got := read("respond-async, wait=1"); got.fails(503, "tables.behind").Status == 0 || time.Since(began) < time.Second || got.header.Get("Preference-Applied") != "" {
		t.Errorf("after %s answered %v", time.Since(began), got.header)
	}
	w.freeze(false)
	if got := decoded[httpapi.Tag](read("wait=999999").must(200)); got.Name != "VIP" {
		t.Errorf("read %v", got)
	}

	both := w.do(call{method: "GET", path: "/v1/tags", header: header("Tagtrail-Min-Position", position, "Prefer", "return=total-count", "Prefer", "wait=1")}).must(200)
	if both.header.Get("Preference-Applied") != "wait, return=total-count" || both.header.Get("Tagtrail-Total-Count") != "2" {
		t.Errorf("two preferences are answered by %v", both.header)
	}

	raw, err := base64.RawURLEncoding.DecodeString(position)
	if err != nil {
		t.Fatal(err)
	}
	other, beyond := slices.Clone(raw), slices.Clone(raw)
	other[0] ^= 1
	beyond[14] = 0xff
	for _, bad := range []string{"", "x", "12", position + "A", position[1:], base64.RawURLEncoding.EncodeToString(other), base64.RawURLEncoding.EncodeToString(beyond)} {
		refused := w.do(call{method: "GET", path: "/v1/tags", header: header("Tagtrail-Min-Position", bad, "Prefer", "wait=1")})
		if refused.fails(400, "request.invalid-position"); refused.header.Get("Preference-Applied") != "" {
			t.Errorf("a refusal says that it applied %s", refused.header.Get("Preference-Applied"))
		}
	}
	w.do(call{method: "GET", path: "/v1/tags", header: http.Header{"Tagtrail-Min-Position": {position, position}}}).fails(400, "request.invalid-position")
}
