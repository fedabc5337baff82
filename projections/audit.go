package projections

// Audit names the group that auditors read: everything that was recorded, how tags and lead statuses came to be,
// and what contacts were like at any position.
// Personal values stay sealed in its tables, so that erasing somebody changes no row of what was.
const Audit = "audit"

// audit answers the projections of the group.
func audit() []Projection {
	return []Projection{
		Actors(),
		TagValues(),
		Events(),
		CatalogHistory(),
		TagHistory(),
		LeadStatusHistory(),
		Moments(),
		TagVersions(),
		AssignmentVersions(),
		IdentityVersions(),
		ContactVersions(),
	}
}
