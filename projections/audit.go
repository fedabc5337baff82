package projections

// Audit names the group that auditors read: everything that was recorded, and how tags and lead statuses came to be.
// Personal values stay sealed in its tables, so that erasing somebody changes no row.
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
	}
}
