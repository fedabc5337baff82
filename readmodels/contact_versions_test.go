package readmodels_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

// likeOfNow are what an answer of then may hold besides what the same answer held then.
var likeOfNow = cmp.Options{
	cmpopts.IgnoreFields(readmodels.AssignedTag{}, "Today"), cmpopts.EquateEmpty(),
	cmp.FilterPath(func(p cmp.Path) bool {
		field, ok := p.Last().(cmp.StructField)
		return ok && strings.ToLower(field.Name()[:1]) == field.Name()[:1]
	}, cmp.Ignore()),
}

func TestAContactOfThenIsWhatTheConsoleShowedThen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPast(t, w)
	org := w.org.UUID
	type seen struct {
		at     event.Position
		gets   map[uuid.UUID]readmodels.Contact
		filter []readmodels.ContactFilter
		pages  [][]readmodels.ListedContact
	}
	w.happened(w.org.Stream(), organization.KeyCreated{Key: uuid.MustParse(w.actor.ID), Kind: organization.Owner, Name: personal.New("Front desk")})
	tags := w.tags("VIP", "Gone")
	city := valued(w, "City")
	channel, owner := uuid.New(), uuid.New()
	ana, bob := w.contact("Ana López", "+34666555444"), w.contact("Bob", "+16505550102")
	var all []seen
	look := func() {
		p.project(w.project())
		now := w.now
		s := seen{at: w.position, gets: map[uuid.UUID]readmodels.Contact{}}
		for _, id := range []contact.ID{ana, bob} {
			s.gets[id.UUID] = w.get(id)
		}
		s.filter = []readmodels.ContactFilter{
			{}, {Tags: ids(tags[0])}, {Tags: ids(tags...)}, {ExcludeTags: ids(tags[0])}, {LeadStatus: "hot"}, {Owner: &owner}, {Channel: &channel},
			{CreatedFrom: &now}, {CreatedTo: &now}, {Tags: []uuid.UUID{uuid.New()}}, {Tags: []uuid.UUID{city.Tag.UUID}, LeadStatus: "hot"},
		}
		for _, f := range s.filter {
			page, _, err := readmodels.Contacts{DB: w.reader}.Page(t.Context(), org, f, nil, 10)
			if err != nil {
				t.Fatal(err)
			}
			s.pages = append(s.pages, page)
		}
		all = append(all, s)
	}
	look()
	assigned := w.assign(ana, tags...)
	look()
	w.happened(ana.Stream(),
		contact.TagAssigned{Tag: city.Tag, Number: city.Number, Assignment: contact.AssignmentID{UUID: uuid.New()}, Value: &contact.TagValue{Text: personal.New("Lyon")}},
		contact.LeadStatusChanged{From: contact.Cold, To: contact.Hot, Kind: contact.Skip}, contact.OwnerChanged{To: owner})
	w.wrote(bob, channel, noon.Add(3*time.Hour), "hi")
	look()
	w.happened(w.org.CatalogStream(), tag.Renamed{Tag: tags[0].Tag, Number: tags[0].Number, From: "VIP", To: "Gold"}, deleted(tags[1]))
	look()
	w.happened(ana.Stream(), contact.TagRemoved{Tag: tags[0].Tag, Number: tags[0].Number, Assignment: assigned[0]},
		contact.Renamed{Name: personal.New("Anna")}, contact.EmailChanged{Email: personal.New("anna@example.com"), HasEmail: true})
	w.wrote(ana, channel, noon.Add(4*time.Hour), "hello")
	look()
	w.happened(ana.Stream(), contact.IdentityLinked{Identity: numberOf("+16505550109")}, contact.IdentityUnlinked{Identity: numberOf("+34666555444")})
	look()
	w.happened(ana.Stream(), contact.IdentityUnlinked{Identity: numberOf("+16505550109")}, contact.Renamed{Name: personal.Text{}},
		contact.ProfileNameChanged{Name: personal.New("ana.l"), Channel: channel})
	look()
	w.happened(w.org.CatalogStream(), restored(tags[1]))
	w.happened(bob.Stream(), contact.Erased{})
	look()

	for _, s := range all {
		at := p.at(org, s.at)
		for id, want := range s.gets {
			got, err := p.contacts().Get(t.Context(), org, at, id)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, likeOfNow); diff != "" {
				t.Errorf("as of %d (-then +now of then):\n%s", s.at, diff)
			}
		}
		for i, f := range s.filter {
			page, _, err := p.contacts().Page(t.Context(), org, at, f, nil, 10)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(s.pages[i], page, likeOfNow); diff != "" {
				t.Errorf("as of %d, %+v (-then +now of then):\n%s", s.at, f, diff)
			}
			if n, err := p.contacts().Count(t.Context(), org, at, f, 10); err != nil || n != len(page) {
				t.Errorf("as of %d, %+v: counted %d, %v", s.at, f, n, err)
			}
		}
	}
}

