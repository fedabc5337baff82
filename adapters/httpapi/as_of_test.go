package httpapi_test

import (
	"fmt"
	"net/url"
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

// recorded answers when the newest event was recorded.
func (w *world) recorded() time.Time {
	all := w.Store.All()
	return all[len(all)-1].RecordedAt
}

func asOf(path string, at any) string {
	if t, ok := at.(time.Time); ok {
		at = t.Format(time.RFC3339Nano)
	}
	joint := "?"
	if strings.Contains(path, "?") {
		joint = "&"
	}
	return path + joint + "as_of=" + url.QueryEscape(fmt.Sprint(at))
}

func TestAContactIsShownAsItWasThen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip := w.tag("VIP")
	created := w.do(call{method: "POST", path: "/v1/contacts", body: `{"name":"Ana","phone":"+16505550101"}`}).must(201)
	ana := "/v1/contacts/" + decoded[httpapi.Contact](created).ID
	put := w.do(call{method: "PUT", path: ana + "/tags/" + vip.ID, body: `{}`}).must(200)
	tagged := w.recorded()
	w.do(call{method: "PATCH", path: ana, body: `{"name":"Anna"}`}).must(200)
	w.do(call{method: "PATCH", path: "/v1/tags/" + vip.ID, body: `{"name":"Gold"}`}).must(200)
	gone := w.do(call{method: "DELETE", path: ana + "/tags/" + vip.ID}).must(204)

	for _, at := range []any{put.header.Get("Tagtrail-Position"), tagged} {
		answer := w.get(asOf(ana, at)).must(200)
		c := decoded[httpapi.Contact](answer)
		if c.Name != "Ana" || c.Phone != "+16505550101" || len(c.ActiveTags) != 1 || len(c.HistoricalTags) != 0 {
			t.Fatalf("as of %v: %+v", at, c)
		}
		if tag := c.ActiveTags[0].Tag; tag.Name != "VIP" || tag.Today == nil || tag.Today.Name != "Gold" || tag.Today.Deleted {
			t.Errorf("as of %v the tag is %+v", at, tag)
		}
		if of := answer.header.Get("Tagtrail-As-Of"); of != put.header.Get("Tagtrail-Position") || answer.header.Get("ETag") != "" {
			t.Errorf("as of %v is of %s, ETag %q", at, of, answer.header.Get("ETag"))
		}
	}
	c := decoded[httpapi.Contact](w.get(asOf(ana, created.header.Get("Tagtrail-Position"))).must(200))
	if len(c.ActiveTags) != 0 || c.Name != "Ana" {
		t.Errorf("when it was created: %+v", c)
	}
	for path, want := range map[string]int{"?tag=" + vip.ID: 1, "?exclude_tag=" + vip.ID: 0, "?lead_status=cold&created_from=2026-05-30": 1} {
		list := decoded[httpapi.List[httpapi.ListedContact]](w.get(asOf("/v1/contacts"+path, tagged)).must(200))
		if len(list.Items) != want || want == 1 && list.Items[0].ActiveTags[0].Tag.Name != "VIP" {
			t.Errorf("%s: %+v", path, list)
		}
	}
	// A time that is yet to come is now, and now is what it says without.
	now := w.do(call{method: "GET", path: ana, header: header("Tagtrail-Min-Position", gone.header.Get("Tagtrail-Position"), "Prefer", "wait=5")}).must(200)
	for _, at := range []any{w.recorded(), time.Now().Add(1000 * time.Hour), "2999-01-01"} {
		then := decoded[httpapi.Contact](w.get(asOf(ana, at)).must(200))
		if c := decoded[httpapi.Contact](now); then.Name != c.Name || then.Revision != c.Revision || len(then.HistoricalTags) != 1 || len(then.ActiveTags) != 0 {
			t.Errorf("as of %v: %+v, and now %+v", at, then, c)
		}
	}
	if now.header.Get("Tagtrail-As-Of") != "" || strings.Contains(string(now.body), "today") {
		t.Errorf("now is of then: %s", now.body)
	}
}

// Row 38 of what is not as it should be: before anything happened nothing is there, and there is no refusal.
func TestBeforeTheFirstEventNothingIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.Store.All()[0].RecordedAt.Add(-time.Hour)
	c := w.contact("Ana", "+16505550101")
	w.get(asOf("/v1/contacts/"+c.ID, before)).fails(404, "request.not-found")
	list := w.do(call{method: "GET", path: asOf("/v1/contacts", before), header: header("Prefer", "return=total-count")}).must(200)
	if got := decoded[httpapi.List[httpapi.ListedContact]](list); len(got.Items) != 0 || got.Next != nil || list.header.Get("Tagtrail-Total-Count") != "0" {
		t.Errorf("got %s, %v", list.body, list.header)
	}
	// A date is when it began.
	w.get(asOf("/v1/contacts/"+c.ID, w.recorded().Format(time.DateOnly))).fails(404, "request.not-found")
}

