package whatsapp

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"tagtrail/commands"
	kept "tagtrail/domain/delivery"
)

// choices is the field that what people choose for themselves comes under.
const choices = "user_preferences"

// preferences is the value of a change of the field "user_preferences".
type preferences struct {
	Metadata struct {
		PhoneNumberID word `json:"phone_number_id"`
	} `json:"metadata"`
	Contacts        list `json:"contacts"`
	UserPreferences list `json:"user_preferences"`
}

// preference is what a person told WhatsApp.
type preference struct {
	WaID         word `json:"wa_id"`
	UserID       word `json:"user_id"`
	ParentUserID word `json:"parent_user_id"`
	Category     word `json:"category"`
	Value        word `json:"value"`
	Detail       word `json:"detail"`
	Timestamp    word `json:"timestamp"`
}

// preferencesIn answers the preferences of a change, where all of them are understood: who is for or against marketing.
func preferencesIn(value preferences) ([]preference, bool) {
	found := read[preference](value.UserPreferences)
	for _, p := range found {
		if p.Category != "marketing_messages" || p.Value != "stop" && p.Value != "resume" || p.WaID == "" && p.UserID == "" && p.ParentUserID == "" {
			return nil, false
		}
	}
	return found, len(found) > 0 && len(found) == len(value.UserPreferences)
}

// preferences turns a change of what people choose into commands, or has it kept.
func (t *taking) preferences(ctx context.Context, c change, raw jsontext.Value) {
	var value preferences
	if lenient(c.Value, &value) != nil {
		t.keep(ctx, kept.UnknownShape, choices, raw)
		return
	}
	found, understood := preferencesIn(value)
	switch {
	case !understood:
		t.keep(ctx, kept.UnknownShape, choices, raw)
		return
	case string(value.Metadata.PhoneNumberID) != t.channel.PhoneNumberID:
		t.keep(ctx, kept.ForeignNumber, choices, raw)
		return
	}
	beside := peopleOf(value.Contacts)
	for _, p := range found {
		who := named(p.WaID, p.UserID, p.ParentUserID, beside)
		t.work.add(func() error {
			at, _ := t.time(p.Timestamp)
			receipt, err := t.Commands.ReportPreference(ctx, commands.ReportPreference{
				Channel: t.channel.ID, From: who, Agrees: p.Value == "resume", Evidence: string(p.Detail), At: at,
			})
			if err != nil && !isRefusal(err) {
				return err
			}
			if err != nil {
				return t.store(ctx, kept.UnknownShape, choices, raw)
			}
			t.count(receipt, Preference)
			return nil
		}, who.WaID+" "+who.BSUID)
	}
}
