package commands_test

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/contact"
	"tagtrail/domain/erasure"
	"tagtrail/domain/event"
	"tagtrail/domain/field"
	"tagtrail/domain/importing"
	"tagtrail/domain/message"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
	"tagtrail/domain/rule"
	"tagtrail/domain/segment"
	"tagtrail/domain/tag"
)

// What happens on a path when the same is asked for once more, by another request.
const (
	nothing = ""               // it is so, and stays so
	refusal = "it is refused"  // because it is so
	oneMore = "it is one more" // and only the same request, once more, makes none
	always  = "it is recorded" // each time
)

// path is a way on which something is written.
type path struct {
	method string // of the service
	again  string
	ask    func(ctx context.Context) error
}

// household is a world with something of everything that can be asked about.
type household struct {
	*commandstest.World
	t                    *testing.T
	ana, bo, cy, dan, ed contact.ID
	vip, old, gone, rank tag.ID
	plan                 field.ID
	note                 contact.NoteID
	segment              segment.ID
	rule                 rule.ID
	member, key          uuid.UUID
	running, ended       operation.ID
	erasure              erasure.ID
}

func newHousehold(t *testing.T) *household {
	t.Helper()
	h := &household{World: commandstest.New(t), t: t}
	var err error
	for i, tagged := range []*tag.ID{&h.vip, &h.old, &h.gone} {
		*tagged, _, err = h.Service.CreateTag(h.Ask(t.Context()), commands.CreateTag{Name: []string{"VIP", "old", "gone"}[i]})
		check(t, err)
	}
	h.rank, _, err = h.Service.CreateTag(h.Ask(t.Context()), commands.CreateTag{Name: "Rank", Kind: tag.Valued, Values: []string{"high", "low"}})
	check(t, err)
	for i, who := range []*contact.ID{&h.ana, &h.bo, &h.cy, &h.dan, &h.ed} {
		*who, _, err = h.Service.CreateContact(h.Ask(t.Context()), commands.CreateContact{
			Name: []string{"Ana", "Bo", "Cy", "Dan", "Ed"}[i], Phone: "+1650555010" + string(rune('1'+i)),
		})
		check(t, err)
	}
	h.plan, _, err = h.Service.DefineField(h.Ask(t.Context()), commands.DefineField{Name: "plan", Type: field.Text})
	check(t, err)
	h.note, _, err = h.Service.AddNote(h.Ask(t.Context()), commands.AddNote{Contact: h.ana, Text: "hello"})
	check(t, err)
	h.segment, _, err = h.Service.CreateSegment(h.Ask(t.Context()), commands.CreateSegment{Name: "Hot", Kind: segment.Dynamic, Filter: []byte(`{"lead_status":["hot"]}`)})
	check(t, err)
	h.rule, _, err = h.Service.DefineRule(h.Ask(t.Context()), commands.DefineRule{Name: "Hot", Draft: h.smart()})
	check(t, err)
	h.member, _, err = h.Service.AddMember(h.Ask(t.Context()), commands.AddMember{Name: "Marta", Role: organization.Agent})
	check(t, err)
	minted, _, err := h.Service.CreateKey(h.Ask(t.Context()), commands.CreateKey{Kind: organization.Agent, Name: "desk"})
	check(t, err)
	h.key = minted.Key
	h.running, h.ended = h.started(), h.started()
	_, err = h.Service.DoInBulk(h.within(h.ended), commands.BulkAction{Action: commands.SetLeadStatuses, LeadStatus: contact.Hot}, h.cy)
	check(t, err)
	_, err = h.Service.FinishOperation(h.Ask(t.Context()), h.ended, operation.Counts{})
	check(t, err)
	h.erasure, _, err = h.Service.EraseContact(h.Because(t.Context(), "asked to be"), commands.EraseContact{Contact: h.ed})
	check(t, err)
	return h
}

// smart is what a smart tag says.
func (h *household) smart() rule.Draft {
	return rule.Draft{Filter: []byte(`{"lead_status":["hot"]}`), Actions: []rule.Action{{Do: rule.AddTag, Tag: h.gone}}}
}

