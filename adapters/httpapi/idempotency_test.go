package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"tagtrail/adapters/httpapi"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/organization"
)

// A repeat takes effect once and answers the resource as it is now, the first position, and that it is a repeat.
func TestARepeatedWriteTakesEffectOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	create := call{method: "POST", path: "/v1/tags", body: `{"name":"VIP"}`, header: header("Idempotency-Key", "a1")}
	first := w.do(create).must(201)
	if first.header.Get("Idempotent-Replayed") != "" {
		t.Error("the first is no repeat")
	}
	created := decoded[httpapi.Tag](first)
	w.do(call{method: "PATCH", path: "/v1/tags/" + created.ID, body: `{"name":"Gold"}`}).must(200)
	before := len(w.Store.All())
	again := w.do(create).must(201)
	if again.header.Get("Idempotent-Replayed") != "true" || again.header.Get("Tagtrail-Position") != first.header.Get("Tagtrail-Position") {
		t.Errorf("the repeat answered %v", again.header)
	}
	if got := decoded[httpapi.Tag](again); got.ID != created.ID || got.Name != "Gold" {
		t.Errorf("the repeat answered %v", got)
	}
	if len(w.Store.All()) != before {
		t.Error("the repeat was written")
	}

	other := create
	other.body = `{"name":"Other"}`
	w.do(other).fails(422, "request.idempotency-key-reused")
	elsewhere := call{method: "POST", path: "/v1/contacts", body: `{"name":"Ana","phone":"+16505550101"}`, header: create.header}
	w.do(elsewhere).must(201)
	colleague := create
	colleague.token, colleague.body = w.key(organization.Manager), `{"name":"Third"}`
	if got := decoded[httpapi.Tag](w.do(colleague).must(201)); got.ID == created.ID {
		t.Error("another key of the organisation is another scope")
	}

	contactPath := "/v1/contacts/" + decoded[httpapi.Contact](w.do(elsewhere)).ID
	for _, path := range []string{"/tags/" + created.ID, "/tags/" + decoded[httpapi.Tag](w.do(colleague)).ID} {
		w.do(call{method: "PUT", path: contactPath + path, header: create.header}).must(200)
		w.do(call{method: "DELETE", path: contactPath + path, header: create.header}).must(204)
	}

	put := call{method: "PUT", path: contactPath + "/tags/" + created.ID, header: header("Idempotency-Key", "b")}
	w.do(put).must(200)
	w.do(call{method: "DELETE", path: put.path}).must(204)
	if got := w.do(put).must(200); got.header.Get("Idempotent-Replayed") != "true" || len(decoded[httpapi.Contact](got).ActiveTags) != 0 {
		t.Errorf("a repeated addition undid the removal: %s", got.body)
	}
}

// Many that arrive at once under one key are one.
func TestRepeatsInFlightAreOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answers := make([]reply, 20)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			answers[i] = w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"VIP"}`, header: header("Idempotency-Key", "a1")})
		})
	}
	wg.Wait()
	for _, answer := range answers {
		if answer.status != 201 && answer.status != 202 {
			t.Errorf("answered %d %s", answer.status, answer.body)
		}
	}
	if items := decoded[httpapi.List[httpapi.Tag]](w.get("/v1/tags").must(200)).Items; len(items) != 1 {
		t.Errorf("%d tags were made", len(items))
	}
}

// Faults, bad inputs 28.
func TestIdempotencyKeysHaveAForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, keys := range [][]string{{""}, {strings.Repeat("k", 256)}, {"a b"}, {"é"}, {"a\tb"}, {"a", "b"}} {
		w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"a"}`, header: http.Header{"Idempotency-Key": keys}}).fails(400, "request.invalid-idempotency-key")
	}
	w.do(call{method: "POST", path: "/v1/tags", body: `{"name":"a"}`, header: header("Idempotency-Key", strings.Repeat("k", 255))}).must(201)
}

// What is out of reach is 503 with Retry-After, and the same request succeeds later.
func TestWhatIsOutOfReachIsTriedAgainLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	create := call{method: "POST", path: "/v1/tags", body: `{"name":"VIP"}`, header: header("Idempotency-Key", "a1")}
	w.Vault.Fail(errors.New("no vault"))
	if w.do(create).status < 500 {
		t.Error("a write without the vault succeeded")
	}
	w.Vault.Fail(nil)
	w.Store.Before(func(context.Context, commandstest.Attempt) error { return errors.New("no log") })
	if answer := w.do(create); answer.fails(503, "log.unavailable").Instance == "" || answer.header.Get("Retry-After") == "" {
		t.Errorf("answered %v", answer.header)
	}
	w.Store.Before(nil)
	w.do(create).must(201)
}
