package tag_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/domain/domaintest"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/tag"
)

// The tags of these tests.
func vip() tag.ID  { return id(1) }
func city() tag.ID { return id(2) }
func gold() tag.ID { return id(3) }

func id(n byte) tag.ID { return tag.ID{UUID: uuid.UUID{15: n}} }

func vipCreated() tag.Created {
	return tag.Created{Tag: vip(), Number: 1, Name: "VIP", Description: "buys a lot", Color: "red", Kind: tag.Label}
}

func cityCreated() tag.Created {
	return tag.Created{
		Tag: city(), Number: 2, Name: "City", Color: tag.DefaultColor, Kind: tag.Valued, Policy: tag.FixedList,
		Values: []tag.Value{{Number: 1, Name: "Barcelona"}, {Number: 2, Name: "Lima"}},
	}
}

type decision func(*tag.Catalog) ([]tag.Event, error)

func create(draft tag.Draft) decision {
	return func(c *tag.Catalog) ([]tag.Event, error) { return c.Create(gold(), draft) }
}

func edit(of tag.ID, changes tag.Changes) decision {
	return func(c *tag.Catalog) ([]tag.Event, error) { return c.Edit(of, changes, nil) }
}

func editAt(of tag.ID, changes tag.Changes, revision event.Revision) decision {
	return func(c *tag.Catalog) ([]tag.Event, error) { return c.Edit(of, changes, &revision) }
}

func remove(ids ...tag.ID) decision {
	return func(c *tag.Catalog) ([]tag.Event, error) { return c.Delete(ids, nil) }
}

func restore(of tag.ID, as ...string) decision {
	return func(c *tag.Catalog) ([]tag.Event, error) {
		if len(as) > 0 {
			return c.Restore(of, &as[0])
		}
		return c.Restore(of, nil)
	}
}

func events(e ...tag.Event) []tag.Event { return e }

type row struct {
	name  string
	given []tag.Event
	when  decision
	then  []tag.Event
	fault *fault.Fault
}

func run(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			outcome := domaintest.When(domaintest.Given(r.given...), tag.NewCatalog(), r.when)
			if r.fault != nil {
				outcome.ThenFault(t, r.fault)
				return
			}
			outcome.Then(t, r.then...)
		})
	}
}

