package httpapi_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tagtrail/adapters/httpapi"
	"tagtrail/domain/operation"
	"tagtrail/domain/organization"
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

// An undoing has the id that follows from what it undoes: somebody else must not take it.
func TestTheUndoingOfWhatIsNotThereIsNotPrepared(t *testing.T) {
	t.Parallel()
	c := &clerk{asked: map[operation.ID][]uuid.UUID{}}
	w := newWorld(t, func(config *httpapi.Config) { config.Operations, config.Gathered = c, folder{} })
	ana := w.contact("Ana", "+16505550101").ID
	many := call{method: "POST", path: "/v1/bulk-operations", body: `{"action":"archive","contacts":["` + ana + `"]}`}
	ours := w.worked(w.do(many), true)
	gathered := w.worked(w.post("/v1/contacts/"+ana+"/personal-data", ""), true)
	prepared := func() int { c.mu.Lock(); defer c.mu.Unlock(); return len(c.asked) }
	before := prepared()
	w.post("/v1/bulk-operations/"+uuid.NewString()+"/undo", "").fails(404, "operation.unknown")
	w.post("/v1/bulk-operations/"+gathered+"/undo", "").fails(409, "operation.not-undoable")
	theirs := w.stranger()[organization.Owner]
	w.do(call{method: "POST", path: "/v1/bulk-operations/" + ours + "/undo", token: theirs}).fails(404, "operation.unknown")
	if n := prepared() - before; n != 0 {
		t.Errorf("%d were prepared", n)
	}
	w.post("/v1/bulk-operations/"+ours+"/undo", "").must(202)
	if n := prepared() - before; n != 1 {
		t.Errorf("of ours %d were prepared", n)
	}
}
