package projections

// ContactVersions answers: what was known of a contact at any position, and which contacts matched a filter then?
//
// Every message makes a version of how a contact stands, so that row is narrow:
// who somebody is lies apart, and is looked up for those who are shown. Personal
// values stay sealed in all versions.
func ContactVersions() Projection {
	states := NewTable("contact_versions", Key("org", "contact"), `
		org               uuid,
		contact           uuid,`+contactState,
		History(),
		Index(`create index contact_versions_by_seen on {table} (org, seen_order, contact)`),
		// What a filter asks for has few values, of which each version of a contact has the same: lists of places are short.
		Index(`create index contact_versions_by_filter on {table} using gin (org, tags ext.gin__int_ops, channels, lead_status, owner)`),
		// A contact is created once, so its first revision alone says when.
		Index(`create index contact_versions_by_creation on {table} (org, created_at, contact) where revision = 0`),
	)
	names := NewTable("contact_name_versions", Key("org", "contact"), `
		org               uuid,
		contact           uuid,`+contactNames, History())

	return Define("contact_versions", 1, append([]Part{states, names}, onContacts(Together(states, names))...)...)
}

// IdentityVersions answers: which numbers and BSUIDs was a contact linked with, and left, up to any position?
//
// Sealed values cannot be compared here: which of them a contact still held is
// found where they are opened.
func IdentityVersions() Projection {
	identities := identitiesTable("identity_versions", History())

	return Define("identity_versions", 1, append([]Part{identities}, onIdentities(identities)...)...)
}
