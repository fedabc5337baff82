package projections

// All answers every projection there is, by group. Within a group, a view stands behind what it joins.
func All() []Group {
	return []Group{
		{Name: "console", Projections: []Projection{
			APIKeys(),
			Channels(),
			Members(),
			Actors(),
			Tags(),
			TagValues(),
			TagUsage(),
			MergedContacts(),
			ContactIdentities(),
			ContactSearch(),
			ContactTags(),
			Contacts(),
			Consents(),
			Limits(),
			Erasures(),
			Fields(),
			ContactFields(),
			ContactDetails(),
			Notes(),
			Likenesses(),
			Conversations(),
			SegmentMembers(),
			Segments(),
			Rules(),
			Operations(),
			MessageStatuses(),
			Messages(),
		}},
		{Name: Audit, Projections: audit(), Sealed: true},
		{Name: Reporting, Projections: reporting(), Sealed: true},
	}
}
