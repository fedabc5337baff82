package postgres_test

import "testing"

func TestAReportSaysHowAGenerationStands(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	g := groupOf(everything())
	if err := b.sink.Prepare(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	reports, err := b.sink.Reports(t.Context())
	if err != nil || len(reports) != 1 || reports[0].State != "" {
		t.Fatalf("before any report: %+v, %v", reports, err)
	}
	for _, state := range []string{"running", "stopped"} {
		if err := b.sink.Report(t.Context(), g, state, "because"); err != nil {
			t.Fatal(err)
		}
	}
	reports, err = b.sink.Reports(t.Context())
	if err != nil || len(reports) != 1 {
		t.Fatalf("got %+v, %v", reports, err)
	}
	if r := reports[0]; r.Group != g.Name || r.State != "stopped" || r.Reason != "because" || r.ReportedAt.IsZero() {
		t.Errorf("got %+v", r)
	}
}