func numberOf(phone string) contact.Identity {
	return contact.Identity{Kind: contact.Number, Value: personal.New(phone), WaID: personal.New(strings.TrimPrefix(phone, "+")), Country: "US"}
}

// valued lets a tag with free values enter the catalogue.
func valued(w *world, name string) tag.Created {
	t := tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: tag.Number(w.revisions[w.org.CatalogStream()] + 2), Name: name, Color: "red", Kind: tag.Valued, Policy: tag.FreeText}
	w.happened(w.org.CatalogStream(), t)
	return t
}

func TestATagOfThenAlsoSaysWhatItIsCalledToday(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPast(t, w)
	tags := w.tags("VIP")
	ana := w.contact("Ana", "+16505550101")
	w.assign(ana, tags...)
	then := w.position
	w.happened(w.org.CatalogStream(), tag.Renamed{Tag: tags[0].Tag, Number: 1, From: "VIP", To: "Gold"}, tag.Recolored{Tag: tags[0].Tag, Number: 1, From: "red", To: "blue"}, deleted(tags[0]))
	p.project(w.pending)
	c, err := p.contacts().Get(t.Context(), w.org.UUID, p.at(w.org.UUID, then), ana.UUID)
	if err != nil {
		t.Fatal(err)
	}
	page, _, err := p.contacts().Page(t.Context(), w.org.UUID, p.at(w.org.UUID, then), readmodels.ContactFilter{}, nil, 10)
	if err != nil {
		t.Fatal(err)
	}
	want := readmodels.AssignedTag{ID: tags[0].Tag.UUID, Name: "VIP", Color: "red", Number: 1, Today: &readmodels.TagToday{Name: "Gold", Color: "blue", Deleted: true}}
	for _, got := range []readmodels.AssignedTag{c.ActiveTags[0].Tag, page[0].ActiveTags[0].Tag} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// C1: who is erased is nobody as of whenever, though the contact was there; a key that is lost is no erasure.
func TestWhoWasErasedSinceIsNamelessThen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPast(t, w)
	ana := w.contact("Ana", "+16505550101")
	then := w.position
	w.happened(ana.Stream(), contact.Erased{})
	p.project(w.pending)
	org := w.org.UUID
	p.seals.Lose(ana.UUID)
	if _, err := p.contacts().Get(t.Context(), org, p.at(org, then), ana.UUID); err == nil {
		t.Error("a contact whose key is lost is shown")
	}
	p.seals.Shred(ana.UUID)
	c, err := p.contacts().Get(t.Context(), org, p.at(org, then), ana.UUID)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Erased || c.DisplayName != "—" || c.Phone != "" || c.WaID != "" || c.Country != "" || c.LeadStatus != "cold" {
		t.Errorf("got %+v", c)
	}
	page, _, err := p.contacts().Page(t.Context(), org, p.at(org, then), readmodels.ContactFilter{}, nil, 10)
	if err != nil || len(page) != 1 || !page[0].Erased || page[0].Phone != "" {
		t.Errorf("got %+v, %v", page, err)
	}
}

func TestNothingIsThereBeforeItHappened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPast(t, w)
	org := w.org.UUID
	before := w.now
	ana := w.contact("Ana", "+16505550101")
	p.project(w.pending)
	moments := readmodels.Moments{DB: p.reader}
	at, err := moments.At(t.Context(), org, before)
	if err != nil || at.Position != 0 || at.Latest {
		t.Fatalf("%+v, %v", at, err)
	}
	if _, err := p.contacts().Get(t.Context(), org, at, ana.UUID); !errors.Is(err, readmodels.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if page, next, err := p.contacts().Page(t.Context(), org, at, readmodels.ContactFilter{}, nil, 10); err != nil || len(page) != 0 || next != nil {
		t.Errorf("%v, %v, %v", page, next, err)
	}
	later, err := moments.At(t.Context(), org, w.now.Add(time.Hour))
	if err != nil || later.Position != w.position || !later.Latest {
		t.Errorf("%+v, %v", later, err)
	}
	if nobody, err := moments.At(t.Context(), uuid.New(), w.now); err != nil || nobody.Position != 0 || !nobody.Latest {
		t.Errorf("%+v, %v", nobody, err)
	}
}

