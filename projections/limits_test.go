package projections_test

import (
	"testing"

	"tagtrail/domain/contact"
	"tagtrail/domain/organization"
	"tagtrail/projections"
	"tagtrail/projections/projectionstest"
)

// C11, C24: the last limit of tags holds, and whoever came beyond the plan is known by it.
func TestLimitsAreThoseThatWereSaidLast(t *testing.T) {
	t.Parallel()
	rows := projectionstest.Run(t, projectionstest.Group(projections.Limits()), projectionstest.History(org,
		projectionstest.On(organization.ID{UUID: org}.Stream(), organization.TagLimitChanged{From: 20, To: 30}, organization.TagLimitChanged{From: 30, To: 25}),
		projectionstest.On(ana.Stream(), created("Ana", "+16505550101"), contact.LimitExceeded{Limit: 100})))
	lines(t, rows, "tag_limits", []string{"most"}, "25")
	lines(t, rows, "contacts_beyond_plan", []string{"contact", "allowed"}, ana.String()+" | 100")
}
