package filter_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/domain/fault"
	"tagtrail/domain/filter"
)

var id = uuid.MustParse("0197a1b2-0000-7000-8000-0000000000c1")

func TestAFilterIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	got, err := filter.Parse([]byte(`{"all":[{"any":[{"text":"ana"},{"not":{"no_tags":true}}]},{"tags_all":["` + id.String() + `"]},
		{"lead_status":["hot","warm"]},{"tag_value":{"tag":"` + id.String() + `","contains":"bar"}},
		{"last_seen":{"from":"2026-05-30","older_than_days":3}},
		{"field":{"field":"` + id.String() + `","at_least":"10","below":"20.5"}},{"field":{"field":"` + id.String() + `","is_not":["pro"]}},
		{"field":{"field":"` + id.String() + `","held":false}},{"consent":{"purpose":"marketing","is":"withdrawn"}},{"language":["pt-BR"]},{"conversation":["open"]}]}`))
	want := filter.All{
		filter.Any{filter.Text("ana"), filter.Not{Filter: filter.Flag{Of: filter.NoTags, Is: true}}},
		filter.IDs{Of: filter.TagsAll, IDs: []uuid.UUID{id}},
		filter.Words{Of: filter.LeadStatus, Words: []string{"hot", "warm"}},
		filter.Value{Tag: id, Contains: "bar"},
		filter.Time{Of: filter.LastSeen, From: &filter.Bound{At: time.Date(2026, 5, 30, 0, 0, 0, 0, time.UTC), Date: true}, OlderThan: 3},
		filter.Field{Field: id, AtLeast: "10", Below: "20.5"}, filter.Field{Field: id, Is: []string{"pro"}, IsNot: true},
		filter.Field{Field: id, Held: true, IsNot: true}, filter.Consent{Purpose: "marketing", Is: "withdrawn"},
		filter.Words{Of: filter.Language, Words: []string{"pt-BR"}}, filter.Words{Of: filter.Conversation, Words: []string{"open"}},
	}
	if diff := cmp.Diff(filter.Filter(want), got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestAFaultSaysWhereItIs(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		`[]`:                                  "filter.invalid ",
		`{"text":"a","text":"b"}`:             "filter.invalid ",
		`{"all":[{"text":"a"},{"nobody":1}]}`: "filter.unknown-leaf /all/1/nobody",
		`{"not":{"lead_status":["hot","tepid"]}}`:                                       "filter.invalid-value /not/lead_status/1",
		`{"owner":[null]}`:                                                              "filter.invalid-value /owner/0",
		`{"created":{"from":"yesterday"}}`:                                              "filter.invalid-time /created/from",
		`{"created":{"never":true}}`:                                                    "filter.invalid-value /created",
		`{"tag_value":{"is":["a"],"contains":"b"}}`:                                     "filter.invalid-value /tag_value/tag",
		`{"field":{"field":"` + id.String() + `"}}`:                                     "filter.invalid-value /field",
		`{"field":{"field":"` + id.String() + `","is":["a"],"below":"3"}}`:              "filter.invalid-value /field",
		`{"field":{"field":"` + id.String() + `","below":"3","held":true}}`:             "filter.invalid-value /field",
		`{"field":{"field":"` + id.String() + `","at_least":3}}`:                        "filter.invalid-value /field/at_least",
		`{"field":{"field":"x","held":true}}`:                                           "filter.invalid-value /field/field",
		`{"field":{"field":"` + id.String() + `","older_than_days":9,"within_days":3}}`: "filter.invalid-time /field",
		`{"consent":{"purpose":"marketing","is":"maybe"}}`:                              "filter.invalid-value /consent/is",
		`{"language":["english please"]}`:                                               "filter.invalid-value /language/0",
		`{"conversation":["assigned"]}`:                                                 "filter.invalid-value /conversation/0",
		`{"text":"` + strings.Repeat("a", 201) + `"}`:                                   "filter.invalid-value /text",
		strings.Repeat(`{"not":`, 8) + `{"no_owner":true}` + strings.Repeat(`}`, 8):     "filter.too-deep " + strings.Repeat("/not", 8),
	} {
		_, err := filter.Parse([]byte(written))
		f := fault.Of(err)
		if f == nil {
			t.Errorf("%s is taken: %v", written, err)
		} else if got := f.Code + " " + f.Pointer; got != want {
			t.Errorf("%s: %s, want %s", written, got, want)
		}
	}
}

// Who misspells something is told what there is.
func TestAnUnknownMemberIsAnsweredByThoseThereAre(t *testing.T) {
	t.Parallel()
	for _, name := range filter.Names() {
		if _, err := filter.Parse([]byte(`{"` + name + `":0}`)); errors.Is(err, filter.ErrUnknown) {
			t.Errorf("%s is not known", name)
		}
	}
	for written, want := range map[string]string{
		`{"tag":["a"]}`:                                            strings.Join(filter.Names(), ", "),
		`{"last_seen":{"form":"2026-05-30"}}`:                      "before, from, never, older_than_days, within_days",
		`{"tag_value":{"tag":"` + id.String() + `","equals":"a"}}`: "contains, is, is_not, tag",
		`{"consent":{"purpose":"marketing"}}`:                      "",
	} {
		_, err := filter.Parse([]byte(written))
		if f := fault.Of(err); f == nil || f.Details["known"] != want {
			t.Errorf("%s is answered by %+v, want %q", written, f, want)
		}
	}
}

// A date begins in the organisation's zone, and so do days that are counted back, whose length may be other than 24 hours.
func TestTimesAreReadInTheZone(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	clock := filter.Clock{Now: time.Date(2026, 3, 30, 10, 0, 0, 0, time.UTC), Zone: zone}
	from, _ := filter.Time{From: &filter.Bound{At: time.Date(2026, 5, 30, 0, 0, 0, 0, time.UTC), Date: true}}.Range(clock)
	_, before := filter.Time{OlderThan: 2}.Range(clock)
	if !from.Equal(time.Date(2026, 5, 29, 22, 0, 0, 0, time.UTC)) || !before.Equal(time.Date(2026, 3, 28, 11, 0, 0, 0, time.UTC)) {
		t.Errorf("%v and %v", from, before)
	}
}

// Whatever somebody writes, it is a filter within its bounds or a fault of filters.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"all":[{"text":"a"}]}`, `{"created":{"from":"2026-01-01"}}`, `{"tag_value":{"tag":"x","is":[""]}}`, `{"field":{"field":"x","at_least":"1"}}`, `{"consent":{"purpose":"a","is":"given"}}`, `{"not":{}}`, `null`, `{"any":[[]]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, written []byte) {
		parsed, err := filter.Parse(written)
		if err != nil {
			if fault.Of(err) == nil || parsed != nil {
				t.Fatalf("%v, %v", parsed, err)
			}
			return
		}
		nodes := 0
		filter.Each(parsed, func(part filter.Filter) {
			if nodes++; part == nil {
				t.Fatal("a part is missing")
			}
		})
		if nodes > filter.MaxNodes {
			t.Fatalf("%d filters", nodes)
		}
	})
}