// S0-19, S0-22, S0-24, S0-26.
func TestCreate(t *testing.T) {
	t.Parallel()
	label := func(name string) tag.Draft { return tag.Draft{Name: name} }
	run(t, []row{
		{
			name: "a label needs no more than a name", when: create(label(" Gold ")),
			then: events(tag.Created{Tag: gold(), Number: 1, Name: "Gold", Color: "default", Kind: tag.Label}),
		},
		{
			name: "a label has a description and a colour", when: create(tag.Draft{Name: "Gold", Description: " spends\r\nmuch ", Color: "amber", Kind: tag.Label}),
			then: events(tag.Created{Tag: gold(), Number: 1, Name: "Gold", Description: "spends\nmuch", Color: "amber", Kind: tag.Label}),
		},
		{
			name: "a valued tag without a list takes free text (C14)", when: create(tag.Draft{Name: "Gold", Kind: tag.Valued}),
			then: events(tag.Created{Tag: gold(), Number: 1, Name: "Gold", Color: "default", Kind: tag.Valued, Policy: tag.FreeText}),
		},
		{
			name: "the values of a list get numbers (C14)", when: create(tag.Draft{Name: "Gold", Kind: tag.Valued, Values: []string{"9 ct", " 18 ct"}}),
			then: events(tag.Created{
				Tag: gold(), Number: 1, Name: "Gold", Color: "default", Kind: tag.Valued, Policy: tag.FixedList,
				Values: []tag.Value{{Number: 1, Name: "9 ct"}, {Number: 2, Name: "18 ct"}},
			}),
		},
		{
			name: "a number follows the last one given", given: events(vipCreated(), cityCreated(), tag.Deleted{Tag: city(), Number: 2}), when: create(label("Gold")),
			then: events(tag.Created{Tag: gold(), Number: 3, Name: "Gold", Color: "default", Kind: tag.Label}),
		},
		{
			name: "a deleted tag's name makes a new tag (C13)", given: events(vipCreated(), tag.Deleted{Tag: vip(), Number: 1}), when: create(label("vip")),
			then: events(tag.Created{Tag: gold(), Number: 2, Name: "vip", Color: "default", Kind: tag.Label}),
		},
		{name: "a name is taken in every case and width (S0-23, C13)", given: events(vipCreated()), when: create(label("ｖip")), fault: tag.ErrNameTaken},
		{
			name: "a name is taken by the new name of a tag", given: events(vipCreated(), tag.Renamed{Tag: vip(), Number: 1, From: "VIP", To: "Gold"}),
			when: create(label("GOLD")), fault: tag.ErrNameTaken,
		},
		{
			name: "a name that a tag gave up is free", given: events(vipCreated(), tag.Renamed{Tag: vip(), Number: 1, From: "VIP", To: "Silver"}),
			when: create(label("VIP")),
			then: events(tag.Created{Tag: gold(), Number: 2, Name: "VIP", Color: "default", Kind: tag.Label}),
		},
		{name: "a name that only looks the same is another", given: events(vipCreated()), when: create(label("VІP")), then: events(
			tag.Created{Tag: gold(), Number: 2, Name: "VІP", Color: "default", Kind: tag.Label})},
		{name: "a name is not blank", when: create(label(" \u200b\u3164")), fault: tag.ErrBlankName},
		{name: "a name has at most 50 characters", when: create(label(strings.Repeat("é", 51))), fault: tag.ErrNameTooLong},
		{name: "a name has no comma (C6)", when: create(label("a,b")), fault: tag.ErrNameCharacters},
		{name: "a name has no bar (C6)", when: create(label("a|b")), fault: tag.ErrNameCharacters},
		{name: "a name has no line break (C6)", when: create(label("a\nb")), fault: tag.ErrNameCharacters},
		{name: "a name has no control character (C6)", when: create(label("a\u0007b")), fault: tag.ErrNameCharacters},
		{name: "a name has no override of direction", when: create(label("a\u202eb")), fault: tag.ErrNameCharacters},
		{name: "a description has at most 500 characters", when: create(tag.Draft{Name: "Gold", Description: strings.Repeat("x", 501)}), fault: tag.ErrDescriptionTooLong},
		{name: "a description has no control character", when: create(tag.Draft{Name: "Gold", Description: "a\x00"}), fault: tag.ErrDescriptionCharacters},
		{name: "a colour is one of the presets", when: create(tag.Draft{Name: "Gold", Color: "#ff0000"}), fault: tag.ErrUnknownColor},
		{name: "a kind is label or valued", when: create(tag.Draft{Name: "Gold", Kind: "smart"}), fault: tag.ErrUnknownKind},
		{name: "a label has no values", when: create(tag.Draft{Name: "Gold", Values: []string{"a"}}), fault: tag.ErrNoFixedValues},
		{name: "a value is not blank", when: create(tag.Draft{Name: "Gold", Kind: tag.Valued, Values: []string{"a", " "}}), fault: tag.ErrBlankValue},
		{name: "a value has at most 50 characters", when: create(tag.Draft{Name: "Gold", Kind: tag.Valued, Values: []string{strings.Repeat("x", 51)}}), fault: tag.ErrValueTooLong},
		{name: "a value has no bar", when: create(tag.Draft{Name: "Gold", Kind: tag.Valued, Values: []string{"a|b"}}), fault: tag.ErrValueCharacters},
		{name: "a value is in the list once", when: create(tag.Draft{Name: "Gold", Kind: tag.Valued, Values: []string{"a", "Ａ"}}), fault: tag.ErrValueTwice},
		{name: "a list has at most 200 values", when: create(tag.Draft{Name: "Gold", Kind: tag.Valued, Values: numbered(201)}), fault: tag.ErrTooManyValues},
		{name: "a catalogue has at most 5,000 active tags", given: full(), when: create(label("Gold")), fault: tag.ErrTooManyTags},
		{
			name: "deleted tags leave room", given: append(full(), tag.Deleted{Tag: id(0), Number: 1}), when: create(label("Gold")),
			then: events(tag.Created{Tag: gold(), Number: 5001, Name: "Gold", Color: "default", Kind: tag.Label}),
		},
	})
}

