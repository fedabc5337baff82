package readmodels_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/message"
	"tagtrail/domain/personal"
	"tagtrail/readmodels"
)

// S0-6, C9: the given name is shown, else the profile name, else a dash.
func TestAContactIsShownByItsGivenNameElseItsProfileNameElseADash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	both := w.contact("Ana", "+16505550101")
	w.happened(both.Stream(), contact.ProfileNameChanged{Name: personal.New("ana.n")})
	profile := w.contact("", "+16505550102")
	w.happened(profile.Stream(), contact.ProfileNameChanged{Name: personal.New("Sheena")})
	neither := w.contact("", "+16505550103")
	taken := w.contact("Bob", "+16505550104")
	w.happened(taken.Stream(), contact.Renamed{})
	w.project()

	for id, want := range map[contact.ID]string{both: "Ana", profile: "Sheena", neither: "—", taken: "—"} {
		if got := w.get(id).DisplayName; got != want {
			t.Errorf("shown as %q, want %q", got, want)
		}
	}
	if got := w.get(both).ProfileName; got != "ana.n" {
		t.Errorf("the profile name is %q", got)
	}
}

// C3, S0-5, S1-4, S4-11: the phone is E.164, and the wa_id its digits where WhatsApp did not say otherwise.
func TestAPhoneIsShownInFullAndAsDigits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	typed := contact.ID{UUID: uuid.New()}
	w.happened(typed.Stream(), contact.Created{
		Origin: contact.OriginManual, LeadStatus: contact.Cold,
		Identity: contact.Identity{Kind: contact.Number, Value: personal.New("+8613800138000"), Country: "CN"},
	})
	wrote := contact.ID{UUID: uuid.New()}
	w.happened(wrote.Stream(), contact.Created{
		Origin: contact.OriginMessage, LeadStatus: contact.Cold,
		Identity: contact.Identity{Kind: contact.Number, Value: personal.New("+5511987654321"), WaID: personal.New("551187654321"), Country: "BR"},
	})
	nobody := contact.ID{UUID: uuid.New()}
	w.happened(nobody.Stream(), contact.Created{
		Origin: contact.OriginMessage, LeadStatus: contact.Cold, Identity: contact.Identity{Kind: contact.BSUID, Value: personal.New("US.13491208655302741918")},
	})
	w.project()

	for id, want := range map[contact.ID][3]string{
		typed:  {"+8613800138000", "8613800138000", "CN"},
		wrote:  {"+5511987654321", "551187654321", "BR"},
		nobody: {"", "", ""},
	} {
		c := w.get(id)
		if got := [3]string{c.Phone, c.WaID, c.Country}; got != want {
			t.Errorf("phone, wa_id and country are %q, want %q", got, want)
		}
	}
}

func TestTheNewestNumberThatIsStillHeldIsShown(t *testing.T) {
	t.Parallel()
	number := func(phone string) contact.Identity {
		return contact.Identity{Kind: contact.Number, Value: personal.New(phone), Country: "US"}
	}
	const a, b, c = "+16505550101", "+16505550102", "+16505550103"
	for _, test := range []struct {
		name   string
		events []event.Event
		want   string
	}{
		{"one is linked", []event.Event{contact.IdentityLinked{Identity: number(b)}}, b},
		{"the first is left", []event.Event{contact.IdentityLinked{Identity: number(b)}, contact.IdentityUnlinked{Identity: number(a)}}, b},
		{"the first is left before", []event.Event{contact.IdentityUnlinked{Identity: number(a)}, contact.IdentityLinked{Identity: number(b)}}, b},
		{"the newest is left", []event.Event{contact.IdentityLinked{Identity: number(b)}, contact.IdentityUnlinked{Identity: number(b)}}, a},
		{"one of three is left", []event.Event{
			contact.IdentityLinked{Identity: number(b)}, contact.IdentityLinked{Identity: number(c)}, contact.IdentityUnlinked{Identity: number(c)},
		}, b},
		{"the only one is left", []event.Event{contact.IdentityUnlinked{Identity: number(a)}}, ""},
		{"one comes back", []event.Event{
			contact.IdentityUnlinked{Identity: number(a)}, contact.IdentityLinked{Identity: number(b)}, contact.IdentityLinked{Identity: number(a)},
		}, a},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.contact("Ana", a)
			w.happened(id.Stream(), test.events...)
			w.project()
			if got := w.get(id).Phone; got != test.want {
				t.Errorf("%q is shown, want %q", got, test.want)
			}
			for _, phone := range []string{a, b, c} {
				held := slices.Contains(w.numbersHeld(id), phone)
				found := w.names(readmodels.ContactFilter{Q: phone})
				if (len(found) == 1) != held {
					t.Errorf("held is %v, and the search for %s finds %v", held, phone, found)
				}
			}
		})
	}
}

