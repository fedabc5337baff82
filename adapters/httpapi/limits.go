package httpapi

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/fault"
)

// ErrTooMany says that somebody asks faster than agreed.
var ErrTooMany = fault.New(fault.Unavailable, "request.too-many", "the key, or its organisation, asks for more than it may; Retry-After says in how many seconds it may go on")

// Rates are how many requests a second are let in of one key, and of all keys of one organisation; 0 is any number. Each
// process counts what it is asked itself.
type Rates struct{ Key, Organization int }

// rateWindow is for how long requests may be saved up: whoever was silent may send as many at once.
const rateWindow = 10 * time.Second

// allowance bounds what each of many is let do a second. It keeps one instant of everybody who lately did something, and
// nothing of the others.
type allowance struct {
	policy string        // what it is called in RateLimit-Policy
	quota  int           // within the window
	each   time.Duration // that one request takes of the window

	mu    sync.Mutex
	until map[uuid.UUID]time.Time // when everything is available again
	sweep int                     // how many are kept when those who have everything are looked for
}

// fewest is how many are kept without being looked at.
const fewest = 1024

func newAllowance(policy string, perSecond int) *allowance {
	if perSecond <= 0 {
		return nil
	}
	return &allowance{
		policy: policy, quota: perSecond * int(rateWindow/time.Second), each: time.Second / time.Duration(perSecond),
		until: map[uuid.UUID]time.Time{}, sweep: fewest,
	}
}

// take counts a request in. It answers how many more may follow at once, when all of them may again, and, where this one may
// not be, after what time it may.
func (a *allowance) take(of uuid.UUID, now time.Time) (left int, whole, wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	begin := a.until[of]
	if begin.Before(now) {
		begin = now
	}
	window := a.each * time.Duration(a.quota)
	end := begin.Add(a.each)
	if over := end.Sub(now) - window; over > 0 {
		return 0, begin.Sub(now), over
	}
	if _, known := a.until[of]; !known && len(a.until) >= a.sweep {
		a.forget(now)
	}
	a.until[of] = end
	return int((window - end.Sub(now)) / a.each), end.Sub(now), 0
}

// forget lets those go who have everything.
func (a *allowance) forget(now time.Time) {
	for of, until := range a.until {
		if !until.After(now) {
			delete(a.until, of)
		}
	}
	a.sweep = max(fewest, 2*len(a.until))
}

// limitRate lets a request in, and tells who sent it how many more may follow.
func (a *api) limitRate(header http.Header, req *request) error {
	now := a.Now()
	for _, l := range []struct {
		allowed *allowance
		of      uuid.UUID
	}{{a.ofKey, req.credential.Key}, {a.ofOrganization, req.credential.Organization.UUID}} {
		if l.allowed == nil {
			continue
		}
		left, whole, wait := l.allowed.take(l.of, now)
		header.Add("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", l.allowed.policy, l.allowed.quota, int(rateWindow/time.Second)))
		header.Add("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", l.allowed.policy, left, seconds(whole)))
		if wait > 0 {
			header.Set("Retry-After", strconv.Itoa(seconds(wait)))
			return ErrTooMany
		}
	}
	return nil
}

// seconds answers whole seconds, which are over when d is.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