func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	return names
}

// full is a catalogue with no room left.
func full() []tag.Event {
	var history []tag.Event
	for i, name := range numbered(tag.MaxTags) {
		of := tag.ID{UUID: uuid.UUID{0: byte(i >> 8), 1: byte(i)}}
		history = append(history, tag.Created{Tag: of, Number: tag.Number(i + 1), Name: name, Color: "default", Kind: tag.Label})
	}
	return history
}

// S0-29.
func TestEdit(t *testing.T) {
	t.Parallel()
	deleted := events(vipCreated(), tag.Deleted{Tag: vip(), Number: 1})
	run(t, []row{
		{
			name: "name, description and colour change, each by an event of its own", given: events(vipCreated()),
			when: edit(vip(), tag.Changes{Name: new("Gold"), Description: new("new"), Color: new("blue")}),
			then: events(
				tag.Renamed{Tag: vip(), Number: 1, From: "VIP", To: "Gold"},
				tag.Described{Tag: vip(), Number: 1, From: "buys a lot", To: "new"},
				tag.Recolored{Tag: vip(), Number: 1, From: "red", To: "blue"},
			),
		},
		{
			name: "nothing that stays is an event", given: events(vipCreated()),
			when: edit(vip(), tag.Changes{Name: new(" VIP "), Description: new("buys a lot"), Color: new("red")}),
		},
		{name: "nothing said is no change", given: events(vipCreated()), when: edit(vip(), tag.Changes{})},
		{
			name: "a tag may spell its own name otherwise", given: events(vipCreated()), when: edit(vip(), tag.Changes{Name: new("vip")}),
			then: events(tag.Renamed{Tag: vip(), Number: 1, From: "VIP", To: "vip"}),
		},
		{
			name: "a description can be taken away, and the colour", given: events(vipCreated()), when: edit(vip(), tag.Changes{Description: new(""), Color: new("")}),
			then: events(
				tag.Described{Tag: vip(), Number: 1, From: "buys a lot"},
				tag.Recolored{Tag: vip(), Number: 1, From: "red", To: "default"},
			),
		},
		{name: "a name is not another's", given: events(vipCreated(), cityCreated()), when: edit(vip(), tag.Changes{Name: new("CITY")}), fault: tag.ErrNameTaken},
		{
			name: "a deleted tag's name is free", given: append(deleted, cityCreated()), when: edit(city(), tag.Changes{Name: new("VIP")}),
			then: events(tag.Renamed{Tag: city(), Number: 2, From: "City", To: "VIP"}),
		},
		{name: "a name is not blank", given: events(vipCreated()), when: edit(vip(), tag.Changes{Name: new("")}), fault: tag.ErrBlankName},
		{
			name: "one fault refuses all", given: events(vipCreated()), when: edit(vip(), tag.Changes{Name: new("Gold"), Color: new("puce")}),
			fault: tag.ErrUnknownColor,
		},
		{name: "a deleted tag is not edited", given: deleted, when: edit(vip(), tag.Changes{Name: new("Gold")}), fault: tag.ErrDeleted},
		{name: "an unknown tag is not edited", when: edit(vip(), tag.Changes{Name: new("Gold")}), fault: tag.ErrUnknown},
		{
			name: "values come and go, and no number comes back", given: events(cityCreated(), tag.ValueRetired{Tag: city(), Number: 2, Value: tag.Value{Number: 2, Name: "Lima"}}),
			when: edit(city(), tag.Changes{Values: &[]string{"Lima", "Quito"}}),
			then: events(
				tag.ValueRetired{Tag: city(), Number: 2, Value: tag.Value{Number: 1, Name: "Barcelona"}},
				tag.ValueAdded{Tag: city(), Number: 2, Value: tag.Value{Number: 3, Name: "Lima"}},
				tag.ValueAdded{Tag: city(), Number: 2, Value: tag.Value{Number: 4, Name: "Quito"}},
			),
		},
		{
			name: "values that stay are no event, in any order and case", given: events(cityCreated()),
			when: edit(city(), tag.Changes{Values: &[]string{"LIMA", "barcelona"}}),
		},
		{name: "a fixed list is never empty", given: events(cityCreated()), when: edit(city(), tag.Changes{Values: &[]string{}}), fault: tag.ErrNoValues},
		{name: "a label gets no values", given: events(vipCreated()), when: edit(vip(), tag.Changes{Values: &[]string{"a"}}), fault: tag.ErrNoFixedValues},
		{
			name: "the revision of the tag's own last event matches", given: events(vipCreated(), cityCreated()), when: editAt(vip(), tag.Changes{Name: new("Gold")}, 0),
			then: events(tag.Renamed{Tag: vip(), Number: 1, From: "VIP", To: "Gold"}),
		},
		{
			name: "an older revision is stale", given: events(vipCreated(), tag.Recolored{Tag: vip(), Number: 1, From: "red", To: "blue"}),
			when: editAt(vip(), tag.Changes{Name: new("Gold")}, 0), fault: tag.ErrStale,
		},
	})
}