// S0-8, S0-9, S1-7, S1-8, S1-25, S2-25, C7, C8: last seen is what came in, last active what came in or went out, created is when it was recorded.
func TestTimesOfAContactAreThoseOfItsMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.contact("Ana", "+16505550101")
	created := w.now
	channel := uuid.New()
	w.wrote(id, channel, noon.Add(2*time.Hour), "second")
	w.wrote(id, channel, noon.Add(time.Hour), "first")
	sent := message.ID{UUID: uuid.New()}
	for status, at := range map[message.Status]time.Time{message.Sent: noon.Add(3 * time.Hour), message.Read: noon.Add(9 * time.Hour)} {
		w.happened(sent.Stream(), message.StatusReported{Contact: id, Channel: channel, Status: status, At: at})
	}
	silent := w.contact("Bob", "+16505550102")
	w.project()

	c := w.get(id)
	for name, times := range map[string][2]time.Time{
		"created":     {c.CreatedAt, created},
		"first seen":  {*c.FirstSeenAt, noon.Add(time.Hour)},
		"last seen":   {*c.LastSeenAt, noon.Add(2 * time.Hour)},
		"last active": {*c.LastActiveAt, noon.Add(3 * time.Hour)},
	} {
		if times[0] != times[1] {
			t.Errorf("%s is %v, want %v", name, times[0], times[1])
		}
	}
	if c := w.get(silent); c.FirstSeenAt != nil || c.LastSeenAt != nil || c.LastActiveAt != nil {
		t.Errorf("somebody who never wrote was seen: %+v", c)
	}
	if !slices.Equal(c.Channels, []uuid.UUID{channel}) {
		t.Errorf("met on %v", c.Channels)
	}
}

func TestTheRevisionOfAContactIsThatOfItsOwnLastEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.contact("Ana", "+16505550101")
	owner := uuid.New()
	for _, e := range []event.Event{
		contact.IdentityLinked{Identity: contact.Identity{Kind: contact.BSUID, Value: personal.New("US.1")}},
		contact.ProfileNameChanged{Name: personal.New("ana.n")},
		contact.Renamed{Name: personal.New("Anna")},
		contact.EmailChanged{Email: personal.New("anna@example.com"), HasEmail: true},
		contact.OwnerChanged{To: owner},
		contact.LeadStatusChanged{From: contact.Cold, To: contact.Hot, Kind: contact.Skip},
		contact.IdentityUnlinked{Identity: contact.Identity{Kind: contact.BSUID, Value: personal.New("US.1")}},
	} {
		w.happened(id.Stream(), e)
		w.wrote(id, uuid.New(), noon, "hi")
		w.project()
		if got, want := w.get(id).Revision, int64(w.revisions[id.Stream()]); got != want {
			t.Errorf("after %s the revision is %d, want %d", e.EventName(), got, want)
		}
	}
	tags := w.tags("VIP")
	a := w.assign(id, tags...)
	w.happened(id.Stream(), contact.TagValueChanged{Tag: tags[0].Tag, Number: 1, Ended: a[0], Assignment: contact.AssignmentID{UUID: uuid.New()}})
	w.project()
	if got, want := w.get(id).Revision, int64(w.revisions[id.Stream()]); got != want {
		t.Errorf("after tagging the revision is %d, want %d", got, want)
	}
	c := w.get(id)
	if c.LeadStatus != "hot" || c.Email != "anna@example.com" || c.Owner == nil || *c.Owner != owner || c.Name != "Anna" {
		t.Errorf("the contact is %+v", c)
	}
	w.happened(id.Stream(), contact.OwnerChanged{From: owner})
	w.project()
	if c := w.get(id); c.Owner != nil {
		t.Errorf("nobody's contact is owned by %v", c.Owner)
	}
}