// A later position is never the earlier time, although a clock was set back.
func TestTheMomentOfATimeKnowsClocksThatWereSetBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPast(t, w)
	w.contact("Ana", "+16505550101")
	first := w.now
	w.contact("Bob", "+16505550102")
	second := w.now
	w.now = first.Add(-time.Hour)
	w.contact("Carl", "+16505550103")
	w.now = second
	w.contact("Dora", "+16505550104")
	p.project(w.pending)
	for at, want := range map[time.Time]event.Position{first: 10, second.Add(-time.Second): 10, second: 30, w.now: 40, first.Add(-time.Minute): 0} {
		found, err := readmodels.Moments{DB: p.reader}.At(t.Context(), w.org.UUID, at)
		if err != nil || found.Position != want {
			t.Errorf("at %s: %d, want %d (%v)", at, found.Position, want, err)
		}
	}
}

func TestPagesOfThenGoOnWhereTheyEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPast(t, w)
	org := w.org.UUID
	for i := range 7 {
		id := w.contact(fmt.Sprint("C", i), fmt.Sprintf("+1650555010%d", i))
		if i%3 != 0 {
			w.wrote(id, uuid.New(), noon.Add(time.Duration(i/2)*time.Hour), "hi")
		}
	}
	at := w.position
	want := func() []readmodels.ListedContact {
		p.project(w.project())
		page, _, err := readmodels.Contacts{DB: w.reader}.Page(t.Context(), org, readmodels.ContactFilter{}, nil, 100)
		if err != nil {
			t.Fatal(err)
		}
		return page
	}()
	for _, c := range want { // everything moves afterwards
		w.wrote(contact.ID{UUID: c.ID}, uuid.New(), noon.Add(9*time.Hour), "again")
	}
	p.project(w.project())
	var got []readmodels.ListedContact
	var after *readmodels.ContactKey
	for {
		page, next, err := p.contacts().Page(t.Context(), org, p.at(org, at), readmodels.ContactFilter{}, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page...)
		if after = next; after == nil {
			break
		}
	}
	if diff := cmp.Diff(want, got, likeOfNow); diff != "" {
		t.Errorf("(-then +now of then):\n%s", diff)
	}
}

func TestAnotherOrganisationSeesNothingOfThen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPast(t, w)
	ana := w.contact("Ana", "+16505550101")
	p.project(w.pending)
	other := organization.ID{UUID: uuid.New()}.UUID
	at := p.at(other, w.position)
	if at.SeenAt != nil {
		t.Errorf("got %+v", at)
	}
	if _, err := p.contacts().Get(t.Context(), other, at, ana.UUID); !errors.Is(err, readmodels.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if n, err := p.contacts().Count(t.Context(), other, at, readmodels.ContactFilter{}, 10); err != nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
}

// S3-18: whoever matched from the beginning came to match at no time, however little of the period is gone through.
func TestWhoMatchedFromTheBeginningDidNotEnter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newPast(t, w)
	ana := w.contact("Ana", "+16505550101")
	p.project(w.project())
	began := p.at(w.org.UUID, w.position)
	for _, name := range []string{"Anna", "Anne", "Annie"} {
		w.happened(ana.Stream(), contact.Renamed{Name: personal.New(name)})
		p.project(w.project())
	}
	bob := w.contact("Bob", "+16505550102")
	p.project(w.project())
	// The first version of each comes last where nobody says in which order.
	if _, err := w.writer.Exec(t.Context(), `update `+postgres.Schema(p.group)+`.contact_versions set revision = 0 where revision = 0`); err != nil {
		t.Fatal(err)
	}
	for most, want := range map[int][]uuid.UUID{0: {bob.UUID}, 3: nil, 2: nil, 1: nil} {
		versions := p.contacts()
		versions.Most = most
		met, err := versions.Entered(t.Context(), w.org.UUID, began, p.at(w.org.UUID, w.position), readmodels.ContactFilter{}, time.UTC, 9)
		var first []uuid.UUID
		for _, e := range met.First {
			first = append(first, e.Contact)
		}
		if err != nil || !cmp.Equal(want, first) || met.Contacts != len(want) || met.Exact != (most == 0) {
			t.Errorf("of %d versions %d contacts came, %v first, exactly: %t; %v", most, met.Contacts, first, met.Exact, err)
		}
	}
}
