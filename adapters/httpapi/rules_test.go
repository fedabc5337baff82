package httpapi_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/rule"
	"tagtrail/domain/tag"
)

// rule makes one that tags who is hot, and answers it.
func (w *world) rule(tag string) httpapi.Rule {
	w.t.Helper()
	body := `{"name":"Hot leads","filter":{"lead_status":["hot"]},"actions":[{"do":"add_tag","tag":"` + tag + `"}],"take_back":true}`
	return decoded[httpapi.Rule](w.do(call{method: "POST", path: "/v1/rules", body: body}).must(201))
}

// S3-18, C31: rules are listed, changed in versions that stay, enabled, disabled and deleted.
func TestARuleIsKeptInVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip := w.tag("VIP")
	made := w.rule(vip.ID)
	if !made.Enabled || made.Version != 1 || made.Says.On != "enters" || string(made.Says.Filter.JSON) != `{"lead_status":["hot"]}` || len(made.Says.Actions) != 1 ||
		made.Says.Actions[0].Tag != vip.ID || !*made.Says.TakeBack || made.CreatedBy.Kind != "owner" {
		t.Errorf("made %+v", made)
	}
	path := "/v1/rules/" + made.ID
	segment := decoded[httpapi.Segment](w.do(call{method: "POST", path: "/v1/segments", body: `{"name":"Warm","filter":{"lead_status":["warm"]}}`}).must(201)).ID
	patch := func(body string) reply {
		return w.do(call{method: "PATCH", path: path, body: body, header: header("If-Match", w.get(path).header.Get("ETag"))})
	}
	edited := decoded[httpapi.Rule](patch(`{"name":"Leads","segment":"` + segment + `","on":"leaves","take_back":false,"actions":[{"do":"set_lead_status","lead_status":"cold"},{"do":"set_owner"}]}`).must(200))
	if edited.Version != 2 || edited.Name != "Leads" || edited.Says.Filter != nil || edited.Says.Segment != segment || edited.Says.On != "leaves" || len(edited.Says.Actions) != 2 {
		t.Errorf("edited it is %+v", edited)
	}
	if off := decoded[httpapi.Rule](patch(`{"enabled":false}`).must(200)); off.Enabled || off.Version != 2 {
		t.Errorf("disabled it is %+v", off)
	}
	w.do(call{method: "PATCH", path: path, body: `{"enabled":true}`, header: header("If-Match", `"0"`)}).fails(412, "rule.stale")
	versions := every[httpapi.RuleVersion](w, path+"/versions", 1)
	if len(versions) != 2 || versions[0].Version != 2 || string(versions[1].Says.Filter.JSON) != `{"lead_status":["hot"]}` || len(versions[1].Says.Actions) != 1 || versions[1].By.Kind != "owner" {
		t.Errorf("its versions are %+v", versions)
	}
	w.do(call{method: "DELETE", path: path}).must(204)
	if err := w.Wait(t.Context(), event.Position(len(w.Store.All()))); err != nil {
		t.Fatal(err)
	}
	if listed := every[httpapi.Rule](w, "/v1/rules", 9); len(listed) != 0 {
		t.Errorf("listed are %+v", listed)
	}
	if listed := every[httpapi.Rule](w, "/v1/rules?status=deleted", 9); len(listed) != 1 || listed[0].DeletedAt == nil || listed[0].Enabled {
		t.Errorf("deleted are %+v", listed)
	}
	w.do(call{method: "PATCH", path: path, body: `{"enabled":true}`}).fails(409, "rule.deleted")
	w.do(call{method: "POST", path: path + "/preview"}).fails(409, "rule.deleted")
	for _, path := range []string{"", "/versions", "/refusals"} {
		w.get("/v1/rules/"+uuid.NewString()+path).fails(404, "request.not-found")
	}
}

