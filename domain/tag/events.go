package tag

import (
	"github.com/google/uuid"

	"tagtrail/domain/event"
)

// ID names a tag for ever, whatever it is called.
type ID struct{ uuid.UUID }

// Number is a tag's small number: unique in its organisation, given once by the catalogue, never reused.
type Number int32

// ValueNumber is the small number of a fixed value, unique within its tag, never reused.
type ValueNumber int32

// Kind is label or valued.
type Kind string

// The kinds of tags.
const (
	Label  Kind = "label"
	Valued Kind = "valued"
)

// Policy says which values a valued tag takes; a label has none.
type Policy string

// The policies of valued tags.
const (
	FreeText  Policy = "free"
	FixedList Policy = "fixed"
)

// Value is one of the fixed values of a tag.
type Value struct {
	Number ValueNumber `json:"number"`
	Name   string      `json:"name"`
}

// Event is any event of the tag catalogue.
//
//sumtype:decl
type Event interface {
	event.Event
	ofCatalog()
}

// Created says that a tag entered the catalogue.
type Created struct {
	Tag         ID      `json:"tag"`
	Number      Number  `json:"number"`
	Name        string  `json:"name"` // as typed, in NFC
	Description string  `json:"description,omitzero"`
	Color       string  `json:"color"` // "default" or one of Colors()
	Kind        Kind    `json:"kind"`
	Policy      Policy  `json:"policy,omitzero"`
	Values      []Value `json:"values,omitzero"`
}

// EventName is the stored name.
func (Created) EventName() string { return "tag.created" }

// Renamed says that a tag got another name.
type Renamed struct {
	Tag    ID     `json:"tag"`
	Number Number `json:"number"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// EventName is the stored name.
func (Renamed) EventName() string { return "tag.renamed" }

// Described says that a tag got another description.
type Described struct {
	Tag    ID     `json:"tag"`
	Number Number `json:"number"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// EventName is the stored name.
func (Described) EventName() string { return "tag.described" }

// Recolored says that a tag got another colour.
type Recolored struct {
	Tag    ID     `json:"tag"`
	Number Number `json:"number"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// EventName is the stored name.
func (Recolored) EventName() string { return "tag.recolored" }

// ValueAdded says that a valued tag takes one more fixed value.
type ValueAdded struct {
	Tag    ID     `json:"tag"`
	Number Number `json:"number"`
	Value  Value  `json:"value"`
}

// EventName is the stored name.
func (ValueAdded) EventName() string { return "tag.value-added" }

// ValueRetired says that a fixed value can no longer be chosen; assignments that carry it keep it.
type ValueRetired struct {
	Tag    ID     `json:"tag"`
	Number Number `json:"number"`
	Value  Value  `json:"value"`
}

// EventName is the stored name.
func (ValueRetired) EventName() string { return "tag.value-retired" }

// Deleted says that a tag can no longer be applied; its assignments become historical.
type Deleted struct {
	Tag    ID     `json:"tag"`
	Number Number `json:"number"`
}

// EventName is the stored name.
func (Deleted) EventName() string { return "tag.deleted" }

// Restored says that a deleted tag is back, and its assignments count again.
type Restored struct {
	Tag    ID     `json:"tag"`
	Number Number `json:"number"`
}

// EventName is the stored name.
func (Restored) EventName() string { return "tag.restored" }

// Merged says that a tag is another one from now on: whoever carries it carries that one.
type Merged struct {
	Tag        ID     `json:"tag"`
	Number     Number `json:"number"`
	Into       ID     `json:"into"`
	IntoNumber Number `json:"into_number"`
	With       []ID   `json:"with,omitzero"` // tags that it stood for itself, and that go along
}

// EventName is the stored name.
func (Merged) EventName() string { return "tag.merged" }

// Unmerged says that a merged tag stands for itself again.
type Unmerged struct {
	Tag        ID     `json:"tag"`
	Number     Number `json:"number"`
	From       ID     `json:"from"`
	FromNumber Number `json:"from_number"`
	With       []ID   `json:"with,omitzero"` // tags that it stood for itself, and stands for again
}

// EventName is the stored name.
func (Unmerged) EventName() string { return "tag.unmerged" }

func (Created) ofCatalog()      {}
func (Renamed) ofCatalog()      {}
func (Described) ofCatalog()    {}
func (Recolored) ofCatalog()    {}
func (ValueAdded) ofCatalog()   {}
func (ValueRetired) ofCatalog() {}
func (Deleted) ofCatalog()      {}
func (Restored) ofCatalog()     {}
func (Merged) ofCatalog()       {}
func (Unmerged) ofCatalog()     {}

// Events declares every event of the catalogue that was ever stored.
func Events() []event.Spec {
	return []event.Spec{
		event.Of[Created](1),
		event.Of[Renamed](1),
		event.Of[Described](1),
		event.Of[Recolored](1),
		event.Of[ValueAdded](1),
		event.Of[ValueRetired](1),
		event.Of[Deleted](1),
		event.Of[Restored](1),
		event.Of[Merged](2, event.Upcast{From: 1, Lift: alone}),
		event.Of[Unmerged](2, event.Upcast{From: 1, Lift: alone}),
	}
}