// S0-31, S0-33.
func TestDelete(t *testing.T) {
	t.Parallel()
	run(t, []row{
		{name: "one", given: events(vipCreated()), when: remove(vip()), then: events(tag.Deleted{Tag: vip(), Number: 1})},
		{
			name: "several at once, each once", given: events(vipCreated(), cityCreated()), when: remove(city(), vip(), city()),
			then: events(tag.Deleted{Tag: city(), Number: 2}, tag.Deleted{Tag: vip(), Number: 1}),
		},
		{name: "one that is deleted already changes nothing", given: events(vipCreated(), tag.Deleted{Tag: vip(), Number: 1}), when: remove(vip())},
		{name: "one that is unknown refuses all", given: events(vipCreated()), when: remove(vip(), city()), fault: tag.ErrUnknown},
		{name: "no more than 500 at once", when: remove(make([]tag.ID, 501)...), fault: tag.ErrTooManyAtOnce},
		{name: "none is nothing", given: events(vipCreated()), when: remove()},
		{
			name: "a stale revision is refused", given: events(vipCreated(), tag.Recolored{Tag: vip(), Number: 1, From: "red", To: "blue"}),
			when: func(c *tag.Catalog) ([]tag.Event, error) {
				return c.Delete([]tag.ID{vip()}, new(event.Revision(0)))
			}, fault: tag.ErrStale,
		},
	})
}

