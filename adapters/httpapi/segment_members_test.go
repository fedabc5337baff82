package httpapi_test

import (
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/segment"
)

// S3-19: who is in a dynamic segment since when, and who entered it and left it.
// S3-24: so it can be watched.
func TestMembersOfADynamicSegmentAreListedWithTheirHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, bea := w.contact("Ana", "+16505550101"), w.contact("Bea", "+16505550102")
	made := decoded[httpapi.Segment](w.do(call{method: "POST", path: "/v1/segments", body: `{"name":"Hot","filter":{"lead_status":["hot"]}}`}).must(201))
	of := segment.ID{UUID: uuid.MustParse(made.ID)}
	both := []contact.ID{{UUID: uuid.MustParse(ana.ID)}, {UUID: uuid.MustParse(bea.ID)}}
	w.Store.Put(of.MembersStream(), w.Metadata(),
		segment.MembersEntered{Contacts: both, Cause: segment.OfSegment}, segment.MembersLeft{Contacts: both[:1], Cause: segment.OfContacts})
	if err := w.Wait(t.Context(), event.Position(len(w.Store.All()))); err != nil {
		t.Fatal(err)
	}
	path := "/v1/segments/" + made.ID
	answer := w.do(call{method: "GET", path: path + "/members", token: w.key(organization.Agent), header: header("Prefer", "return=total-count")}).must(200)
	members := decoded[httpapi.List[httpapi.SegmentMember]](answer).Items
	if len(members) != 1 || members[0].Contact != bea.ID || members[0].DisplayName != "Bea" || members[0].EnteredAt.IsZero() || answer.header.Get("Tagtrail-Total-Count") != "1" {
		t.Errorf("the members are %+v", members)
	}
	turns := every[httpapi.SegmentTurn](w, path+"/history", 1)
	if len(turns) != 3 || turns[0].Contact != ana.ID || turns[0].Turn != "left" || turns[0].Cause != "contacts" || turns[2].Turn != "entered" || turns[0].Position == turns[1].Position {
		t.Errorf("the turns are %+v", turns)
	}
	if one := every[httpapi.SegmentTurn](w, path+"/history?contact="+bea.ID, 9); len(one) != 1 || one[0].Turn != "entered" {
		t.Errorf("of one contact %+v", one)
	}
	w.get("/v1/segments/"+uuid.NewString()+"/members").fails(404, "request.not-found")
	w.get("/v1/segments/"+uuid.NewString()+"/history").fails(404, "request.not-found")
	w.get(path+"/history?contact=x").fails(422, "request.invalid")
	w.get(path+"/members?cursor="+decodedNext(w, path+"/history?limit=1")).fails(400, "request.invalid-cursor")
}

// decodedNext answers the cursor of the next page.
func decodedNext(w *world, path string) string {
	w.t.Helper()
	page := decoded[httpapi.List[any]](w.get(path).must(200))
	if page.Next == nil {
		w.t.Fatalf("%s has no next page", path)
	}
	return *page.Next
}
