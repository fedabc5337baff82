package importing

// Manual says what a file may be, for people.
const Manual = `The body is the file: CSV with commas, semicolons or tabs, in UTF-8, UTF-16 or Windows-1252, or the first sheet of an Excel workbook (.xlsx).

The first row names the columns. ` + "`id` or `phone`" + ` is the number with its country code, with or without +, or the id of a contact. ` + "`name`, `email`, `lead_status`, `first_name`, `last_name`, `company`, `country` and `language`" + ` are details; ` + "`tags`" + ` holds labels apart by commas or |. Any other column is a valued tag or a custom field of that name; ` + "`tag:` or `field:`" + ` before the name says which. ` + "`map`" + ` says what a column is that is called otherwise.

Contacts that are not there are created, the others are updated. A column that is absent leaves what it would hold as it is, and a blank cell clears it; a blank name, a blank status and, where tags are added, blank tags change nothing. Rows that are refused do not hold up the others; the file of results says why, line by line. The same file a second time changes nothing.`
