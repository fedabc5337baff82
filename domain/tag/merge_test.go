package tag_test

import (
	"testing"

	"tagtrail/domain/domaintest"
	"tagtrail/domain/tag"
)

func merge(from, into tag.ID) decision {
	return func(c *tag.Catalog) ([]tag.Event, error) { return c.Merge(from, into, nil) }
}

func unmerge(of tag.ID, as *string) decision {
	return func(c *tag.Catalog) ([]tag.Event, error) { return c.Unmerge(of, as) }
}

func blue() tag.ID { return id(4) }

func TestMerge(t *testing.T) {
	t.Parallel()
	goldCreated := tag.Created{Tag: gold(), Number: 3, Name: "Gold", Color: tag.DefaultColor, Kind: tag.Label}
	merged := tag.Merged{Tag: vip(), Number: 1, Into: gold(), IntoNumber: 3}
	unmerged := tag.Unmerged{Tag: vip(), Number: 1, From: gold(), FromNumber: 3}
	both := events(vipCreated(), cityCreated(), goldCreated)
	after := append(both[:3:3], merged)
	blueCreated := tag.Created{Tag: blue(), Number: 4, Name: "Blue", Color: tag.DefaultColor, Kind: tag.Label}
	chain := append(after[:4:4], blueCreated, tag.Merged{Tag: gold(), Number: 3, Into: blue(), IntoNumber: 4, With: []tag.ID{vip()}})
	run(t, []row{
		{name: "a tag is another one from now on", given: both, when: merge(vip(), gold()), then: events(merged)},
		{name: "and not twice", given: after, when: merge(vip(), gold())},
		{name: "not itself", given: both, when: merge(vip(), vip()), fault: tag.ErrMergeItself},
		{name: "not one of another kind", given: both, when: merge(vip(), city()), fault: tag.ErrMergeKinds},
		{name: "not one that was merged", given: after, when: merge(gold(), vip()), fault: tag.ErrMerged},
		{name: "not one that is deleted", given: append(both[:3:3], tag.Deleted{Tag: gold(), Number: 3}), when: merge(vip(), gold()), fault: tag.ErrDeleted},
		{name: "not one that is not there", given: events(vipCreated()), when: merge(vip(), gold()), fault: tag.ErrUnknown},
		{name: "what was merged is not edited", given: after, when: edit(vip(), tag.Changes{Name: new("x")}), fault: tag.ErrMerged},
		{name: "nor restored", given: after, when: restore(vip()), fault: tag.ErrMerged},
		{name: "deleting it changes nothing", given: after, when: remove(vip())},
		{name: "its name is free", given: after, when: create(tag.Draft{Name: "VIP"}), then: events(tag.Created{Tag: gold(), Number: 4, Name: "VIP", Color: "default", Kind: tag.Label})},
		{name: "a merge is undone", given: after, when: unmerge(vip(), nil), then: events(unmerged)},
		{name: "under another name, when its own is taken", given: append(after[:4:4], tag.Renamed{Tag: gold(), Number: 3, From: "Gold", To: "vip"}), when: unmerge(vip(), new("Very")),
			then: events(tag.Renamed{Tag: vip(), Number: 1, From: "VIP", To: "Very"}, unmerged)},
		{name: "else it is refused", given: append(after[:4:4], tag.Renamed{Tag: gold(), Number: 3, From: "Gold", To: "vip"}), when: unmerge(vip(), nil), fault: tag.ErrNameTaken},
		{
			name: "what it stood for goes along", given: chain[:5], when: merge(gold(), blue()),
			then: events(tag.Merged{Tag: gold(), Number: 3, Into: blue(), IntoNumber: 4, With: []tag.ID{vip()}}),
		},
		{
			name: "and comes back with it", given: chain, when: unmerge(gold(), nil),
			then: events(tag.Unmerged{Tag: gold(), Number: 3, From: blue(), FromNumber: 4, With: []tag.ID{vip()}}),
		},
		{
			name: "a tag in the middle leaves alone", given: chain, when: unmerge(vip(), nil), then: events(unmerged),
		},
		{name: "what was not merged stands for itself already", given: both, when: unmerge(vip(), nil)},
	})
}

func TestTheNameOfAMergedTagIsNotItsDeletedNamesake(t *testing.T) {
	t.Parallel()
	c := tag.NewCatalog()
	for _, r := range domaintest.Given(events(vipCreated(), cityCreated(), tag.Merged{Tag: vip(), Number: 1, Into: city(), IntoNumber: 2})...) {
		c.Apply(r)
	}
	if namesake, found := c.DeletedNamesake("VIP"); found {
		t.Errorf("%s can be restored, although it was merged", namesake)
	}
	if _, named := c.Named("VIP"); named {
		t.Error("a merged tag still has its name")
	}
	if id, named := c.Named(" CITY"); !named || id != city() {
		t.Error("a name is not found as names are compared")
	}
}