// S3-18, S0-48: what a rule names and that is gone is shown, until it is back.
func TestARuleSaysWhatItLacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip, top := w.tag("VIP").ID, w.tag("Top").ID
	leads := decoded[httpapi.Segment](w.do(call{method: "POST", path: "/v1/segments", body: `{"name":"Leads","filter":{"lead_status":["warm"]}}`}).must(201)).ID
	body := `{"name":"Leads","segment":"` + leads + `","actions":[{"do":"set_owner"},{"do":"add_tag","tag":"` + vip + `"},{"do":"remove_tag","tag":"` + top + `"}]}`
	path := "/v1/rules/" + decoded[httpapi.Rule](w.do(call{method: "POST", path: "/v1/rules", body: body}).must(201)).ID
	lacks := func(want ...string) {
		t.Helper()
		if err := w.Wait(t.Context(), event.Position(len(w.Store.All()))); err != nil {
			t.Fatal(err)
		}
		for _, shown := range []httpapi.Rule{decoded[httpapi.Rule](w.get(path).must(200)), every[httpapi.Rule](w, "/v1/rules", 9)[0]} {
			var got []string
			for _, lack := range shown.Lacks {
				got = append(got, lack.Pointer+" "+lack.Code)
				if lack.Message == "" {
					t.Errorf("nobody says why: %+v", lack)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("it lacks %q, not %q", got, want)
			}
		}
	}
	lacks()
	w.do(call{method: "DELETE", path: "/v1/segments/" + leads}).must(204)
	w.do(call{method: "DELETE", path: "/v1/tags/" + vip}).must(204)
	lacks("/says/segment segment.deleted", "/says/actions/1/tag tag.deleted")
	w.do(call{method: "POST", path: "/v1/tags/" + vip + "/restore"}).must(200)
	w.do(call{method: "POST", path: "/v1/tags/" + top + "/merge", body: `{"into":"` + vip + `"}`}).must(200)
	lacks("/says/segment segment.deleted", "/says/actions/2/tag tag.merged")
	w.do(call{method: "POST", path: "/v1/segments/" + leads + "/restore"}).must(200)
	w.do(call{method: "POST", path: "/v1/tags/" + top + "/unmerge"}).must(200)
	lacks()
}

func TestARuleThatSaysWhatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip := w.tag("VIP").ID
	add := `"actions":[{"do":"add_tag","tag":"` + vip + `"}]`
	for body, want := range map[string]struct{ code, pointer string }{
		`{"name":"a",` + add + `}`:                                                                                 {"rule.watches-one", "/filter"},
		`{"name":"a","filter":{"segment":["` + vip + `"]},` + add + `}`:                                            {"filter.segment-in-segment", "/filter"},
		`{"name":"a","segment":"` + uuid.NewString() + `",` + add + `}`:                                            {"rule.invalid-segment", "/segment"},
		`{"name":"a","filter":{"archived":true}}`:                                                                  {"rule.invalid-actions", "/actions"},
		`{"name":" ","filter":{"archived":true},` + add + `}`:                                                      {"rule.invalid-name", "/name"},
		`{"name":"a","filter":{"archived":true},"actions":[{"do":"remove_tag","tag":"` + uuid.NewString() + `"}]}`: {"tag.unknown", "/actions/0/tag"},
		`{"name":"a","filter":{"archived":true},"actions":[{"do":"set_lead_status"}]}`:                             {"rule.invalid-action", "/actions/0"},
	} {
		problem := w.do(call{method: "POST", path: "/v1/rules", body: body}).fails(422, want.code)
		if len(problem.Errors) != 1 || problem.Errors[0].Pointer != want.pointer {
			t.Errorf("%s is wrong at %+v", body, problem.Errors)
		}
	}
}