// C1, S2-26, S3-36, S4-23: nothing of the person is left, nor of what they wrote, and still the contact is there.
func TestAnErasedContactIsAnEmptyShell(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tags := w.tags("VIP", "dog")
	id := w.contact("Ana", "+16505550101")
	w.happened(id.Stream(), contact.EmailChanged{Email: personal.New("ana@example.com"), HasEmail: true}, contact.ProfileNameChanged{Name: personal.New("ana.n")})
	open := w.assign(id, tags...)
	w.happened(id.Stream(), contact.TagRemoved{Tag: tags[1].Tag, Number: tags[1].Number, Assignment: open[1]})
	w.wrote(id, uuid.New(), noon, "my number is secret")
	w.happened(id.Stream(), contact.Erased{Assignments: []contact.OpenAssignment{{Assignment: open[0], Number: tags[0].Number}}})
	w.project()

	c := w.get(id)
	if !c.Erased || c.DisplayName != "—" || c.Name+c.ProfileName+c.Phone+c.WaID+c.Email+c.Country != "" {
		t.Errorf("what is left is %+v", c)
	}
	if got := reasons(c.HistoricalTags); len(c.ActiveTags) != 0 || !slices.Equal(got, []string{"VIP erased", "dog removed"}) {
		t.Errorf("%d active tags, and %v", len(c.ActiveTags), got)
	}
	if found := w.names(readmodels.ContactFilter{}); len(found) != 0 {
		t.Errorf("it is still listed: %v", found)
	}
	messages, _, err := readmodels.Messages{DB: w.reader}.Of(t.Context(), w.org.UUID, id.UUID, nil, 10)
	if err != nil || len(messages) != 1 || messages[0].Text != "" {
		t.Errorf("its messages are %+v, %v", messages, err)
	}
	if n := w.tag(tags[0]).Contacts + w.tag(tags[1]).Contacts; n != 0 {
		t.Errorf("%d contacts carry its tags", n)
	}
}

// C20: last seen descending, never seen last, then by id; pages neither repeat nor leave out.
func TestPagesWalkTheListInItsOrderWithoutGapsAndDuplicates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	type row struct {
		seen *time.Time
		id   uuid.UUID
	}
	var want []row
	for i := range 23 {
		id := w.contact(fmt.Sprint("contact ", i), fmt.Sprint("+1650555", 1000+i))
		var seen *time.Time
		if i%4 != 0 { // some share their instant, to the microsecond, and some were never seen
			at := noon.Add(time.Duration(i%3) * time.Microsecond)
			w.wrote(id, uuid.New(), at, "hi")
			seen = &at
		}
		want = append(want, row{seen, id.UUID})
	}
	w.project()
	slices.SortFunc(want, func(a, b row) int {
		switch {
		case a.seen != nil && b.seen == nil:
			return -1
		case a.seen == nil && b.seen != nil:
			return 1
		case a.seen != nil && !a.seen.Equal(*b.seen):
			return b.seen.Compare(*a.seen)
		}
		return slices.Compare(a.id[:], b.id[:])
	})
	var wanted []uuid.UUID
	for _, r := range want {
		wanted = append(wanted, r.id)
	}
	for limit := 1; limit <= 24; limit++ {
		var walked []uuid.UUID
		var after *readmodels.ContactKey
		for len(walked) <= len(wanted) {
			items, next, err := readmodels.Contacts{DB: w.reader}.Page(t.Context(), w.org.UUID, readmodels.ContactFilter{}, after, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range items {
				walked = append(walked, c.ID)
			}
			if after = next; after == nil {
				break
			}
		}
		if diff := cmp.Diff(wanted, walked); diff != "" {
			t.Fatalf("pages of %d (-want +got):\n%s", limit, diff)
		}
	}
}

