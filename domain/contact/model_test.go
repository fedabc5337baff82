package contact_test

import (
	"maps"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tagtrail/domain"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/tag"
)

// model is what a contact is to somebody who knows nothing of events.
type model struct {
	tags   map[tag.ID]string // and their values
	status contact.LeadStatus
	name   string
}

// A contact under random commands is what a map is under the same, and its history tells the same after a round trip
// through JSON.
func TestAContactIsWhatAMapWouldBe(t *testing.T) {
	t.Parallel()
	const limit = 3
	entries := catalog()
	label := rapid.SampledFrom([]tag.ID{vip, lead, city, tier, deleted, unknown})
	rapid.Check(t, func(t *rapid.T) {
		var given history
		m := model{tags: map[tag.ID]string{}, status: contact.Cold, name: "Ana"}
		given = append(given, ana())
		next := byte(0)
		accept := func(events []contact.Event, err error) bool {
			given = append(given, events...)
			return err == nil
		}
		t.Repeat(map[string]func(*rapid.T){
			"assign": func(t *rapid.T) {
				id := label.Draw(t, "tag")
				var value *string
				if rapid.Bool().Draw(t, "with a value") {
					value = new(rapid.SampledFrom([]string{"gold", "silver", "bronze", ""}).Draw(t, "value"))
				}
				next++
				events, err := fold(given...).AssignTag(entries, id, value, stay(next), limit)
				if want := m.assign(id, value, limit); accept(events, err) != want {
					t.Fatalf("assign %s: %v, want accepted = %v", id, err, want)
				}
			},
			"remove": func(t *rapid.T) {
				id := label.Draw(t, "tag")
				events, err := fold(given...).RemoveTag(entries, id, "")
				if accept(events, err) != (id != unknown) {
					t.Fatalf("remove %s: %v", id, err)
				}
				delete(m.tags, id)
			},
			"move": func(t *rapid.T) {
				to := rapid.SampledFrom(contact.LeadStatuses()).Draw(t, "status")
				events, err := fold(given...).ChangeLeadStatus(to)
				if !accept(events, err) || len(events) > 0 != (m.status != to) {
					t.Fatalf("from %s to %s: %d events, %v", m.status, to, len(events), err)
				}
				m.status = to
			},
			"rename": func(t *rapid.T) {
				name := rapid.SampledFrom([]string{"", "Ana", "Bea"}).Draw(t, "name")
				events, err := fold(given...).Edit(contact.Changes{Name: &name}, nil)
				if !accept(events, err) || len(events) > 0 != (m.name != name) {
					t.Fatalf("from %q to %q: %d events, %v", m.name, name, len(events), err)
				}
				m.name = name
			},
			"": func(t *rapid.T) {
				if diff := cmp.Diff(m, told(given), cmp.AllowUnexported(model{})); diff != "" {
					t.Fatalf("the history tells something else (- model, + history):\n%s", diff)
				}
				if diff := cmp.Diff(told(given), told(throughJSON(t, given)), cmp.AllowUnexported(model{})); diff != "" {
					t.Fatalf("the history tells something else after JSON:\n%s", diff)
				}
			},
		})
	})
}

func (m model) assign(id tag.ID, value *string, limit int) bool {
	valued := id == city || id == tier
	if id == unknown || id == deleted || valued != (value != nil) {
		return false
	}
	written := ""
	if valued {
		written = *value
		if written == "" || id == tier && written == "bronze" {
			return false
		}
	}
	if _, carried := m.tags[id]; !carried && len(m.tags) >= limit {
		return false
	}
	m.tags[id] = written
	return true
}

// told answers what a reader without memory makes of a history: it follows what each event says that it ends.
func told(given history) model {
	m := model{tags: map[tag.ID]string{}}
	open := map[contact.AssignmentID]tag.ID{}
	values := map[contact.AssignmentID]string{}
	for _, e := range given {
		switch e := e.(type) {
		case contact.Created:
			m.status, m.name = e.LeadStatus, e.Name.Reveal()
		case contact.Renamed:
			m.name = e.Name.Reveal()
		case contact.LeadStatusChanged:
			m.status = e.To
		case contact.TagAssigned:
			open[e.Assignment], values[e.Assignment] = e.Tag, word(e.Value)
		case contact.TagRemoved:
			delete(open, e.Assignment)
		case contact.TagValueChanged:
			delete(open, e.Ended)
			open[e.Assignment], values[e.Assignment] = e.Tag, word(e.To)
		case contact.IdentityLinked, contact.IdentityUnlinked, contact.ProfileNameChanged, contact.EmailChanged, contact.OwnerChanged, contact.Erased,
			contact.FirstNameChanged, contact.LastNameChanged, contact.CompanyChanged, contact.AddressChanged, contact.SocialProfileChanged,
			contact.CountryChanged, contact.LanguageChanged, contact.FieldSet, contact.FieldCleared, contact.NoteAdded, contact.NoteEdited,
			contact.NoteDeleted, contact.LimitExceeded, contact.Archived, contact.Restored, contact.Merged, contact.Absorbed,
			contact.Separated, contact.Released, contact.ToldApart, contact.ConsentGiven, contact.ConsentWithdrawn,
			contact.LegalHoldPlaced, contact.LegalHoldLifted:
			// the model knows nothing of these
		}
	}
	for assignment, id := range maps.All(open) {
		m.tags[id] = values[assignment]
	}
	return m
}

func word(v *contact.TagValue) string {
	switch {
	case v == nil:
		return ""
	case v.Number != 0:
		return []string{"", "gold", "silver"}[v.Number]
	default:
		return v.Text.Reveal()
	}
}

func throughJSON(t *rapid.T, given history) history {
	known := domain.Catalog()
	var read history
	for _, e := range given {
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		version, err := known.Version(e)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := known.Decode(e.EventName(), version, data)
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, decoded.(contact.Event))
	}
	return read
}

func TestAnEventNamesTheContactOfItsStream(t *testing.T) {
	t.Parallel()
	who := contact.ID{UUID: uuid.New()}
	if got := contact.Of(event.Recorded[contact.Renamed]{Stream: who.Stream()}); got != who {
		t.Errorf("the contact of %s is %s", who.Stream(), got)
	}
}
