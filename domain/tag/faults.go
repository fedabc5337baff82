package tag

import "tagtrail/domain/fault"

// The faults of the tag catalogue.
var (
	ErrUnknown     = fault.New(fault.NotFound, "tag.unknown", "there is no such tag")
	ErrDeleted     = fault.New(fault.Conflict, "tag.deleted", "the tag is deleted")
	ErrMerged      = fault.New(fault.Gone, "tag.merged", "the tag was merged into another one")
	ErrMergeItself = fault.New(fault.Invalid, "tag.merge-itself", "a tag cannot be merged into itself")
	ErrMergeKinds  = fault.New(fault.Conflict, "tag.merge-kinds", "only labels merge with labels, and tags of free values with their like")
	ErrActive      = fault.New(fault.Conflict, "tag.active", "the tag is not deleted")
	ErrStale       = fault.New(fault.Stale, "tag.stale", "the tag changed in the meantime")

	ErrBlankName      = fault.New(fault.Invalid, "tag.blank-name", "a tag's name shows at least one character")
	ErrNameTooLong    = fault.New(fault.Invalid, "tag.name-too-long", "a tag's name has at most 50 characters")
	ErrNameCharacters = fault.New(fault.Invalid, "tag.name-characters", "a tag's name has no comma, no | and no control characters")
	ErrNameTaken      = fault.New(fault.Conflict, "tag.name-taken", "another tag has this name")

	ErrDescriptionTooLong    = fault.New(fault.Invalid, "tag.description-too-long", "a tag's description has at most 500 characters")
	ErrDescriptionCharacters = fault.New(fault.Invalid, "tag.description-characters", "a tag's description has no control characters")
	ErrUnknownColor          = fault.New(fault.Invalid, "tag.unknown-color", "a tag's colour is default or one of the presets")
	ErrUnknownKind           = fault.New(fault.Invalid, "tag.unknown-kind", "a tag is a label or valued")

	ErrBlankValue      = fault.New(fault.Invalid, "tag.blank-value", "a value shows at least one character")
	ErrValueTooLong    = fault.New(fault.Invalid, "tag.value-too-long", "a value has at most 50 characters")
	ErrValueCharacters = fault.New(fault.Invalid, "tag.value-characters", "a value has no comma, no | and no control characters")
	ErrValueTwice      = fault.New(fault.Invalid, "tag.value-twice", "the list has the same value twice")
	ErrTooManyValues   = fault.New(fault.Invalid, "tag.too-many-values", "a tag has at most 200 values")
	ErrNoValues        = fault.New(fault.Invalid, "tag.no-values", "a list of fixed values has at least one")
	ErrNoFixedValues   = fault.New(fault.Invalid, "tag.no-fixed-values", "only a valued tag with a fixed list has values to edit")

	ErrTooManyTags   = fault.New(fault.Conflict, "tag.too-many-tags", "a catalogue has at most 5,000 active tags")
	ErrTooManyAtOnce = fault.New(fault.Invalid, "tag.too-many-at-once", "at most 500 tags are deleted at once")
)

// Faults lists every fault of the catalogue.
func Faults() []*fault.Fault {
	return []*fault.Fault{
		ErrUnknown, ErrDeleted, ErrMerged, ErrActive, ErrStale, ErrMergeItself, ErrMergeKinds,
		ErrBlankName, ErrNameTooLong, ErrNameCharacters, ErrNameTaken,
		ErrDescriptionTooLong, ErrDescriptionCharacters, ErrUnknownColor, ErrUnknownKind,
		ErrBlankValue, ErrValueTooLong, ErrValueCharacters, ErrValueTwice, ErrTooManyValues, ErrNoValues, ErrNoFixedValues,
		ErrTooManyTags, ErrTooManyAtOnce,
	}
}