func TestAPageBeginsWhereTheLastOneEndedAlthoughThatContactIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var ids []contact.ID
	for i := range 4 {
		id := w.contact(fmt.Sprint("contact ", i), fmt.Sprint("+1650555", 1000+i))
		w.wrote(id, uuid.New(), noon.Add(-time.Duration(i)*time.Minute), "hi")
		ids = append(ids, id)
	}
	w.project()
	_, next, err := readmodels.Contacts{DB: w.reader}.Page(t.Context(), w.org.UUID, readmodels.ContactFilter{}, nil, 2)
	if err != nil || next == nil {
		t.Fatal(next, err)
	}
	w.happened(ids[1].Stream(), contact.Erased{})
	w.project()
	rest, _, err := readmodels.Contacts{DB: w.reader}.Page(t.Context(), w.org.UUID, readmodels.ContactFilter{}, next, 2)
	if err != nil || len(rest) != 2 || rest[0].ID != ids[2].UUID {
		t.Errorf("the second page is %v, %v", rest, err)
	}
}

// S0-11, S0-17, S0-18, C5: the first contacts that match, their active tags only, and how many match in all.
func TestAnExportHoldsTheFirstContactsAndSaysHowManyMatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tags := w.tags("VIP", "gone")
	for i := range 5 {
		id := w.contact(fmt.Sprint("contact ", i), fmt.Sprint("+1650555", 1000+i))
		w.wrote(id, uuid.New(), noon.Add(-time.Duration(i)*time.Minute), "hi")
		w.assign(id, tags...)
	}
	w.happened(w.org.CatalogStream(), deleted(tags[1]))
	w.project()

	r := readmodels.Contacts{DB: w.reader}
	rows, total, err := r.Export(t.Context(), w.org.UUID, readmodels.ContactFilter{Tags: ids(tags[0])}, 3)
	if err != nil || total != 5 || len(rows) != 3 {
		t.Fatalf("%d of %d, %v", len(rows), total, err)
	}
	for i, c := range rows {
		if c.Name != fmt.Sprint("contact ", i) || len(c.ActiveTags) != 1 || c.ActiveTags[0].Tag.Name != "VIP" || len(c.HistoricalTags) != 0 {
			t.Errorf("row %d is %+v", i, c)
		}
	}
	rows, total, err = r.Export(t.Context(), w.org.UUID, readmodels.ContactFilter{Q: "nobody"}, 3)
	if err != nil || total != 0 || len(rows) != 0 {
		t.Errorf("%d of %d match nothing, %v", len(rows), total, err)
	}
}

func TestACountGoesNoFurtherThanOneAboveItsBound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 5 {
		w.contact("Ana", fmt.Sprint("+1650555", 1000+i))
	}
	w.project()
	for bound, want := range map[int]int{1: 2, 4: 5, 5: 5, 100: 5} {
		n, err := readmodels.Contacts{DB: w.reader}.Count(t.Context(), w.org.UUID, readmodels.ContactFilter{Q: "ana"}, bound)
		if err != nil || n != want {
			t.Errorf("counted to %d: %d, %v; want %d", bound, n, err, want)
		}
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, contactErr := readmodels.Contacts{DB: w.reader}.Get(t.Context(), w.org.UUID, uuid.New())
	_, tagErr := readmodels.Tags{DB: w.reader}.Get(t.Context(), w.org.UUID, uuid.New())
	_, keyErr := readmodels.Keys{DB: w.reader}.Get(t.Context(), w.org.UUID, uuid.New())
	_, channelErr := readmodels.Channels{DB: w.reader}.Get(t.Context(), w.org.UUID, uuid.New())
	for what, err := range map[string]error{"contact": contactErr, "tag": tagErr, "key": keyErr, "channel": channelErr} {
		if !errors.Is(err, readmodels.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