func (h *household) started() operation.ID {
	h.t.Helper()
	id, _, err := h.Service.StartOperation(h.Ask(h.t.Context()), commands.StartOperation{Kind: operation.Bulk, Action: "add_tag"})
	check(h.t, err)
	return id
}

// within answers a context for what an operation does to Cy.
func (h *household) within(id operation.ID) context.Context {
	h.t.Helper()
	o, err := h.Service.Operation(h.t.Context(), h.Organization, id)
	check(h.t, err)
	return commands.ForOperation(h.t.Context(), h.Organization, id, o, h.cy.String())
}

// paths has every method of the service that writes, in an order in which each has something to write.
func (h *household) paths() []path {
	s := h.Service
	minted, err := commands.MintKey(organization.ID{UUID: uuid.New()})
	check(h.t, err)
	channel := addChannel(h.t, h.World, "1")
	person := commands.Person{WaID: "16505550109", BSUID: "US.9", ProfileName: "Flo"}
	return []path{
		{"CreateTag", refusal, func(ctx context.Context) error {
			_, _, err := s.CreateTag(ctx, commands.CreateTag{Name: "new"})
			return err
		}},
		{"EditTag", nothing, receipt(s.EditTag, commands.EditTag{Tag: h.vip, Description: new("who spends")})},
		{"MergeTags", nothing, receipt(s.MergeTags, commands.MergeTags{Tag: h.old, Into: h.vip})},
		{"UnmergeTag", nothing, receipt(s.UnmergeTag, commands.UnmergeTag{Tag: h.old})},
		{"DeleteTags", nothing, receipt(s.DeleteTags, commands.DeleteTags{Tags: []tag.ID{h.gone}})},
		{"RestoreTag", nothing, receipt(s.RestoreTag, commands.RestoreTag{Tag: h.gone})},

		{"CreateContact", refusal, func(ctx context.Context) error {
			_, _, err := s.CreateContact(ctx, commands.CreateContact{Name: "Gil", Phone: "+16505550110"})
			return err
		}},
		{"EditContact", nothing, receipt(s.EditContact, commands.EditContact{Contact: h.ana, Company: new("Acme"), Fields: map[field.ID]string{h.plan: "gold"}})},
		{"AssignTag", nothing, receipt(s.AssignTag, commands.AssignTag{Contact: h.ana, Tag: h.rank, Value: new("low")})},
		{"RemoveTag", nothing, receipt(s.RemoveTag, commands.RemoveTag{Contact: h.ana, Tag: h.rank})},
		{"AssignPicks", nothing, func(ctx context.Context) error {
			_, _, err := s.AssignPicks(ctx, commands.AssignPicks{Contact: h.ana, Picks: []commands.Pick{{Tag: h.rank, Value: new("high")}, {Tag: h.vip}}})
			return err
		}},
		{"CreateAndAssignTag", nothing, func(ctx context.Context) error {
			_, _, err := s.CreateAndAssignTag(ctx, commands.CreateAndAssignTag{Contact: h.ana, Draft: commands.CreateTag{Name: "typed"}})
			return err
		}},
		{"ChangeLeadStatus", nothing, receipt(s.ChangeLeadStatus, commands.ChangeLeadStatus{Contact: h.ana, Status: contact.Hot})},
		{"RecordConsent", nothing, receipt(s.RecordConsent, commands.RecordConsent{Contact: h.ana, Purpose: contact.Marketing, Agrees: true})},
		{"AddNote", oneMore, func(ctx context.Context) error {
			_, _, err := s.AddNote(ctx, commands.AddNote{Contact: h.ana, Text: "called"})
			return err
		}},
		{"EditNote", nothing, receipt(s.EditNote, commands.EditNote{Contact: h.ana, Note: h.note, Text: new("called twice")})},
		{"DeleteNote", nothing, receipt(s.DeleteNote, commands.DeleteNote{Contact: h.ana, Note: h.note})},
		{"ArchiveContact", nothing, receipt(s.ArchiveContact, commands.ArchiveContact{Contact: h.bo})},
		{"RestoreContact", nothing, receipt(s.RestoreContact, commands.RestoreContact{Contact: h.bo})},
		{"TellApart", nothing, receipt(s.TellApart, commands.TellApart{One: h.ana, Other: h.bo})},
		{"MergeContacts", nothing, receipt(s.MergeContacts, commands.MergeContacts{Contact: h.bo, Into: h.ana})},
		{"SeparateContact", nothing, receipt(s.SeparateContact, commands.SeparateContact{Contact: h.bo})},
		{"PlaceLegalHold", nothing, receipt(s.PlaceLegalHold, commands.PlaceLegalHold{Contact: h.dan})},
		{"LiftLegalHold", nothing, receipt(s.LiftLegalHold, commands.LiftLegalHold{Contact: h.dan})},
		{"EraseContact", nothing, func(ctx context.Context) error {
			_, _, err := s.EraseContact(ctx, commands.EraseContact{Contact: h.dan})
			return err
		}},
		{"ForgetPerson", nothing, func(ctx context.Context) error { _, err := s.ForgetPerson(ctx, h.erasure, nil); return err }},
		{"CompleteErasure", nothing, func(ctx context.Context) error {
			_, err := s.CompleteErasure(ctx, h.erasure, erasure.Completed{})
			return err
		}},
		{"EraseAgain", always, func(ctx context.Context) error { return s.EraseAgain(ctx, []contact.ID{h.ed}) }},

		{"OpenConversation", nothing, receipt(s.OpenConversation, commands.OpenConversation{Contact: h.ana})},
		{"AssignConversation", nothing, receipt(s.AssignConversation, commands.AssignConversation{Contact: h.ana, Name: "Night shift"})},
		{"CloseConversation", nothing, receipt(s.CloseConversation, commands.CloseConversation{Contact: h.ana})},

		{"CreateSegment", oneMore, func(ctx context.Context) error {
			_, _, err := s.CreateSegment(ctx, commands.CreateSegment{Name: "Cold", Kind: segment.Dynamic, Filter: []byte(`{"lead_status":["cold"]}`)})
			return err
		}},
		{"EditSegment", nothing, receipt(s.EditSegment, commands.EditSegment{Segment: h.segment, Name: new("Very hot")})},
		{"RecordMembers", refusal, receipt(s.RecordMembers, commands.RecordMembers{
			Segment: h.segment, Entered: []contact.ID{h.ana}, Cause: segment.OfContacts, Seen: event.NoStream,
		})},
		{"DeleteSegment", nothing, func(ctx context.Context) error { _, err := s.DeleteSegment(ctx, h.segment); return err }},
		{"RestoreSegment", nothing, func(ctx context.Context) error { _, err := s.RestoreSegment(ctx, h.segment); return err }},

		{"DefineRule", oneMore, func(ctx context.Context) error {
			_, _, err := s.DefineRule(ctx, commands.DefineRule{Name: "Cold", Draft: h.smart()})
			return err
		}},
		{"EditRule", nothing, receipt(s.EditRule, commands.EditRule{Rule: h.rule, Changes: rule.Changes{Name: new("Renamed"), Enabled: new(true)}})},
		{"RunRule", nothing, func(ctx context.Context) error {
			_, err := s.RunRule(ctx, commands.RunRule{Rule: h.rule, Version: 1, Contact: h.bo, Actions: h.smart().Actions})
			return err
		}},
		{"TakeBack", nothing, func(ctx context.Context) error {
			_, err := s.TakeBack(ctx, commands.TakeBack{Rule: h.rule, Version: 1, Contact: h.bo, Tags: []tag.ID{h.gone}})
			return err
		}},
		{"RecordAct", nothing, func(ctx context.Context) error {
			_, err := s.RecordAct(ctx, h.rule.UUID, rule.Acted{Rule: h.rule, Version: 1, On: rule.Enters, Changed: 1})
			return err
		}},
		{"DeleteRule", nothing, func(ctx context.Context) error { _, err := s.DeleteRule(ctx, h.rule); return err }},

		{"DefineField", refusal, func(ctx context.Context) error {
			_, _, err := s.DefineField(ctx, commands.DefineField{Name: "size", Type: field.Number})
			return err
		}},
		{"EditField", nothing, receipt(s.EditField, commands.EditField{Field: h.plan, Name: new("Plan of theirs")})},
		{"RetireField", nothing, receipt(s.RetireField, commands.RetireField{Field: h.plan})},
		{"RestoreField", nothing, receipt(s.RestoreField, commands.RestoreField{Field: h.plan})},
		{"AddMember", oneMore, func(ctx context.Context) error {
			_, _, err := s.AddMember(ctx, commands.AddMember{Name: "Another", Role: organization.Agent})
			return err
		}},
		{"EditMember", nothing, receipt(s.EditMember, commands.EditMember{Member: h.member, Changes: organization.MemberChanges{Name: new("Renamed")}})},
		{"CreateMemberKey", oneMore, func(ctx context.Context) error {
			_, _, err := s.CreateMemberKey(ctx, commands.CreateMemberKey{Member: h.member, Name: "phone"})
			return err
		}},
		{"RemoveMember", nothing, receipt(s.RemoveMember, commands.RemoveMember{Member: h.member})},
		{"ChangeSettings", nothing, receipt(s.ChangeSettings, commands.ChangeSettings{
			TagLimit: new(21), OwnTagsOnly: map[organization.KeyKind]bool{organization.Agent: true},
			Masking: map[organization.KeyKind]commands.MaskingChange{organization.Agent: {Phone: new(true)}},
		})},
		{"ChangePlan", nothing, receipt(s.ChangePlan, commands.ChangePlan{Plan: organization.Growth, Limit: -1})},
		{"CreateKey", oneMore, func(ctx context.Context) error {
			_, _, err := s.CreateKey(ctx, commands.CreateKey{Kind: organization.Agent, Name: "desk"})
			return err
		}},
		{"RevokeKey", nothing, receipt(s.RevokeKey, commands.RevokeKey{Key: h.key})},
		{"AddChannel", refusal, func(ctx context.Context) error {
			_, _, err := s.AddChannel(ctx, commands.AddChannel{Name: "Support", PhoneNumberID: "2", AppSecret: "secret-secret", VerifyToken: "token-token"})
			return err
		}},
		{"CreateOrganization", nothing, func(ctx context.Context) error {
			_, err := s.CreateOrganization(ctx, commands.CreateOrganization{Organization: minted.Organization, Name: "Acme", Key: minted, KeyName: "first"})
			return err
		}},

		{"StartOperation", oneMore, func(ctx context.Context) error {
			_, _, err := s.StartOperation(ctx, commands.StartOperation{Kind: operation.Bulk, Action: "add_tag"})
			return err
		}},
		{"PauseOperation", nothing, func(ctx context.Context) error { _, err := s.PauseOperation(ctx, h.running); return err }},
		{"ResumeOperation", nothing, func(ctx context.Context) error { _, err := s.ResumeOperation(ctx, h.running); return err }},
		{"CancelOperation", nothing, func(ctx context.Context) error { _, err := s.CancelOperation(ctx, h.running); return err }},
		{"FinishOperation", nothing, func(ctx context.Context) error {
			_, err := s.FinishOperation(ctx, h.running, operation.Counts{})
			return err
		}},
		{"Do", nothing, func(ctx context.Context) error {
			_, err := s.Do(ctx, commands.BulkAction{Action: commands.AddTagToAll, Tag: h.vip}, h.cy)
			return err
		}},
		{"DoInBulk", nothing, func(ctx context.Context) error {
			_, err := s.DoInBulk(ctx, commands.BulkAction{Action: commands.SetLeadStatuses, LeadStatus: contact.Warm}, h.ana)
			return err
		}},
		{"UndoOperation", refusal, func(ctx context.Context) error { _, _, err := s.UndoOperation(ctx, h.ended); return err }},
		{"UndoOn", nothing, func(context.Context) error {
			_, err := s.UndoOn(h.within(commands.UndoOf(h.ended)), h.ended, h.cy)
			return err
		}},
		{"UndoOnTag", nothing, func(ctx context.Context) error {
			_, err := s.UndoOnTag(ctx, commands.TagsOfOperation{Given: []tag.ID{h.old}}, h.old, 0)
			return err
		}},
		{"Import", nothing, func(ctx context.Context) error {
			_, err := newRun(h.World, importing.Settings{UnknownTags: importing.CreateUnknown}).of(ctx, example)
			return err
		}},

		{"ReceiveMessage", nothing, receipt(s.ReceiveMessage, commands.ReceiveMessage{Channel: channel, From: person, Wamid: "wamid.9", Kind: "text", Text: "hi", SentAt: sent})},
		{"ReportStatus", nothing, receipt(s.ReportStatus, commands.ReportStatus{Channel: channel, To: person, Wamid: "wamid.8", Status: message.Sent, At: sent})},
		{"ReportPreference", nothing, receipt(s.ReportPreference, commands.ReportPreference{Channel: channel, From: person, Agrees: false, At: sent})},
		{"ChangeIdentity", nothing, receipt(s.ChangeIdentity, commands.ChangeIdentity{Channel: channel, Wamid: "wamid.7", From: person, NewWaID: "16505550119", At: sent.Add(time.Hour)})},
		{"LinkNumber", nothing, receipt(s.LinkNumber, commands.LinkNumber{Channel: channel, Wamid: "wamid.6", From: commands.Person{BSUID: "US.10"}, Phone: "+16505550120", At: sent})},
		{"KeepDelivery", nothing, receipt(s.KeepDelivery, commands.KeepDelivery{Channel: channel, Why: "unknown", Body: []byte(`{}`)})},
	}
}

