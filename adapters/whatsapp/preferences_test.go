package whatsapp_test

import (
	"testing"

	"tagtrail/adapters/whatsapp"
	"tagtrail/domain/contact"
	"tagtrail/domain/delivery"
)

func choice(value string) string {
	return `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"user_preferences","value":{"messaging_product":"whatsapp",` +
		`"metadata":{"display_phone_number":"15550783881","phone_number_id":"` + phoneNumberID + `"},"contacts":[` + sheena + `],"user_preferences":[` + value + `]}}]}]}`
}

// S3-42, conventions of WhatsApp: who tells it to stop marketing messages has withdrawn consent, whatever order that comes in.
func TestWhoTellsWhatsAppToStopHasWithdrawnConsent(t *testing.T) {
	t.Parallel()
	stop := choice(`{"wa_id":"16505550101","detail":"User requested to stop marketing messages","category":"marketing_messages","value":"stop","timestamp":1749416390}`)
	resume := choice(`{"wa_id":"16505550101","category":"marketing_messages","value":"resume","timestamp":"1749416380"}`)
	for name, order := range map[string][]string{"in order": {resume, stop}, "the other way around": {stop, resume}, "repeated": {stop, stop, resume, stop}} {
		b := setup(t)
		for _, body := range order {
			b.deliver(t, body)
		}
		last := ""
		for _, e := range b.happened() {
			switch e := e.(type) {
			case contact.ConsentWithdrawn:
				last = string(e.Purpose) + " " + e.Evidence.Reveal()
			case contact.ConsentGiven:
				last = "given"
			}
		}
		if last != "marketing User requested to stop marketing messages" {
			t.Errorf("%s: the last word is %q", name, last)
		}
		if b.counted[whatsapp.Preference] == 0 {
			t.Errorf("%s: counted %v", name, b.counted)
		}
	}
}

func TestAChoiceThatIsNotUnderstoodIsKept(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"another category": `{"wa_id":"16505550101","category":"weather","value":"stop","timestamp":1749416390}`,
		"another value":    `{"wa_id":"16505550101","category":"marketing_messages","value":"maybe","timestamp":1749416390}`,
		"nobody":           `{"category":"marketing_messages","value":"stop","timestamp":1749416390}`,
		"no object":        `7`,
		"none":             ``,
	} {
		b := setup(t)
		b.deliver(t, choice(value))
		events := b.happened()
		if kept, ok := events[0].(delivery.Kept); len(events) != 1 || !ok || kept.Field != "user_preferences" {
			t.Errorf("%s: %d events, the first a %T", name, len(events), events[0])
		}
	}
}
