package projections

// Reporting names the group whose views analysts read in SQL. Its tables are a star: facts and turns in the middle, and
// around them who, what and when. Nothing in them says who a contact is.
const Reporting = "reporting"

// reporting answers the projections of the group; a view stands behind what it joins.
func reporting() []Projection {
	return []Projection{
		ReportingOrganizations(),
		ReportingActors(),
		ReportingTags(),
		ReportingContacts(),
		ReportingAssignments(),
		ReportingLeadStatus(),
		ReportingMessages(),
	}
}
