package importing

import (
	"slices"

	"github.com/google/uuid"

	"tagtrail/domain/fault"
)

// TagsMode says what the column of tags does to the labels that a contact carries.
type TagsMode string

// The modes.
const (
	AddTags     TagsMode = "add"     // what is named is put on; a blank cell leaves all as it is
	ReplaceTags TagsMode = "replace" // and what is not named is taken off; a blank cell takes off all
)

// UnknownTags says what becomes of tags that the catalogue does not have.
type UnknownTags string

// The ways.
const (
	RejectUnknown UnknownTags = "reject" // the row is refused
	CreateUnknown UnknownTags = "create" // the catalogue gets them
	SkipUnknown   UnknownTags = "skip"   // they are passed over
)

// Settings are how a file is to be taken.
type Settings struct {
	Mapping     map[string]string `json:"mapping,omitzero"` // what a column is, by its heading or its number
	TagsMode    TagsMode          `json:"tags_mode"`
	UnknownTags UnknownTags       `json:"unknown_tags"`
	Channel     uuid.UUID         `json:"channel,omitzero"`  // the business number that the contacts belong to
	Encoding    string            `json:"encoding,omitzero"` // of a CSV file; "" finds it out
	DryRun      bool              `json:"dry_run,omitzero"`
}

// Check answers the settings with what is left out filled in.
func (s Settings) Check() (Settings, error) {
	if s.TagsMode == "" {
		s.TagsMode = AddTags
	}
	if s.UnknownTags == "" {
		s.UnknownTags = RejectUnknown
	}
	switch {
	case !slices.Contains([]TagsMode{AddTags, ReplaceTags}, s.TagsMode):
		return s, ErrTagsMode
	case !slices.Contains([]UnknownTags{RejectUnknown, CreateUnknown, SkipUnknown}, s.UnknownTags):
		return s, ErrUnknownTags
	}
	return s, nil
}

// What is wrong with how a file is to be taken.
var (
	ErrTagsMode    = fault.New(fault.Invalid, "import.invalid-tags-mode", "tags_mode is add or replace")
	ErrUnknownTags = fault.New(fault.Invalid, "import.invalid-unknown-tags", "unknown_tags is reject, create or skip")
	ErrMapping     = fault.New(fault.Invalid, "import.invalid-mapping", "the mapping names a column that the file does not have, or something that contacts do not have")

	ErrNoPhoneColumn = fault.New(fault.Invalid, "import.no-phone-column", "no column holds the phone number: head one id or phone, or map one to it")
	ErrColumnTwice   = fault.New(fault.Invalid, "import.column-twice", "two columns are the same; map one of them to ignore")
	ErrUnknownColumn = fault.New(fault.Invalid, "import.unknown-column", "a column is neither a detail of contacts nor a valued tag nor a custom field: map it, or let unknown_tags create or skip it")
)

// ErrFileGone answers whoever asks for a file that is not kept any more.
var ErrFileGone = fault.New(fault.Gone, "import.file-gone", "the file is not kept any more: files are given up when somebody is erased whom they name; send it again")

// Faults lists everything that a file may be refused for, as a whole or in a row.
func Faults() []*fault.Fault {
	return slices.Concat(FileFaults(), RowFaults(), []*fault.Fault{ErrFileGone})
}

// FileFaults lists what a file may be refused for as a whole.
func FileFaults() []*fault.Fault {
	return []*fault.Fault{
		ErrEmpty, ErrNoRows, ErrNotATable, ErrOldExcel, ErrOtherSheet, ErrMacros, ErrBrokenSheet, ErrWorkbookSize,
		ErrEncoding, ErrUnknownCode, ErrOpenQuote, ErrRowTooLong, ErrManyColumns, ErrManyRows,
		ErrTagsMode, ErrUnknownTags, ErrMapping, ErrNoPhoneColumn, ErrColumnTwice, ErrUnknownColumn,
	}
}

// RowFaults lists what a row may be refused for before anybody looks at its contact.
func RowFaults() []*fault.Fault {
	return []*fault.Fault{
		ErrQuote, ErrExtraCells, ErrShortRow, ErrCellTooLong, ErrDateCell, ErrErrorCell, ErrRounded, ErrDecimal, ErrUnknownTag, ErrDeletedTag,
	}
}

// What is wrong with a cell.
var (
	ErrRounded    = fault.New(fault.Invalid, "import.number-rounded", "a spreadsheet shortened this number and lost digits; format the column as text and write the number again")
	ErrDecimal    = fault.New(fault.Invalid, "import.number-decimal", "a spreadsheet made a decimal number of this; format the column as text")
	ErrUnknownTag = fault.New(fault.Invalid, "import.unknown-tag", "the catalogue has no such tag")
	ErrDeletedTag = fault.New(fault.Invalid, "import.deleted-tag", "the tag is deleted")
)
