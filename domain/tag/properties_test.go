package tag_test

import (
	"reflect"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tagtrail/domain"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
	"tagtrail/domain/text"
)

// world is a catalogue under random commands, and what it has to be by a simpler account.
type world struct {
	catalog *tag.Catalog
	history []event.Recorded[tag.Event]
	active  map[tag.ID]string
	deleted map[tag.ID]string
	numbers map[tag.ID]tag.Number
}

// Whatever is asked, no two active tags share a folded name (S0-23), numbers
// are never reused, and the catalogue agrees with a plain map of its tags.
func TestNoTwoActiveTagsShareAName(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &world{catalog: tag.NewCatalog(), active: map[tag.ID]string{}, deleted: map[tag.ID]string{}, numbers: map[tag.ID]tag.Number{}}
		t.Repeat(map[string]func(*rapid.T){
			"create": func(t *rapid.T) {
				id := tag.ID{UUID: uuid.UUID{15: byte(len(w.numbers)), 14: byte(len(w.numbers) >> 8)}}
				name := drawName(t)
				if w.decide(t, func(c *tag.Catalog) ([]tag.Event, error) { return c.Create(id, tag.Draft{Name: name}) }) {
					w.active[id] = name
				}
			},
			"rename": func(t *rapid.T) {
				id, name := w.draw(t), drawName(t)
				if w.decide(t, func(c *tag.Catalog) ([]tag.Event, error) { return c.Edit(id, tag.Changes{Name: &name}, nil) }) {
					w.active[id] = name
				}
			},
			"delete": func(t *rapid.T) {
				id := w.draw(t)
				if w.decide(t, func(c *tag.Catalog) ([]tag.Event, error) { return c.Delete([]tag.ID{id}, nil) }) {
					w.move(id, w.active, w.deleted)
				}
			},
			"restore": func(t *rapid.T) {
				id := w.draw(t)
				if w.decide(t, func(c *tag.Catalog) ([]tag.Event, error) { return c.Restore(id, nil) }) {
					w.move(id, w.deleted, w.active)
				}
			},
			"restore as": func(t *rapid.T) {
				id, name := w.draw(t), drawName(t)
				if w.decide(t, func(c *tag.Catalog) ([]tag.Event, error) { return c.Restore(id, &name) }) {
					w.move(id, w.deleted, w.active)
					w.active[id] = name
				}
			},
			"": w.check,
		})
	})
}

func drawName(t *rapid.T) string {
	return rapid.SampledFrom([]string{"VIP", "vip", "ＶＩＰ", "Gold", "GOLD", "Straße", "STRASSE", "é", "É"}).Draw(t, "name")
}

func (w *world) draw(t *rapid.T) tag.ID {
	if len(w.numbers) == 0 {
		t.Skip("there is no tag yet")
	}
	return tag.ID{UUID: uuid.UUID{15: byte(rapid.IntRange(0, len(w.numbers)-1).Draw(t, "tag"))}}
}

func (w *world) move(id tag.ID, from, to map[tag.ID]string) {
	if name, ok := from[id]; ok {
		to[id] = name
		delete(from, id)
	}
}

// decide applies what was decided and says whether it was no refusal.
func (w *world) decide(t *rapid.T, decision func(*tag.Catalog) ([]tag.Event, error)) bool {
	decided, err := decision(w.catalog)
	for _, e := range decided {
		recorded := event.Recorded[tag.Event]{Revision: event.Revision(len(w.history)), Data: e}
		w.catalog.Apply(recorded)
		w.history = append(w.history, recorded)
		if made, ok := e.(tag.Created); ok {
			for _, number := range w.numbers {
				if number >= made.Number {
					t.Fatalf("number %d is not above %d", made.Number, number)
				}
			}
			w.numbers[made.Tag] = made.Number
		}
	}
	return err == nil
}

func (w *world) check(t *rapid.T) {
	names := map[string]tag.ID{}
	for id, name := range w.active {
		found, ok := w.catalog.Find(id)
		if !ok || !found.Active || found.Name != name || found.Number != w.numbers[id] {
			t.Fatalf("the catalogue has %+v, want %q active with number %d", found, name, w.numbers[id])
		}
		if other, taken := names[text.Fold(name)]; taken {
			t.Fatalf("%s and %s are both active as %q", id, other, name)
		}
		names[text.Fold(name)] = id
	}
	for id := range w.deleted {
		if found, ok := w.catalog.Find(id); !ok || found.Active {
			t.Fatalf("the catalogue has %+v, want it deleted", found)
		}
	}
}

// A history folds the same in one go and after it went through JSON and the catalogue of events.
func TestAHistoryFoldsTheSameAfterTheLog(t *testing.T) {
	t.Parallel()
	events := domain.Catalog()
	rapid.Check(t, func(t *rapid.T) {
		direct, read := tag.NewCatalog(), tag.NewCatalog()
		for i, e := range drawHistory(t) {
			data, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			decoded, err := events.Decode(e.EventName(), 1, data)
			if err != nil {
				t.Fatal(err)
			}
			direct.Apply(event.Recorded[tag.Event]{Revision: event.Revision(i), Data: e})
			read.Apply(event.Recorded[tag.Event]{Revision: event.Revision(i), Data: decoded.(tag.Event)})
		}
		if !reflect.DeepEqual(direct, read) {
			t.Fatalf("folded\n%+v\nand after the log\n%+v", direct, read)
		}
	})
}

// drawHistory asks at random until some things happened.
func drawHistory(t *rapid.T) []tag.Event {
	catalog, history := tag.NewCatalog(), []tag.Event{}
	pick := func() tag.ID { return tag.ID{UUID: uuid.UUID{15: byte(rapid.IntRange(0, 5).Draw(t, "tag"))}} }
	for range rapid.IntRange(1, 30).Draw(t, "length") {
		name := rapid.StringN(1, 8, -1).Draw(t, "text")
		var decided []tag.Event
		var err error
		switch id := pick(); rapid.IntRange(0, 4).Draw(t, "what") {
		case 0:
			if _, known := catalog.Find(id); !known {
				values := rapid.SliceOfN(rapid.StringN(1, 5, -1), 0, 3).Draw(t, "values")
				decided, err = catalog.Create(id, tag.Draft{Name: name, Kind: tag.Valued, Values: values})
			}
		case 1:
			decided, err = catalog.Edit(id, tag.Changes{Name: &name, Description: &name, Color: new("red")}, nil)
		case 2:
			values := rapid.SliceOfN(rapid.StringN(1, 5, -1), 0, 3).Draw(t, "values")
			decided, err = catalog.Edit(id, tag.Changes{Values: &values}, nil)
		case 3:
			decided, err = catalog.Delete([]tag.ID{id}, nil)
		case 4:
			decided, err = catalog.Restore(id, nil)
		}
		if err != nil {
			continue
		}
		for _, e := range decided {
			catalog.Apply(event.Recorded[tag.Event]{Revision: event.Revision(len(history)), Data: e})
			history = append(history, e)
		}
	}
	return history
}

// The stream of a catalogue is named after its organisation.
func TestACatalogueHasOneStream(t *testing.T) {
	t.Parallel()
	org := organization.ID{UUID: uuid.UUID{15: 7}}
	if got, want := org.CatalogStream(), "tagcatalog-00000000-0000-0000-0000-000000000007"; got != want {
		t.Errorf("the stream is %s, want %s", got, want)
	}
}
