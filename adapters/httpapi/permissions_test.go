package httpapi_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/adapters/httpapi"
	"tagtrail/commands"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// The roles that operations are for.
const (
	everybody = "owner manager agent api ai_tool ai_auto_close auditor analyst"
	tagging   = "owner manager agent api ai_tool ai_auto_close"
	editing   = "owner manager agent api"
	team      = "owner manager agent"
	admins    = "owner manager"
	catalog   = "owner manager api"
	history   = "owner manager auditor analyst"
	builders  = "owner analyst"
)

// asked is what every operation is asked in the tests of all operations: for whom it is, how it is asked, and what happens
// when the same is asked again ("" is nothing; else why something does).
type asked struct {
	operation string
	roles     string
	ask       func(*estate) call
	again     string
}

// everyOperation has a row for each operation of the API.
func everyOperation() []asked {
	get := func(path string) func(*estate) call {
		return func(e *estate) call { return call{method: "GET", path: e.path(path)} }
	}
	send := func(method, path, body string) func(*estate) call {
		return func(e *estate) call { return call{method: method, path: e.path(path), body: e.path(body)} }
	}
	upload := func(content string) func(*estate) call {
		return func(e *estate) call {
			return call{method: "POST", path: "/v1/imports", body: strings.TrimPrefix(e.path(content), "+"), header: header("Content-Type", "text/csv")}
		}
	}
	return []asked{
		{"list-tags", everybody, get("/v1/tags?status=all"), ""},
		{"get-tag", everybody, get("/v1/tags/{tag}"), ""},
		{"get-tag-catalog", everybody, get("/v1/tags/catalog"), ""},
		{"suggest-tags", everybody, get("/v1/tags/suggest?q=a&contact={contact}"), ""},
		{"list-tag-edits", everybody, get("/v1/tags/{tag}/history"), ""},
		{"create-tag", catalog, send("POST", "/v1/tags", `{"name":"{new}"}`), "the name is taken"},
		{"edit-tag", catalog, send("PATCH", "/v1/tags/{tag}", `{"description":"edited"}`), ""},
		{"delete-tag", catalog, send("DELETE", "/v1/tags/{old tag}", ""), ""},
		{"restore-tag", catalog, send("POST", "/v1/tags/{old tag}/restore", ""), ""},
		{"bulk-delete-tags", catalog, send("POST", "/v1/tags/bulk-delete", `{"tags":["{old tag}"]}`), ""},
		{"merge-tag", catalog, send("POST", "/v1/tags/{merged tag}/merge", `{"into":"{tag}"}`), ""},
		{"unmerge-tag", catalog, send("POST", "/v1/tags/{merged tag}/unmerge", ""), ""},

		{"list-contacts", everybody, get("/v1/contacts?archived=include"), ""},
		{"search-contacts", everybody, send("POST", "/v1/contacts/search", `{}`), ""},
		{"export-contacts", everybody, get("/v1/contacts/export.csv"), ""},
		{"export-contacts-file", everybody, send("POST", "/v1/contacts/export", `{"profile":"console"}`), ""},
		{"get-contact", everybody, get("/v1/contacts/{contact}"), ""},
		{"create-contact", editing, send("POST", "/v1/contacts", `{"name":"New","phone":"{phone}"}`), "the number is taken"},
		{"edit-contact", editing, send("PATCH", "/v1/contacts/{contact}", `{"company":"Acme","email":"{email}"}`), ""},
		{"archive-contact", admins, send("POST", "/v1/contacts/{shelved}/archive", ""), ""},
		{"restore-contact", admins, send("POST", "/v1/contacts/{shelved}/restore", ""), ""},
		{"preview-merge", everybody, get("/v1/contacts/{contact}/merge-preview?contact={double}"), ""},
		{"merge-contact", team, send("POST", "/v1/contacts/{contact}/merge", `{"contact":"{double}"}`), ""},
		{"separate-contact", team, send("POST", "/v1/contacts/{double}/separate", ""), ""},
		{"list-duplicates", everybody, get("/v1/duplicates"), ""},
		{"tell-contacts-apart", team, send("POST", "/v1/duplicates/dismiss", `{"contact":"{contact}","other":"{double}"}`), ""},
		{"assign-tag", tagging, send("PUT", "/v1/contacts/{contact}/tags/{tag}", ""), ""},
		{"create-and-assign-tag", catalog, send("POST", "/v1/contacts/{contact}/tags", `{"name":"typed"}`), ""},
		{"remove-tag", tagging, send("DELETE", "/v1/contacts/{contact}/tags/{tag}", ""), ""},
		{"change-lead-status", tagging, send("PUT", "/v1/contacts/{contact}/lead-status", `{"status":"hot"}`), ""},
		{"list-consents", everybody, get("/v1/contacts/{contact}/consents"), ""},
		{"record-consent", editing, send("POST", "/v1/contacts/{contact}/consents", `{"purpose":"marketing","agrees":true}`), ""},
		{"get-personal-data", admins, get("/v1/contacts/{contact}/personal-data"), ""},
		{"gather-personal-data", admins, send("POST", "/v1/contacts/{contact}/personal-data", ""), "it is another operation"},
		{"get-gathered-personal-data", admins, get("/v1/bulk-operations/{gathered}/personal-data"), ""},
		{"place-legal-hold", admins, send("PUT", "/v1/contacts/{contact}/legal-hold", `{"reason":"court order"}`), ""},
		{"lift-legal-hold", admins, send("DELETE", "/v1/contacts/{contact}/legal-hold", ""), ""},
		{"erase-contact", admins, send("POST", "/v1/contacts/{forgotten}/erase", `{"reason":"asked to be"}`), ""},
		{"get-erasure", "owner manager auditor analyst", get("/v1/erasures/{erasure}"), ""},
		{"list-erasures", "owner manager auditor analyst", get("/v1/erasures"), ""},

		{"list-messages", everybody, get("/v1/contacts/{contact}/messages"), ""},
		{"list-conversations", everybody, get("/v1/contacts/{contact}/conversations"), ""},
		{"open-conversation", catalog, send("POST", "/v1/contacts/{contact}/conversation/open", `{}`), ""},
		{"assign-conversation", catalog, send("POST", "/v1/contacts/{contact}/conversation/assign", `{"assignee":"Night shift"}`), ""},
		{"close-conversation", catalog, send("POST", "/v1/contacts/{contact}/conversation/close", ""), ""},
		{"get-contact-statistics", everybody, get("/v1/contacts/{contact}/statistics"), ""},
		{"list-notes", everybody, get("/v1/contacts/{contact}/notes"), ""},
		{"add-note", editing, send("POST", "/v1/contacts/{contact}/notes", `{"text":"called"}`), "it is another note"},
		{"get-note", everybody, get("/v1/contacts/{contact}/notes/{note}"), ""},
		{"edit-note", editing, send("PATCH", "/v1/contacts/{contact}/notes/{note}", `{"text":"called back"}`), ""},
		{"delete-note", editing, send("DELETE", "/v1/contacts/{contact}/notes/{note}", ""), ""},
		{"list-tag-history", everybody, get("/v1/contacts/{contact}/tag-history"), ""},
		{"list-lead-statuses", everybody, get("/v1/contacts/{contact}/lead-status-history"), ""},
		{"list-timeline", everybody, get("/v1/contacts/{contact}/timeline"), ""},
		{"list-events", history, get("/v1/events?limit=200"), ""},

		{"list-segments", everybody, get("/v1/segments"), ""},
		{"create-segment", editing, send("POST", "/v1/segments", `{"name":"{new}","filter":{"lead_status":["hot"]}}`), "it is another segment"},
		{"get-segment", everybody, get("/v1/segments/{segment}"), ""},
		{"list-segment-contacts", everybody, get("/v1/segments/{segment}/contacts"), ""},
		{"list-segment-members", everybody, get("/v1/segments/{segment}/members"), ""},
		{"list-segment-history", everybody, get("/v1/segments/{segment}/history"), ""},
		{"edit-segment", editing, send("PATCH", "/v1/segments/{segment}", `{"name":"Renamed"}`), ""},
		{"delete-segment", editing, send("DELETE", "/v1/segments/{segment}", ""), ""},
		{"restore-segment", editing, send("POST", "/v1/segments/{segment}/restore", ""), ""},

		{"list-rules", everybody, get("/v1/rules"), ""},
		{"create-rule", admins, send("POST", "/v1/rules", `{"name":"{new}","filter":{"lead_status":["hot"]},"actions":[{"do":"add_tag","tag":"{tag}"}]}`), "it is another rule"},
		{"get-rule", everybody, get("/v1/rules/{rule}"), ""},
		{"edit-rule", admins, send("PATCH", "/v1/rules/{rule}", `{"take_back":true,"enabled":false}`), ""},
		{"list-rule-versions", everybody, get("/v1/rules/{rule}/versions"), ""},
		{"list-rule-refusals", everybody, get("/v1/rules/{rule}/refusals"), ""},
		{"preview-new-rule", admins, send("POST", "/v1/rules/preview", `{"segment":"{segment}","actions":[{"do":"add_tag","tag":"{tag}"}]}`), ""},
		{"preview-rule", admins, send("POST", "/v1/rules/{rule}/preview", ""), ""},
		{"backtest-new-rule", admins, send("POST", "/v1/rules/backtest", `{"segment":"{segment}","actions":[{"do":"add_tag","tag":"{tag}"}],"from":"2026-05-01T00:00:00Z","until":"2026-05-31T00:00:00Z"}`), ""},
		{"backtest-rule", admins, send("POST", "/v1/rules/{rule}/backtest", `{"from":"2026-05-01T00:00:00Z","until":"2026-05-31T00:00:00Z"}`), ""},
		{"apply-rule", admins, send("POST", "/v1/rules/{rule}/apply", ""), "it is another operation"},
		{"delete-rule", admins, send("DELETE", "/v1/rules/{rule}", ""), ""},

		{"list-fields", everybody, get("/v1/fields"), ""},
		{"define-field", admins, send("POST", "/v1/fields", `{"name":"{new}","type":"text"}`), "the name is taken"},
		{"get-field", everybody, get("/v1/fields/{field}"), ""},
		{"edit-field", admins, send("PATCH", "/v1/fields/{field}", `{"name":"Renamed"}`), ""},
		{"retire-field", admins, send("DELETE", "/v1/fields/{field}", ""), ""},
		{"restore-field", admins, send("POST", "/v1/fields/{field}/restore", ""), ""},

		{"list-members", everybody, get("/v1/members"), ""},
		{"get-member", everybody, get("/v1/members/{member}"), ""},
		{"add-member", admins, send("POST", "/v1/members", `{"name":"Another","role":"agent"}`), "it is another member"},
		{"edit-member", admins, send("PATCH", "/v1/members/{member}", `{"name":"Renamed"}`), ""},
		{"create-member-key", admins, send("POST", "/v1/members/{member}/keys", `{"name":"phone"}`), "it is another key"},
		{"remove-member", admins, send("DELETE", "/v1/members/{member}", ""), ""},
		{"get-settings", everybody, get("/v1/settings"), ""},
		{"change-settings", admins, send("PATCH", "/v1/settings", `{"tag_limit":21,"own_tags_only":{"agent":true}}`), ""},
		{"get-plan", everybody, get("/v1/plan"), ""},
		{"change-plan", "owner", send("PUT", "/v1/plan", `{"plan":"growth"}`), ""},
		{"list-api-keys", "owner manager auditor", get("/v1/api-keys"), ""},
		{"create-api-key", admins, send("POST", "/v1/api-keys", `{"kind":"agent","name":"desk"}`), "it is another key"},
		{"revoke-api-key", admins, send("DELETE", "/v1/api-keys/{key}", ""), ""},
		{"list-channels", everybody, get("/v1/channels"), ""},
		{"list-operations", everybody, get("/v1/bulk-operations"), ""},
		{"get-operation", everybody, get("/v1/bulk-operations/{running}"), ""},
		{"get-operation-refusals", everybody, get("/v1/bulk-operations/{running}/refusals"), ""},
		{"preview-bulk-operation", editing, send("POST", "/v1/bulk-operations/preview", `{"action":"add_tag","tag":"{tag}","contacts":["{contact}"]}`), ""},
		{"create-bulk-operation", editing, send("POST", "/v1/bulk-operations", `{"action":"add_tag","tag":"{tag}","contacts":["{contact}"]}`), "it is another operation"},
		{"pause-operation", editing, send("POST", "/v1/bulk-operations/{running}/pause", ""), ""},
		{"resume-operation", editing, send("POST", "/v1/bulk-operations/{running}/resume", ""), ""},
		{"cancel-operation", editing, send("POST", "/v1/bulk-operations/{running}/cancel", ""), ""},
		{"undo-operation", editing, send("POST", "/v1/bulk-operations/{ended}/undo", ""), "it is undone"},
		{"create-import", catalog, upload("id,name\n{phone},New\n"), "it is another operation"},
		{"get-import", catalog, get("/v1/imports/{import}"), ""},
		{"get-import-results", catalog, get("/v1/imports/{import}/results.csv"), ""},

		// The tables are the installation's: whoever may build them may build them whole.
		{"list-projections", builders, get("/v1/projections"), ""},
		{"list-rebuilds", builders, get("/v1/projections/console/rebuilds"), ""},
		{"create-rebuild", builders, send("POST", "/v1/projections/console/rebuilds", `{"kind":"verify"}`), ""},
		{"get-rebuild", builders, get("/v1/projections/console/rebuilds/0197a1b2-0000-7000-8000-0000000000b1"), ""},
		{"cancel-rebuild", builders, send("DELETE", "/v1/projections/console/rebuilds/0197a1b2-0000-7000-8000-0000000000b1", ""), ""},
		{"drop-generation", builders, send("DELETE", "/v1/projections/console/generations/console_prev", ""), ""},

		{"add-channel", admins, send("POST", "/v1/channels", `{"name":"Sales","phone_number_id":"{number}","app_secret":"s3cr3t-of-the-app","verify_token":"t0ken-to-verify"}`), "the number has a channel"},
	}
}