// S3-18, C31: a dry run says what would change, and what would be refused and why.
func TestARuleIsTriedBeforeItIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip := w.tag("VIP").ID
	ids := make([]string, 3)
	for i := range ids {
		ids[i] = w.contact("Ana", "+1650555010"+strconv.Itoa(i)).ID
		w.do(call{method: "PUT", path: "/v1/contacts/" + ids[i] + "/lead-status", body: `{"status":"hot"}`}).must(200)
	}
	w.do(call{method: "PUT", path: "/v1/contacts/" + ids[1] + "/tags/" + vip}).must(200)
	for i := range contact.MaxActiveTags {
		w.do(call{method: "PUT", path: "/v1/contacts/" + ids[2] + "/tags/" + w.tag("tag "+strconv.Itoa(i)).ID}).must(200)
	}
	says := `{"filter":{"lead_status":["hot"]},"actions":[{"do":"add_tag","tag":"` + vip + `"}]}`
	before := len(w.Store.All())
	shown := decoded[httpapi.BulkPreview](w.do(call{method: "POST", path: "/v1/rules/preview", body: says}).must(200))
	if shown.Matching != 3 || shown.Changed != 1 || shown.Unchanged != 1 || shown.Refused != 1 || len(shown.Refusals) != 1 || shown.Refusals[0].Code != "contact.too-many-tags" {
		t.Errorf("it would come to %+v", shown)
	}
	if len(w.Store.All()) != before {
		t.Error("a dry run wrote something")
	}
	made := w.rule(vip)
	if again := decoded[httpapi.BulkPreview](w.do(call{method: "POST", path: "/v1/rules/" + made.ID + "/preview"}).must(200)); again.Matching != 3 || again.Refused != 1 {
		t.Errorf("the rule would come to %+v", again)
	}
	w.do(call{method: "POST", path: "/v1/rules/" + uuid.NewString() + "/preview"}).fails(404, "rule.unknown")
}

// S3-18, C31: history answers whom a rule would have met.
func TestARuleIsTestedOnThePast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip := w.tag("VIP").ID
	hot := func(id, status string) event.Position {
		w.do(call{method: "PUT", path: "/v1/contacts/" + id + "/lead-status", body: `{"status":"` + status + `"}`}).must(200)
		return event.Position(len(w.Store.All()))
	}
	ana, bea, cleo := w.contact("Ana", "+16505550101").ID, w.contact("Bea", "+16505550102").ID, w.contact("Cleo", "+16505550103").ID
	began := hot(ana, "hot")
	hot(bea, "hot")
	hot(bea, "cold")
	hot(bea, "hot")
	hot(ana, "warm")
	hot(cleo, "warm")
	at := func(p event.Position) string {
		return w.Store.All()[p-1].RecordedAt.Format("2006-01-02T15:04:05.999999999Z07:00")
	}
	period := `"from":"` + at(began) + `","until":"` + at(event.Position(len(w.Store.All()))) + `"`
	says := `"filter":{"lead_status":["hot"]},"actions":[{"do":"add_tag","tag":"` + vip + `"}],`
	shown := decoded[httpapi.RuleBacktest](w.do(call{method: "POST", path: "/v1/rules/backtest", body: "{" + says + period + "}"}).must(200))
	if shown.MatchingFrom != 1 || shown.MatchingUntil != 1 || shown.Entered == nil || *shown.Entered != 1 || !shown.EnteredExact || len(shown.Days) != 1 || shown.Days[0].Contacts != 1 ||
		len(shown.First) != 1 || shown.First[0].Contact != bea {
		t.Errorf("it would have met %+v", shown)
	}
	made := w.rule(vip)
	if again := decoded[httpapi.RuleBacktest](w.do(call{method: "POST", path: "/v1/rules/" + made.ID + "/backtest", body: "{" + period + "}"}).must(200)); *again.Entered != 1 {
		t.Errorf("the rule would have met %+v", again)
	}
	counted := strings.Replace(says, `{"lead_status":["hot"]}`, `{"last_seen":{"older_than_days":30}}`, 1)
	if shown := decoded[httpapi.RuleBacktest](w.do(call{method: "POST", path: "/v1/rules/backtest", body: "{" + counted + period + "}"}).must(200)); shown.Entered != nil {
		t.Errorf("time would have let in %+v", shown)
	}
	w.do(call{method: "POST", path: "/v1/rules/backtest", body: "{" + says + `"from":"2026-05-02T00:00:00Z","until":"2026-05-01T00:00:00Z"}`}).fails(422, "rule.invalid-period")
	w.do(call{method: "POST", path: "/v1/rules/backtest", body: "{" + says + `"from":"2024-05-02T00:00:00Z","until":"2026-05-01T00:00:00Z"}`}).fails(422, "rule.invalid-period")
	unknown := strings.Replace(says, `{"lead_status":["hot"]}`, `{"text":"Ana"}`, 1)
	w.do(call{method: "POST", path: "/v1/rules/backtest", body: "{" + unknown + period + "}"}).fails(422, "filter.not-as-of")
}

