package nameset_test

import (
	"strconv"
	"testing"

	"tagtrail/adapters/embedded/eventstore/logstore/nameset"
)

// many is enough for a third layer.
const many = 500_000

func TestEveryNameThatWasAddedIsFound(t *testing.T) {
	t.Parallel()
	s := nameset.Make()
	for i := range many {
		if i%2 == 0 {
			s.Add("contact-" + strconv.Itoa(i))
		} else {
			s.AddBytes([]byte("contact-" + strconv.Itoa(i)))
		}
	}
	for i := range many {
		if !s.MayHave("contact-" + strconv.Itoa(i)) {
			t.Fatalf("name %d of %d is missing", i, many)
		}
	}
}

func TestNamesThatWereNotAddedAreSeldomClaimed(t *testing.T) {
	t.Parallel()
	s := nameset.Make()
	if s.MayHave("") {
		t.Error("an empty set claims the empty name")
	}
	claimed := 0
	for i := range many {
		if name := "contact-" + strconv.Itoa(i); s.MayHave(name) {
			claimed++
		}
		s.Add("contact-" + strconv.Itoa(i))
	}
	if claimed > many/50 {
		t.Errorf("%d of %d names are claimed that were not there", claimed, many)
	}
}

func BenchmarkMayHaveInTenMillion(b *testing.B) {
	s := nameset.Make()
	for i := range 10_000_000 {
		s.Add("contact-" + strconv.Itoa(i))
	}
	names := make([]string, 1<<16)
	for i := range names {
		names[i] = "other-" + strconv.Itoa(i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.MayHave(names[i%len(names)])
	}
}
