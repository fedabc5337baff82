package httpapi_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/httpapi"
	"tagtrail/readmodels"
)

// crowded are tables in which more contacts are counted than an operation is about.
type crowded struct{ readmodels.DB }

func (c crowded) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	for _, question := range b.QueuedQueries {
		if strings.HasPrefix(question.SQL, "select count(*) from (select from contacts c ") {
			question.SQL = `select count(*) from generate_series(1, 1000001)`
			question.Arguments = nil
		}
	}
	return c.DB.SendBatch(ctx, b)
}

func TestNothingIsDoneToMoreThanAnOperationIsAbout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *httpapi.Config) {
		c.Reads, c.Operations = crowded{c.Reads}, &clerk{}
	})
	hot := w.tag("Hot")
	rule := decoded[httpapi.Rule](w.post("/v1/rules", `{"name":"Hot","filter":{"no_tags":true},"actions":[{"do":"add_tag","tag":"`+hot.ID+`"}]}`).must(201))
	between := len(w.Store.All())
	w.post("/v1/bulk-operations", `{"action":"archive","filter":{"no_tags":true}}`).fails(422, "operation.too-many")
	w.post("/v1/rules/"+rule.ID+"/apply", "").fails(422, "operation.too-many")
	if written := len(w.Store.All()) - between; written != 0 {
		t.Errorf("%d events were written", written)
	}
	preview := decoded[httpapi.BulkPreview](w.post("/v1/rules/"+rule.ID+"/preview", "").must(200))
	if preview.Matching != 1_000_000 || preview.MatchingExact {
		t.Errorf("a preview says that %d match, exactly: %t", preview.Matching, preview.MatchingExact)
	}
}
