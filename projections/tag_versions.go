package projections

// TagVersions answers: what was a tag called at any position, and was it active?
func TagVersions() Projection {
	tags := NewTable("tag_versions", Key("org", "tag"), tagColumns, History(),
		Index(`create index tag_versions_by_number on {table} (org, number, from_position)`),
	)

	return Define("tag_versions", 1, append([]Part{tags}, onTags(tags)...)...)
}

// AssignmentVersions answers: which tags did a contact carry at any position, and which had it carried until then?
func AssignmentVersions() Projection {
	assignments := NewTable("assignment_versions", Key("org", "contact", "assignment"), assignmentColumns, History())

	return Define("assignment_versions", 1, append([]Part{assignments}, onAssignments(assignments)...)...)
}
