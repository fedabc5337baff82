package app_test

import (
	"testing"
	"time"

	"tagtrail/adapters/postgres"
	"tagtrail/cmd/internal/app"
)

func TestAGenerationIsAsItsProjectorSaysWhereOneMovesIt(t *testing.T) {
	t.Parallel()
	lately, before := time.Now().Add(time.Hour), time.Now().Add(-time.Hour) // however late these run
	for name, row := range map[string]struct {
		report        postgres.Report
		current       bool
		state, reason string
	}{
		"live":                            {postgres.Report{Kind: "live", State: "running", ReportedAt: lately}, true, "running", ""},
		"live, of another build":          {postgres.Report{Kind: "live", State: "running", ReportedAt: lately}, false, "running", ""},
		"catching up without indexes":     {postgres.Report{Kind: "building", State: "waiting", Reason: "no vault", ReportedAt: lately}, true, "waiting", "no vault"},
		"catching up, its projector died": {postgres.Report{Kind: "building", State: "running", ReportedAt: before}, true, "unattended", "no projector has reported for a while"},
		"stopped long ago":                {postgres.Report{Kind: "live", State: "stopped", Reason: "poison", ReportedAt: before}, true, "stopped", "poison"},
		"never reported on":               {postgres.Report{Kind: "live", ReportedAt: lately}, true, "unattended", "no projector has reported for a while"},
		"built beside":                    {postgres.Report{Kind: "building", ReportedAt: lately}, false, "building", ""},
		"kept":                            {postgres.Report{Kind: "previous", State: "running", Reason: "of then", ReportedAt: before}, false, "previous", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if state, reason := app.Stands(row.report, row.current); state != row.state || reason != row.reason {
				t.Errorf("it is %q, %q; want %q, %q", state, reason, row.state, row.reason)
			}
		})
	}
}
