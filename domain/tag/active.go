package tag

import (
	"cmp"
	"maps"
	"slices"
)

// ActiveTags answers the tags that can be put on contacts, in the order in which they were created.
func (c *Catalog) ActiveTags() []Tag {
	active := slices.DeleteFunc(slices.Collect(maps.Values(c.tags)), func(t Tag) bool { return !t.Active })
	slices.SortFunc(active, func(a, b Tag) int { return cmp.Compare(a.Number, b.Number) })
	return active
}