// estate is an organisation with something of everything that an operation can be asked about.
type estate struct {
	*world
	ids map[string]string
	n   int
}

// The person in an estate, whose number and address no answer may show to those who see them in part.
const (
	herNumber  = "+16505550111"
	herAddress = "ana.perez@example.org"
)

func newEstate(w *world) *estate {
	e := &estate{world: w, ids: map[string]string{}}
	create := func(name, path, body string) {
		e.ids[name] = decoded[struct{ ID string }](w.do(call{method: "POST", path: path, body: body}).must(201)).ID
	}
	for _, name := range []string{"tag", "old tag", "merged tag"} {
		create(name, "/v1/tags", `{"name":"`+name+`"}`)
	}
	create("contact", "/v1/contacts", `{"name":"Ana","phone":"`+herNumber+`","email":"`+herAddress+`","tags":["`+e.ids["tag"]+`"]}`)
	w.receive(strings.TrimPrefix(herNumber, "+"), "hello")
	w.keep(`{"from":"` + strings.TrimPrefix(herNumber, "+") + `","mail":"` + herAddress + `"}`)
	create("double", "/v1/contacts", `{"name":"Ana P","phone":"+16505550112","email":"`+herAddress+`"}`)
	create("shelved", "/v1/contacts", `{"name":"Bo","phone":"+16505550113"}`)
	create("forgotten", "/v1/contacts", `{"name":"Carl","phone":"+16505550114"}`)
	create("gone", "/v1/contacts", `{"name":"Dora","phone":"+16505550115"}`)
	erased := w.do(call{method: "POST", path: "/v1/contacts/" + e.ids["gone"] + "/erase", body: `{"reason":"asked to be"}`})
	e.ids["erasure"] = decoded[struct{ ID string }](erased).ID
	create("note", "/v1/contacts/"+e.ids["contact"]+"/notes", `{"text":"hello"}`)
	create("segment", "/v1/segments", `{"name":"Hot","filter":{"lead_status":["hot"]}}`)
	create("search of her", "/v1/segments", `{"name":"Her","kind":"saved","filter":{"any":[{"text":"`+herNumber+`"},{"text":"`+herAddress+`"}]}}`)
	create("rule", "/v1/rules", `{"name":"Hot","filter":{"lead_status":["hot"]},"actions":[{"do":"add_tag","tag":"`+e.ids["tag"]+`"}]}`)
	create("field", "/v1/fields", `{"name":"Billing","type":"text"}`)
	create("member", "/v1/members", `{"name":"Marta","email":"`+herAddress+`","role":"agent"}`)
	create("key", "/v1/api-keys", `{"kind":"agent","name":"desk"}`)
	many := call{method: "POST", path: "/v1/bulk-operations", body: `{"action":"add_tag","tag":"` + e.ids["tag"] + `","contacts":["` + e.ids["contact"] + `"]}`}
	e.ids["running"], e.ids["ended"] = w.worked(w.do(many), false), w.worked(w.do(many), true)
	e.ids["gathered"] = w.worked(w.do(call{method: "POST", path: "/v1/contacts/" + e.ids["contact"] + "/personal-data"}), true)
	e.ids["import"] = decoded[httpapi.Import](w.send("", "text/csv", "id,name,email\n"+herNumber+",Ana,"+herAddress+"\n"+herNumber+",,nothing\n").must(202)).ID
	return e
}

