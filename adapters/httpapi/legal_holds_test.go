package httpapi_test

import (
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
)

// Faults, bad inputs 82, S3-36: who is under a legal hold is shown, found and not erased, until the hold is lifted.
func TestNobodyIsErasedUnderALegalHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, bob := w.contact("Ana", "+16505550101"), w.contact("Bob", "+16505550102")
	path := "/v1/contacts/" + ana.ID
	w.do(call{method: "PUT", path: path + "/legal-hold", body: `{}`}).must(422)
	w.do(call{method: "PUT", path: path + "/legal-hold", body: `{"reason":" "}`}).fails(422, "contact.hold-reason-required")
	w.do(call{method: "PUT", path: "/v1/contacts/" + uuid.NewString() + "/legal-hold", body: `{"reason":"court order"}`}).fails(404, "contact.unknown")
	for range 2 {
		if held := decoded[httpapi.Contact](w.do(call{method: "PUT", path: path + "/legal-hold", body: `{"reason":"court order"}`}).must(200)); !held.LegalHold {
			t.Errorf("held: %+v", held)
		}
	}
	w.post(path+"/erase", `{"reason":"by letter"}`).fails(409, "contact.legal-hold")
	found := decoded[httpapi.List[httpapi.ListedContact]](w.post("/v1/contacts/search", `{"filter":{"legal_hold":true}}`).must(200)).Items
	if len(found) != 1 || found[0].ID != ana.ID || !found[0].LegalHold {
		t.Errorf("found: %+v", found)
	}

	w.post("/v1/contacts/"+bob.ID+"/merge", `{"contact":"`+ana.ID+`"}`).must(200)
	w.post("/v1/contacts/"+bob.ID+"/erase", `{"reason":"by letter"}`).fails(409, "contact.legal-hold")
	if whole := decoded[httpapi.Contact](w.get("/v1/contacts/" + bob.ID).must(200)); !whole.LegalHold {
		t.Errorf("who stands for both: %+v", whole)
	}
	w.do(call{method: "DELETE", path: path + "/legal-hold"}).fails(410, "contact.merged")
	for range 2 {
		w.do(call{method: "DELETE", path: "/v1/contacts/" + bob.ID + "/legal-hold"}).must(204)
	}
	w.post("/v1/contacts/"+uuid.NewString()+"/erase", `{"reason":"by letter"}`).fails(404, "contact.unknown")
	for range 2 {
		w.post("/v1/contacts/"+bob.ID+"/erase", `{"reason":"by letter"}`).must(200)
	}
	w.do(call{method: "PUT", path: "/v1/contacts/" + bob.ID + "/legal-hold", body: `{"reason":"court order"}`}).fails(410, "contact.erased")
}
