package httpapi_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tagtrail/adapters/httpapi"
	"tagtrail/domain/organization"
)

func TestWhoAsksForMoreThanAgreedIsToldWhenToGoOn(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	w := newWorld(t, func(c *httpapi.Config) {
		c.Rates = httpapi.Rates{Key: 1, Organization: 2}
		c.Now = func() time.Time { return time.Unix(1_000_000, 0).Add(time.Duration(passed.Load())) }
	})
	ask := func(token string) reply { return w.do(call{method: "GET", path: "/v1/tags", token: token}) }
	all := func(token string) {
		for range 10 {
			ask(token).must(200)
		}
	}
	second, third := w.key(organization.Agent), w.key(organization.Agent)

	first := ask("").must(200)
	for name, want := range map[string]string{
		"RateLimit-Policy": `"key";q=10;w=10, "organization";q=20;w=10`, "RateLimit": `"key";r=9;t=1, "organization";r=19;t=1`, "Retry-After": "",
	} {
		if got := strings.Join(first.header.Values(name), ", "); got != want {
			t.Errorf("%s is %s, not %s", name, got, want)
		}
	}
	passed.Add(int64(time.Second))
	all("")
	refused := ask("")
	if refused.fails(429, "request.too-many"); refused.header.Get("Retry-After") != "1" || refused.header.Get("RateLimit") != `"key";r=0;t=10` {
		t.Errorf("refused with %v", refused.header)
	}
	all(second)
	if refused := ask(third); refused.fails(429, "request.too-many").Status == 0 || !strings.HasPrefix(refused.header.Values("RateLimit")[1], `"organization";r=0`) {
		t.Errorf("refused with %v", refused.header)
	}
	ask(w.stranger()[organization.Owner]).must(200)
	ask("-").fails(401, "request.unauthenticated")

	passed.Add(int64(time.Second))
	ask("").must(200)
	ask("").fails(429, "request.too-many")
	ask(second).must(200)
}