// S0-36, C13.
func TestRestore(t *testing.T) {
	t.Parallel()
	deleted := events(vipCreated(), tag.Deleted{Tag: vip(), Number: 1})
	again := tag.Created{Tag: gold(), Number: 2, Name: "vip", Color: "default", Kind: tag.Label}
	run(t, []row{
		{name: "a deleted tag is back", given: deleted, when: restore(vip()), then: events(tag.Restored{Tag: vip(), Number: 1})},
		{name: "an active tag changes nothing", given: events(vipCreated()), when: restore(vip())},
		{name: "an active tag as what it is called changes nothing", given: events(vipCreated()), when: restore(vip(), "VIP")},
		{name: "an active tag is not renamed on this way", given: events(vipCreated()), when: restore(vip(), "Gold"), fault: tag.ErrActive},
		{name: "onto a name that was taken in the meantime is refused", given: append(deleted, again), when: restore(vip()), fault: tag.ErrNameTaken},
		{
			name: "under another name renames first", given: append(deleted, again), when: restore(vip(), "Old VIP"),
			then: events(tag.Renamed{Tag: vip(), Number: 1, From: "VIP", To: "Old VIP"}, tag.Restored{Tag: vip(), Number: 1}),
		},
		{name: "under another name that is taken is refused", given: append(deleted, again, cityCreated()), when: restore(vip(), "city"), fault: tag.ErrNameTaken},
		{name: "under a blank name is refused", given: deleted, when: restore(vip(), " "), fault: tag.ErrBlankName},
		{name: "an unknown tag is not restored", when: restore(vip()), fault: tag.ErrUnknown},
		{
			name: "a name given up before the restore frees it", given: append(deleted, again, tag.Renamed{Tag: gold(), Number: 2, From: "vip", To: "Gold"}),
			when: restore(vip()), then: events(tag.Restored{Tag: vip(), Number: 1}),
		},
		{
			name: "a full catalogue takes no tag back", given: append(deleted, full()...), when: restore(vip()), fault: tag.ErrTooManyTags,
		},
	})
}

func TestThereAreTwentyColours(t *testing.T) {
	t.Parallel()
	distinct := map[string]bool{tag.DefaultColor: true}
	for _, color := range tag.Colors() {
		distinct[color] = true
	}
	if len(distinct) != 21 {
		t.Errorf("there are %d colours, want 20 presets and the default (S0-26)", len(distinct))
	}
}

func TestATakenNameSaysWhoHasIt(t *testing.T) {
	t.Parallel()
	outcome := domaintest.When(domaintest.Given[tag.Event](vipCreated()), tag.NewCatalog(), create(tag.Draft{Name: "vip"}))
	refused := fault.Of(outcome.Err)
	if refused == nil || refused.Details["tag"] != vip().String() || refused.Pointer != "/name" {
		t.Errorf("refused with %+v, want the holder %s and the pointer /name", refused, vip())
	}
}

func TestAClonedCatalogueGoesItsOwnWay(t *testing.T) {
	t.Parallel()
	catalog := tag.NewCatalog()
	for _, recorded := range domaintest.Given[tag.Event](vipCreated(), cityCreated()) {
		catalog.Apply(recorded)
	}
	clone := catalog.Clone()
	for i, e := range []tag.Event{
		tag.Deleted{Tag: vip(), Number: 1},
		tag.ValueRetired{Tag: city(), Number: 2, Value: tag.Value{Number: 1, Name: "Barcelona"}},
		tag.ValueAdded{Tag: city(), Number: 2, Value: tag.Value{Number: 3, Name: "Quito"}},
	} {
		clone.Apply(event.Recorded[tag.Event]{Revision: event.Revision(2 + i), Data: e})
	}
	if kept, _ := catalog.Find(vip()); !kept.Active {
		t.Error("what the clone took over changed the original")
	}
	if kept, _ := catalog.Find(city()); len(kept.Values) != 2 || kept.Values[0].Name != "Barcelona" {
		t.Errorf("the original's values became %v", kept.Values)
	}
	if went, _ := clone.Find(city()); went.Active != true || len(went.Values) != 2 || went.Values[1].Name != "Quito" || went.Revision != 4 {
		t.Errorf("the clone has %+v", went)
	}
}

func TestValuesAreFoundAsNamesAreCompared(t *testing.T) {
	t.Parallel()
	catalog := tag.NewCatalog()
	catalog.Apply(domaintest.Given[tag.Event](cityCreated())[0])
	t.Run("known", func(t *testing.T) {
		t.Parallel()
		found, _ := catalog.Find(city())
		if value, ok := found.Value(" LIMA"); !ok || value.Number != 2 {
			t.Errorf("found %+v, %t; want number 2", value, ok)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		t.Parallel()
		found, _ := catalog.Find(city())
		if value, ok := found.Value("Quito"); ok {
			t.Errorf("found %+v", value)
		}
	})
}
