package importing

import "tagtrail/domain/fault"

// What is wrong with a file as a whole.
var (
	ErrEmpty        = fault.New(fault.Invalid, "import.empty-file", "the file is empty")
	ErrNoRows       = fault.New(fault.Invalid, "import.no-rows", "the file has a header and no rows")
	ErrNotATable    = fault.New(fault.Unsupported, "import.not-a-table", "the file is neither CSV nor an Excel workbook (.xlsx)")
	ErrOldExcel     = fault.New(fault.Unsupported, "import.old-excel", "this is an old Excel file (.xls) or a protected one; open it and save it as .xlsx without a password, or as CSV")
	ErrOtherSheet   = fault.New(fault.Unsupported, "import.other-spreadsheet", "this spreadsheet is of another program; save it there as .xlsx or CSV")
	ErrMacros       = fault.New(fault.Unsupported, "import.macros", "the workbook holds programs; save it as .xlsx without macros, or as CSV")
	ErrBrokenSheet  = fault.New(fault.Invalid, "import.broken-workbook", "the workbook cannot be read")
	ErrWorkbookSize = fault.New(fault.TooLarge, "import.workbook-too-large", "the workbook holds far more than it seems to: more than 1 GiB, or a hundred times its size")
	ErrEncoding     = fault.New(fault.Invalid, "import.encoding", "the text is not UTF-8; say which encoding it has, such as windows-1252")
	ErrUnknownCode  = fault.New(fault.Invalid, "import.unknown-encoding", "the encoding is auto, utf-8, utf-16le, utf-16be or windows-1252")
	ErrOpenQuote    = fault.New(fault.Invalid, "import.open-quote", "a quoted cell does not end")
	ErrRowTooLong   = fault.New(fault.Invalid, "import.row-too-long", "a row is longer than 1 MiB")
	ErrManyColumns  = fault.New(fault.Invalid, "import.too-many-columns", "the file has more than 500 columns")
	ErrManyRows     = fault.New(fault.Invalid, "import.too-many-rows", "the file has more than 1,000,000 rows; cut it into several")
)

// What is wrong with one row as a file.
var (
	ErrQuote       = fault.New(fault.Invalid, "import.quote", "behind the quotes of a cell comes something else than the next cell")
	ErrExtraCells  = fault.New(fault.Invalid, "import.extra-cells", "the row has more cells than the header")
	ErrShortRow    = fault.New(fault.Invalid, "import.missing-cells", "the row has fewer cells than the header")
	ErrCellTooLong = fault.New(fault.Invalid, "import.cell-too-long", "a cell is longer than 64 KiB")
	ErrDateCell    = fault.New(fault.Invalid, "import.date-cell", "the cell is a date of a spreadsheet where text is expected")
	ErrErrorCell   = fault.New(fault.Invalid, "import.error-cell", "the cell shows an error of a spreadsheet")
)
