package readmodels

// ReportingView is a view that analysts read in SQL, and what its columns are.
type ReportingView struct {
	Name    string
	Says    string // what one row is
	Columns []ReportingColumn
}

// ReportingColumn is one column of a view for analysts.
type ReportingColumn struct{ Name, Type, Says string }

// ReportingExample is a question that analysts have, and the SQL that answers it.
type ReportingExample struct{ Question, SQL string }

// The types of columns for analysts.
const (
	anID     = "uuid"
	aText    = "text"
	aNumber  = "integer"
	aCount   = "bigint"
	aYesOrNo = "boolean"
	aDay     = "date"
	aTime    = "timestamp with time zone"
)

// ReportingViews describes the star that analysts read: the facts first, then who, what and when. Every row has the
// organisation in org, which is not listed: it is the same in all.
func ReportingViews() []ReportingView {
	return []ReportingView{
		{"assignment_periods", "A stretch of time in which a contact carried a tag and the tag counted. Deleting a tag ends its stretches, restoring it begins new ones.", append([]ReportingColumn{
			{"contact", anID, "who carried it: contacts"},
			{"assignment", anID, "the one stay of the tag on the contact, which may have several stretches"},
			{"tag", anID, "what was carried: tags"},
			{"number", aNumber, "the tag's number, which never changes"},
			{"value_number", aNumber, "the fixed value, where the tag takes one"},
			{"value", aText, "what that value is called; values that were typed are personal, and not here"},
		}, append(period(),
			ReportingColumn{"begun", aText, "assigned, value_changed, tag_restored, restored (the contact), merged or separated"},
			ReportingColumn{"source", aText, "by which way the tag was put on: manual_admin, manual_agent, api, ai_tool, ai_auto_close, …"},
			ReportingColumn{"actor", anID, "who put it on: actors"},
			ReportingColumn{"ended_reason", aText, "removed, value_changed, tag_deleted, archived, merged, separated or erased; null while it goes on"})...)},
		{"assignments", "The same, whether the tag counted or not: what was put on a contact and taken off, by whom.", append([]ReportingColumn{
			{"contact", anID, "who carried it: contacts"},
			{"assignment", anID, "the one stay of the tag on the contact; it goes on where a contact is restored"},
			{"tag", anID, "what was carried: tags"},
			{"number", aNumber, "the tag's number, which never changes"},
			{"value_number", aNumber, "the fixed value, where the tag takes one"},
			{"value", aText, "what that value is called"},
		}, append(period(),
			ReportingColumn{"begun", aText, "assigned, value_changed, restored, merged or separated"},
			ReportingColumn{"source", aText, "by which way it was put on"},
			ReportingColumn{"actor", anID, "who put it on: actors"},
			ReportingColumn{"operation", anID, "the bulk work or import that it was part of"},
			ReportingColumn{"ai_model", aText, "the model that decided"},
			ReportingColumn{"ai_confidence", "double precision", "how sure it was, from 0 to 1"},
			ReportingColumn{"ended_reason", aText, "removed, value_changed, archived, merged, separated or erased; null while it goes on"},
			ReportingColumn{"ended_source", aText, "by which way it ended"},
			ReportingColumn{"ended_actor", anID, "who ended it: actors"},
			ReportingColumn{"ended_operation", anID, "the bulk work or import that ended it"},
			ReportingColumn{"from_position", aCount, "where the beginning is in the log"},
			ReportingColumn{"to_position", aCount, "where the end is in the log"})...)},
		{"lead_status_periods", "A stretch of time in which a contact had a lead status. The erasure of a contact ends the last one; whether it is archived or merged is with the contact.", append([]ReportingColumn{
			{"contact", anID, "whose status: contacts"},
			{"status", aText, "cold, warm, hot or customer"},
			{"move", aText, "how it came to it: advance, skip, regress or re-engage; null for the first"},
			{"came_from", aText, "the status before"},
			{"went_to", aText, "the status after"},
		}, append(period(),
			ReportingColumn{"source", aText, "by which way it changed"},
			ReportingColumn{"actor", anID, "who changed it: actors"},
			ReportingColumn{"operation", anID, "the bulk work or import that it was part of"},
			ReportingColumn{"from_position", aCount, "where the beginning is in the log"},
			ReportingColumn{"to_position", aCount, "where the end is in the log"})...)},
		{"messages", "A message, received or sent. What was said is not here.", []ReportingColumn{
			{"message", anID, "the message"},
			{"contact", anID, "with whom: contacts; null where WhatsApp named nobody"},
			{"channel", anID, "the WhatsApp number: actors"},
			{"direction", aText, "in or out"},
			{"kind", aText, "of a received one, as WhatsApp names it: text, image, button, …"},
			{"at", aTime, "when it was sent, as far as is known"},
			{"sent_on", aDay, "that day in the organisation's zone"},
			{"delivered", aYesOrNo, "of a sent one: it was delivered"},
			{"read", aYesOrNo, "of a sent one: it was read"},
			{"failed", aYesOrNo, "of a sent one: it failed"},
		}},
		{"message_days", "The messages of a day, a channel and a direction, counted.", []ReportingColumn{
			{"date", aDay, "the day in the organisation's zone"},
			{"channel", anID, "the WhatsApp number: actors"},
			{"direction", aText, "in or out"},
			{"messages", aCount, "how many"},
			{"contacts", aCount, "with how many contacts"},
			{"delivered", aCount, "how many of them were delivered"},
			{"read", aCount, "how many of them were read"},
			{"failed", aCount, "how many of them failed"},
		}},
		{"contacts", "A contact. Who it is, is not here.", []ReportingColumn{
			{"contact", anID, "the contact; the API knows it under the same id"},
			{"origin", aText, "manual, api, message or as they come"},
			{"source", aText, "by which way it was created"},
			{"actor", anID, "who created it: actors"},
			{"country", aText, "by hand, else of the number (ISO 3166-1)"},
			{"has_email", aYesOrNo, "an e-mail address is known"},
			{"owner", anID, "the team member who is responsible"},
			{"lead_status", aText, "as it is now"},
			{"created_at", aTime, "when it was first added"},
			{"created_on", aDay, "that day in the organisation's zone"},
			{"first_seen_at", aTime, "when the person first wrote"},
			{"first_seen_on", aDay, "that day in the organisation's zone"},
			{"last_seen_at", aTime, "when the person wrote last"},
			{"last_active_at", aTime, "when a message last went either way"},
			{"archived_at", aTime, "it was put away then; null unless it still is"},
			{"merged_into", anID, "the contact that stands for it"},
			{"erased_at", aTime, "the person was forgotten then"},
		}},
		{"tags", "A tag of the catalogue, deleted ones too.", []ReportingColumn{
			{"tag", anID, "the tag; the API knows it under the same id"},
			{"name", aText, "what it is called now"},
			{"color", aText, "default, or one of twenty"},
			{"kind", aText, "label or valued"},
			{"policy", aText, "of a valued one: free or fixed"},
			{"created_at", aTime, "when it entered the catalogue"},
			{"deleted_at", aTime, "when it was deleted; null unless it still is"},
			{"active", aYesOrNo, "it can be put on contacts, and counts"},
			{"merged_into", anID, "the tag that stands for it"},
			{"source", aText, "by which way it was created"},
			{"actor", anID, "who created it: actors"},
		}},
		{"tag_values", "A fixed value of a tag.", []ReportingColumn{
			{"tag", anID, "whose value: tags"},
			{"number", aNumber, "the value's number, which never changes"},
			{"name", aText, "what it is called"},
			{"retired_at", aTime, "it can no longer be chosen since then"},
		}},
		{"tag_periods", "A stretch of time in which a tag counted: from its creation or restoration to its deletion. One that was merged counts while the tag does that stands for it.", []ReportingColumn{
			{"tag", anID, "which: tags"},
			{"number", aNumber, "its number"},
			{"from_at", aTime, "the beginning"},
			{"to_at", aTime, "the end; null while it goes on"},
			{"from_position", aCount, "where the beginning is in the log"},
			{"to_position", aCount, "where the end is in the log"},
		}},
		{"actors", "A member, a key, a channel, or the system, whose id is all zeros. Their names are personal, and not here.", []ReportingColumn{
			{"actor", anID, "who"},
			{"kind", aText, "the role of a member, the kind of a key, channel or system"},
			{"known_at", aTime, "since when"},
			{"revoked_at", aTime, "until when"},
		}},
		{"dates", "A day, from the year in which the organisation began to this year.", []ReportingColumn{
			{"date", aDay, "the day"},
			{"year", aNumber, ""},
			{"quarter", aNumber, "1 to 4"},
			{"month", aNumber, "1 to 12"},
			{"iso_year", aNumber, "the year that its week belongs to"},
			{"iso_week", aNumber, "1 to 53"},
			{"weekday", aNumber, "1 (Monday) to 7"},
			{"weekend", aYesOrNo, "Saturday or Sunday"},
			{"month_begins", aDay, "the first of its month"},
		}},
		{"organization", "The organisation: one row.", []ReportingColumn{
			{"name", aText, "what it is called"},
			{"zone", aText, "where its days begin and end"},
			{"created_at", aTime, "when it began"},
			{"created_on", aDay, "that day in its zone"},
		}},
	}
}

