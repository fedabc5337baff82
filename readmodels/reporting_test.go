package readmodels_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/postgres"
	"tagtrail/domain/contact"
	"tagtrail/domain/organization"
	"tagtrail/projections"
	"tagtrail/readmodels"
)

// analyst is a connection of the organisation's analysts, to tables in which everything has happened that the examples ask for.
func analyst(t *testing.T) *pgx.Conn {
	t.Helper()
	all := projections.All()
	w := newWorldOf(t, all[slices.IndexFunc(all, func(g projections.Group) bool { return g.Name == projections.Reporting })])
	channel := uuid.New()
	w.happened(w.org.Stream(), organization.Created{Name: "Acme", IdentityScope: organization.ScopeOrganization, Zone: "Europe/Madrid"})
	tags := w.tags("VIP", "Lead")
	ana := w.contact("Ana", "+16505550101")
	w.assign(ana, tags...)
	w.wrote(ana, channel, noon, "hi")
	w.happened(ana.Stream(), contact.LeadStatusChanged{From: contact.Cold, To: contact.Warm, Kind: contact.Advance, Since: noon})
	w.project()
	if err := w.sink.Publish(t.Context(), w.group); err != nil {
		t.Fatal(err)
	}
	analysts := postgres.NewAnalysts(w.writer)
	role, password, err := analysts.Create(t.Context(), w.org.UUID)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if _, err := analysts.Drop(ctx, w.org.UUID); err != nil {
			t.Error(err)
		}
	})
	address, err := url.Parse(w.database)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(role, password)
	conn, err := pgx.Connect(t.Context(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func TestAnalystsFindTheViewsAsTheyAreDescribed(t *testing.T) {
	t.Parallel()
	conn := analyst(t)
	want := []string{}
	for _, v := range readmodels.ReportingViews() {
		want = append(want, v.Name+" org uuid")
		for _, c := range v.Columns {
			want = append(want, v.Name+" "+c.Name+" "+c.Type)
		}
		if v.Says == "" {
			t.Errorf("nothing is said of %s", v.Name)
		}
	}
	slices.Sort(want)
	rows, _ := conn.Query(t.Context(), `
		select table_name || ' ' || column_name || ' ' || data_type from information_schema.columns where table_schema = $1`, postgres.ReportingSchema)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns (-described +there):\n%s", diff)
	}
}

func TestTheExamplesForAnalystsAnswer(t *testing.T) {
	t.Parallel()
	conn := analyst(t)
	for _, example := range readmodels.ReportingExamples() {
		rows, _ := conn.Query(t.Context(), example.SQL)
		answers, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
			values, err := row.Values()
			return fmt.Sprint(values...), err
		})
		if err != nil || len(answers) == 0 {
			t.Errorf("%s %d rows, %v", example.Question, len(answers), err)
		}
	}
}
