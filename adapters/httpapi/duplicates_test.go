package httpapi_test

import (
	"slices"
	"strings"
	"testing"

	"tagtrail/adapters/httpapi"
)

// duplicates answers the pairs, page by page, by the names of the two and what they share.
func (w *world) duplicates(limit string) []string {
	w.t.Helper()
	pairs, next := []string{}, ""
	for range 20 {
		page := decoded[httpapi.List[httpapi.Duplicate]](w.get("/v1/duplicates?limit=" + limit + next).must(200))
		for _, d := range page.Items {
			pairs = append(pairs, d.Contacts[0].DisplayName+" = "+d.Contacts[1].DisplayName+" by "+strings.Join(d.Shared, ","))
		}
		if page.Next == nil {
			return pairs
		}
		next = "&cursor=" + *page.Next
	}
	w.t.Fatal("the list has no end")
	return nil
}

// S3-37, S3-40: pairs are found by what two people rarely share, reviewed, told apart for good, or merged.
func TestDuplicatesAreFoundReviewedToldApartAndMerged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	person := func(name, phone, patch string) string {
		id := w.contact(name, phone).ID
		if patch != "" {
			w.do(call{method: "PATCH", path: "/v1/contacts/" + id, body: patch}).must(200)
		}
		return id
	}
	ana := person("Ana Lopez", "+16505550101", `{"email":"ana@example.com","company":"Acme"}`)
	lopez := person("Lopez, Ana", "+16505550102", `{"email":"Ana@Example.com"}`)
	cho := person("Cho", "+16505550103", `{"social":{"instagram":"@cho"},"company":"acme"}`)
	chou := person("Chou", "+16505550104", `{"social":{"instagram":"@CHO"}}`)
	person("Ana Lopes", "+16505550105", `{"company":"ACME"}`)
	person("Somebody else", "+16505550106", "")

	want := []string{"Ana Lopez = Lopez, Ana by email", "Cho = Chou by social.instagram", "Ana Lopez = Ana Lopes by company"}
	for _, limit := range []string{"1", "2", "50"} {
		if got := w.duplicates(limit); !slices.Equal(got, want) {
			t.Errorf("by %s at a time they are %v, want %v", limit, got, want)
		}
	}
	first := decoded[httpapi.List[httpapi.Duplicate]](w.get("/v1/duplicates").must(200)).Items[0]
	if first.Score <= 0.9 || first.NameSimilarity != 1 {
		t.Errorf("the surest pair is %+v", first)
	}
	if p := decoded[httpapi.MergePreview](w.get(first.MergePreview).must(200)); p.ActiveTags != 0 {
		t.Errorf("the preview is %+v", p)
	}

	apart := func(one, other string) reply {
		return w.do(call{method: "POST", path: "/v1/duplicates/dismiss", body: `{"contact":"` + one + `","other":"` + other + `","reason":"cousins"}`})
	}
	at := apart(chou, cho).must(204).header.Get("Tagtrail-Position")
	if again := apart(cho, chou).must(204).header.Get("Tagtrail-Position"); again != at {
		t.Errorf("said again it is recorded again, at %s", again)
	}
	w.do(call{method: "POST", path: "/v1/contacts/" + ana + "/merge", body: `{"contact":"` + lopez + `"}`}).must(200)
	if got := w.duplicates("50"); !slices.Equal(got, want[2:]) {
		t.Errorf("what is left is %v, want %v", got, want[2:])
	}
	apart(cho, cho).fails(422, "contact.tell-itself-apart")
	apart(ana, lopez).fails(410, "contact.merged")
	apart(ana, "0197a1b2-0000-7000-8000-0000000000d1").fails(404, "contact.unknown")
	w.get("/v1/duplicates?cursor=abc").fails(400, "request.invalid-cursor")
	w.do(call{method: "POST", path: "/v1/duplicates/dismiss", body: `{"contact":"` + ana + `","other":"` + cho + `"}`, token: w.key("api")}).fails(403, "request.denied")
}