// period are the columns of whatever lasts.
func period() []ReportingColumn {
	return []ReportingColumn{
		{"from_at", aTime, "the beginning, as the log recorded it"},
		{"to_at", aTime, "the end; null while it goes on"},
		{"from_on", aDay, "the day of the beginning in the organisation's zone"},
		{"to_on", aDay, "the day of the end in the organisation's zone"},
	}
}

// ReportingExamples answers questions that analysts often have.
func ReportingExamples() []ReportingExample {
	return []ReportingExample{
		{"How many contacts carry each tag now?", `
select t.name, count(*) as contacts
from assignment_periods p join tags t using (org, tag)
where p.to_at is null
group by t.name
order by contacts desc, t.name`},
		{"How many contacts carried each tag at the end of each of the last seven days?", `
select d.date, t.name, count(p.contact) as contacts
from dates d
cross join organization o
join assignment_periods p on p.from_at < ((d.date + 1)::timestamp at time zone o.zone)
  and (p.to_at is null or p.to_at >= ((d.date + 1)::timestamp at time zone o.zone))
join tags t on t.tag = p.tag
where d.date > (now() at time zone o.zone)::date - 7 and d.date <= (now() at time zone o.zone)::date
group by d.date, t.name
order by d.date, t.name`},
		{"By which way are tags put on, and how many of those are taken off again within a day?", `
select source, count(*) as put_on,
  count(*) filter (where ended_reason = 'removed' and to_at < from_at + interval '1 day') as taken_off
from assignments
where begun = 'assigned'
group by source
order by put_on desc`},
		{"How long do contacts stay in each lead status, in days?", `
select status, count(*) as stays,
  round(avg(extract(epoch from coalesce(to_at, now()) - from_at) / 86400), 1) as days
from lead_status_periods
group by status
order by status`},
		{"From which status to which do contacts move?", `
select status as came_from, went_to, count(*) as moves
from lead_status_periods
where went_to is not null
group by status, went_to
order by moves desc`},
		{"How many contacts are new in each month, and from which countries?", `
select d.month_begins, coalesce(c.country, 'unknown') as country, count(*) as contacts
from contacts c join dates d on d.date = c.created_on
where c.merged_into is null
group by d.month_begins, country
order by d.month_begins, contacts desc`},
		{"How many messages come and go on each weekday?", `
select extract(isodow from date)::int as weekday, direction, sum(messages) as messages
from message_days
group by weekday, direction
order by weekday, direction`},
	}
}