func TestAListOfThenIsOfOneMomentOnAllItsPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	channel := uuid.New()
	wrote := func(id contact.ID, minute int) {
		w.Store.Put(message.ID{UUID: uuid.New()}.Stream(), w.Metadata(), message.Received{
			Contact: id, Channel: channel, Kind: "text", Wamid: personal.New("w"), Text: personal.New("hi"),
			SentAt: time.Date(2026, 5, 30, 10, minute, 0, 0, time.UTC),
		})
	}
	var want []string
	for i := range 7 {
		id := w.happened(fmt.Sprint("Contact ", i), 100+i)
		wrote(id, i)
		want = append([]string{id.String()}, want...)
	}
	moved := func() {
		for i, id := range want {
			wrote(contact.ID{UUID: uuid.MustParse(id)}, 10+i)
		}
	}
	path := asOf("/v1/contacts?channel="+channel.String()+"&limit=3", time.Now().Add(time.Hour)) // now, whenever the next page is read
	var got []string
	of := ""
	for next := ""; ; {
		page := w.do(call{method: "GET", path: path + next, header: header("Prefer", "return=total-count")}).must(200)
		list := decoded[httpapi.List[httpapi.ListedContact]](page)
		for _, c := range list.Items {
			got = append(got, c.ID)
		}
		if of == "" {
			of = page.header.Get("Tagtrail-As-Of")
		}
		if page.header.Get("Tagtrail-As-Of") != of || page.header.Get("Tagtrail-Total-Count") != "7" {
			t.Errorf("a page is of %s and not of %s: %v", page.header.Get("Tagtrail-As-Of"), of, page.header)
		}
		if list.Next == nil {
			break
		}
		next = "&cursor=" + url.QueryEscape(*list.Next)
		moved()
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, not %v", got, want)
	}
	// A cursor belongs to the time that was asked for, and not to the list of now.
	first := decoded[httpapi.List[httpapi.ListedContact]](w.get(path).must(200))
	cursor := "&cursor=" + url.QueryEscape(*first.Next)
	w.get("/v1/contacts?channel="+channel.String()+"&limit=3"+cursor).fails(400, "request.invalid-cursor")
	w.get(asOf("/v1/contacts?channel="+channel.String()+"&limit=3", w.recorded())+cursor).fails(400, "request.invalid-cursor")
}

func TestATimeThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.contact("Ana", "+16505550101")
	for _, at := range []string{"yesterday", "2026-02-30", "2026-05-30T12:00:00", "0000-01-01", "-1", "7"} {
		p := w.get(asOf("/v1/contacts", at)).fails(422, "request.invalid")
		if len(p.Errors) != 1 || p.Errors[0].Parameter != "as_of" {
			t.Errorf("%s: %+v", at, p)
		}
	}
	w.get("/v1/contacts?as_of=").fails(422, "request.invalid")
	w.get(asOf("/v1/contacts", "AZehsgAAcACAAAAAAAAAAg")).fails(400, "request.invalid-position") // of another log
	w.get(asOf("/v1/contacts?q=ana", w.recorded())).fails(422, "request.search-as-of")
}

func TestWhatIsOnItsWayToThePastIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.do(call{method: "POST", path: "/v1/contacts", body: `{"name":"Ana","phone":"+16505550101"}`}).must(201)
	at := first.header.Get("Tagtrail-Position")
	w.get(asOf("/v1/contacts", at)).must(200)
	early := w.recorded()
	w.past.freeze(true)
	second := w.do(call{method: "POST", path: "/v1/contacts", body: `{"name":"Bob","phone":"+16505550102"}`}).must(201)
	for _, now := range []any{second.header.Get("Tagtrail-Position"), time.Now().Add(1000 * time.Hour)} {
		w.get(asOf("/v1/contacts", now)).fails(503, "tables.behind")
	}
	// What they show already is there, unless more is asked for.
	w.get(asOf("/v1/contacts", at)).must(200)
	w.do(call{method: "GET", path: asOf("/v1/contacts", at), header: header("Tagtrail-Min-Position", second.header.Get("Tagtrail-Position"))}).fails(503, "tables.behind")
	w.get(asOf("/v1/contacts", early)).fails(503, "tables.behind") // more may have been recorded at that very time
	w.past.freeze(false)
	for want, now := range map[int]any{2: second.header.Get("Tagtrail-Position"), 1: early} {
		if list := decoded[httpapi.List[httpapi.ListedContact]](w.get(asOf("/v1/contacts", now)).must(200)); len(list.Items) != want {
			t.Errorf("as of %v: %d contacts", now, len(list.Items))
		}
	}
}

func TestWhoIsErasedIsShownToNobodyAsOfWhenever(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.happened("Ana", 101)
	then := w.recorded()
	w.Store.Put(id.Stream(), w.Metadata(), contact.Erased{})
	w.seals.Shred(id.UUID)
	for _, c := range []httpapi.Person{
		decoded[httpapi.Contact](w.get(asOf("/v1/contacts/"+id.String(), then)).must(200)).Person,
		decoded[httpapi.List[httpapi.ListedContact]](w.get(asOf("/v1/contacts", then)).must(200)).Items[0].Person,
	} {
		if !c.Erased || c.DisplayName != "—" || c.Name != "" || c.Phone != "" || c.WaID != "" || c.Country != "" {
			t.Errorf("got %+v", c)
		}
	}
	w.seals.Lose(w.happened("Bob", 102).UUID)
	w.get(asOf("/v1/contacts", w.recorded())).must(500) // never as if it had been erased
}