// path fills ids in where their names stand, and what has to be new each time.
func (e *estate) path(written string) string {
	for name, id := range e.ids {
		written = strings.ReplaceAll(written, "{"+name+"}", id)
	}
	e.n++
	return strings.NewReplacer("{new}", "new "+strconv.Itoa(e.n), "{phone}", "+1650555"+strconv.Itoa(2000+e.n), "{number}", strconv.Itoa(1000+e.n), "{email}", herAddress).Replace(written)
}

// operations answers the operations that take a key, as the API describes itself.
func (w *world) operations() []string {
	var ids []string
	for _, path := range w.judge.document.Paths.Map() {
		for _, o := range path.Operations() {
			if o.Security != nil && len(*o.Security) > 0 {
				ids = append(ids, o.OperationID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// stranger answers keys of another organisation, one of each kind.
func (w *world) stranger() map[organization.KeyKind]string {
	w.t.Helper()
	other := organization.ID{UUID: uuid.New()}
	first, err := commands.MintKey(other)
	if err != nil {
		w.t.Fatal(err)
	}
	system := commands.Origin{Organization: other, Actor: event.Actor{Kind: "system"}, Source: event.System}
	if _, err := w.Service.CreateOrganization(commands.WithOrigin(w.t.Context(), system), commands.CreateOrganization{Organization: other, Name: "Other", Key: first, KeyName: "first"}); err != nil {
		w.t.Fatal(err)
	}
	keys := map[organization.KeyKind]string{}
	for _, kind := range organization.KeyKinds() {
		minted, _, err := w.Service.CreateKey(commands.WithOrigin(w.t.Context(), system), commands.CreateKey{Kind: kind, Name: string(kind)})
		if err != nil {
			w.t.Fatal(err)
		}
		keys[kind] = minted.Token
	}
	return keys
}

func TestEveryOperationHasARowAmongThoseThatAreTested(t *testing.T) {
	t.Parallel()
	w := newWholeWorld(t)
	var rows []string
	for _, row := range everyOperation() {
		rows = append(rows, row.operation)
	}
	slices.Sort(rows)
	for _, id := range w.operations() {
		if !slices.Contains(rows, id) {
			t.Errorf("%s has no row in everyOperation: say for which roles it is, how it is asked, and what happens when it is asked again", id)
		}
	}
	if described := w.operations(); len(rows) > len(described) {
		t.Errorf("of %d rows some are of no operation: %v", len(rows), slices.DeleteFunc(rows, func(id string) bool { return slices.Contains(described, id) }))
	}
}

// C25, S4-22: every operation, for every role, in its own organisation and in another.
func TestEveryOperationIsForItsRolesAndItsOrganisation(t *testing.T) {
	t.Parallel()
	w := newWholeWorld(t)
	e := newEstate(w)
	strangers := w.stranger()
	own := map[organization.KeyKind]string{}
	for _, kind := range organization.KeyKinds() {
		own[kind] = w.key(kind)
	}
	w.recall()
	for _, row := range everyOperation() {
		done := false
		for _, kind := range organization.KeyKinds() {
			may := slices.Contains(strings.Fields(row.roles), string(kind))
			foreign := row.ask(e)
			foreign.token = strangers[kind]
			theirs := w.do(foreign)
			named := strings.Contains(foreign.path+foreign.body, "-") && namesOne(e, foreign)
			switch {
			case !may && theirs.status != http.StatusForbidden, may && theirs.status == http.StatusForbidden:
				t.Errorf("%s: a stranger who is %s is answered %d %s", row.operation, kind, theirs.status, theirs.body)
			case may && named && theirs.status != http.StatusNotFound && theirs.status != http.StatusUnprocessableEntity:
				t.Errorf("%s: a stranger who is %s and names what is ours is answered %d %s", row.operation, kind, theirs.status, theirs.body)
			case strings.Contains(string(theirs.body), w.Organization.String()), strings.Contains(string(theirs.body), herNumber):
				t.Errorf("%s shows a stranger %s", row.operation, theirs.body)
			}
			mine := row.ask(e)
			mine.token = own[kind]
			answer := w.do(mine)
			switch {
			case !may:
				answer.fails(http.StatusForbidden, "request.denied")
			case answer.status == http.StatusForbidden, answer.status == http.StatusUnauthorized, answer.status >= 500:
				t.Errorf("%s: %s is answered %d %s", row.operation, kind, answer.status, answer.body)
			case answer.status >= 300 && (!done || row.again == "" || strings.HasPrefix(row.again, "it is another")):
				t.Errorf("%s: %s, who may, is answered %d %s", row.operation, kind, answer.status, answer.body)
			}
			done = done || may
		}
	}
}

// namesOne says whether a request names something of the estate.
func namesOne(e *estate, c call) bool {
	for _, id := range e.ids {
		if strings.Contains(c.path+c.body, id) {
			return true
		}
	}
	return false
}

// Whatever is asked a second time, and is so already, writes nothing; where something else happens the row says what.
func TestWhatIsSoAlreadyWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWholeWorld(t)
	e := newEstate(w)
	w.recall()
	for _, row := range everyOperation() {
		c := row.ask(e)
		first := w.do(c)
		if first.status >= 300 {
			t.Errorf("%s is answered %d %s", row.operation, first.status, first.body)
		}
		between := len(w.Store.All())
		second := w.do(c)
		written := len(w.Store.All()) - between
		switch {
		case strings.HasPrefix(row.again, "it is another"):
			if second.status >= 300 || written == 0 {
				t.Errorf("%s: asked again, %d events and %d %s", row.operation, written, second.status, second.body)
			}
		case row.again == "" && second.status >= 300, row.again != "" && second.status < 400, written != 0:
			t.Errorf("%s: asked again, %d events were written, and it is answered %d %s", row.operation, written, second.status, second.body)
		}
	}
}

// Nobody who sees numbers and addresses in part sees one whole, whatever is asked.
func TestNoAnswerShowsWhatARoleSeesInPart(t *testing.T) {
	t.Parallel()
	w := newWholeWorld(t)
	e := newEstate(w)
	w.do(call{method: "PATCH", path: "/v1/settings", body: `{"masking":{"owner":{"phone":true,"email":true}}}`}).must(200)
	w.recall()
	shown := 0
	for _, row := range everyOperation() {
		answer := w.do(row.ask(e))
		text := string(answer.body)
		for _, raw := range []string{herNumber, strings.TrimPrefix(herNumber, "+"), herAddress} {
			if strings.Contains(text, raw) {
				t.Errorf("%s shows %s", row.operation, raw)
			}
		}
		shown += strings.Count(text, "•••11") + strings.Count(text, "a•••@•••.org")
	}
	if shown < 30 {
		t.Errorf("only %d times something was shown in part", shown)
	}
}