// S3-18: what a rule did is counted, and what it was refused is listed; the tag says which rule put it on, and the log which version.
func TestWhatARuleDidIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vip, ana := w.tag("VIP"), w.contact("Ana", "+16505550101")
	made := w.rule(vip.ID)
	id, who := rule.ID{UUID: uuid.MustParse(made.ID)}, contact.ID{UUID: uuid.MustParse(ana.ID)}
	by := w.Metadata()
	by.Actor, by.Source, by.RuleVersion = event.Actor{Kind: rule.Kind, ID: made.ID}, event.Rule, 1
	w.Store.Put(who.Stream(), by, contact.TagAssigned{Tag: tag.ID{UUID: uuid.MustParse(vip.ID)}, Number: 1, Assignment: contact.AssignmentID{UUID: uuid.New()}})
	w.Store.Put(rule.ActStream(uuid.New()), by, rule.Acted{
		Rule: id, Version: 1, On: rule.Enters, Changed: 2, Refused: []rule.Refusal{{Contact: who, Code: "contact.too-many-tags"}},
	})
	if err := w.Wait(t.Context(), event.Position(len(w.Store.All()))); err != nil {
		t.Fatal(err)
	}
	if shown := decoded[httpapi.Rule](w.get("/v1/rules/" + made.ID).must(200)); shown.Changed != 2 || shown.Refused != 1 || shown.ActedAt == nil {
		t.Errorf("it did %+v", shown)
	}
	refusals := every[httpapi.RuleRefusal](w, "/v1/rules/"+made.ID+"/refusals", 9)
	if len(refusals) != 1 || refusals[0].Contact != ana.ID || refusals[0].Code != "contact.too-many-tags" || refusals[0].Message == "" || refusals[0].Version != 1 {
		t.Errorf("refused are %+v", refusals)
	}
	tags := decoded[httpapi.Contact](w.get("/v1/contacts/" + ana.ID).must(200)).ActiveTags
	if len(tags) != 1 || tags[0].Source != "rule" || tags[0].AssignedBy.Kind != "rule" || tags[0].AssignedBy.Name != "Hot leads" || *tags[0].AssignedBy.ID != made.ID {
		t.Errorf("it carries %+v", tags)
	}
	if err := w.past.Wait(t.Context(), event.Position(len(w.Store.All()))); err != nil {
		t.Fatal(err)
	}
	said := string(w.do(call{method: "GET", path: "/v1/contacts/" + ana.ID + "/timeline", token: w.key(organization.Auditor)}).must(200).body)
	if !strings.Contains(said, `"ruleversion":1`) || !strings.Contains(said, made.ID) {
		t.Errorf("the timeline says %s", said)
	}
}

// S4-3: the header of a contact is its name, the country that its flag is drawn of, and the channels on which it was met. No
// picture is held: WhatsApp hands none over, and none is made up.
func TestAContactHasAllThatItsHeaderShows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	channel := uuid.New()
	ana := contact.ID{UUID: uuid.New()}
	w.Store.Put(ana.Stream(), w.Metadata(), contact.Created{
		Origin: contact.OriginMessage, LeadStatus: contact.Cold, Name: personal.New("Ana Ruiz"),
		Identity: contact.Identity{Kind: contact.Number, Value: personal.New("+16505550101"), WaID: personal.New("16505550101"), Country: "US", Channel: channel},
	})
	if err := w.Wait(t.Context(), event.Position(len(w.Store.All()))); err != nil {
		t.Fatal(err)
	}
	answer := w.get("/v1/contacts/" + ana.String()).must(200)
	header := decoded[httpapi.Contact](answer)
	if header.DisplayName != "Ana Ruiz" || header.Country != "US" || len(header.Channels) != 1 || header.Channels[0] != channel.String() {
		t.Errorf("the header is %+v", header.Person)
	}
	if strings.Contains(string(answer.body), "picture") || strings.Contains(string(answer.body), "avatar") {
		t.Errorf("a picture is shown: %s", answer.body)
	}
}