func receipt[C any](ask func(context.Context, C) (commands.Receipt, error), cmd C) func(context.Context) error {
	return func(ctx context.Context) error { _, err := ask(ctx, cmd); return err }
}

// C28: what is so already is not written again, on whatever path it is asked for: by hand, in bulk, from a file, by a
// webhook, as an undo or as what an erasure still lacks. Whoever adds a path says here what happens on it.
func TestNoPathWritesWhatIsSoAlready(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	for _, p := range h.paths() {
		before := len(h.Store.All())
		ctx := h.Because(t.Context(), "asked to be")
		if err := p.ask(ctx); err != nil {
			t.Errorf("%s: %v", p.method, err)
			continue
		}
		once := len(h.Store.All())
		if once == before {
			t.Errorf("%s writes nothing the first time: its row shows nothing", p.method)
		}
		if p.again != oneMore {
			ctx = h.Because(t.Context(), "asked to be")
		}
		err := p.ask(ctx)
		if written := len(h.Store.All()) - once; (written != 0) != (p.again == always) || (err != nil) != (p.again == refusal) {
			t.Errorf("%s: asked again it writes %d events and answers %v", p.method, written, err)
		}
	}
}

// reading are the methods of the service that write nothing.
var reading = []string{
	"ActiveTags", "Authenticate", "Channel", "CheckBulk", "CheckImport", "CheckRule", "CheckUndo", "DeletedNamesake", "Fields", "KeyKind", "KnownOf", "LookAlikes", "MemberRole",
	"Operation", "Organization", "Organizations", "Plan", "PreviewMerge", "Rehearse", "RehearseRule", "RequestHMAC", "Rule", "TagsOf", "Zone",
}

func TestEveryPathIsAmongThoseThatAreTested(t *testing.T) {
	t.Parallel()
	listed := slices.Clone(reading)
	for _, p := range newHousehold(t).paths() {
		listed = append(listed, p.method)
	}
	for method := range reflect.TypeFor[*commands.Service]().Methods() {
		if !slices.Contains(listed, method.Name) {
			t.Errorf("%s has no row among the paths, and is not said to write nothing", method.Name)
		}
	}
}
