package postgres_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
)

// What is NULL is no id: the zero one, or nil where a pointer takes it.
func TestIDsComeAndGoAsTheyAre(t *testing.T) {
	t.Parallel()
	database := bareDatabase(t)
	migrate(t, database)
	pool := openReader(t, database)
	one, other := uuid.New(), uuid.New()
	var nobody *uuid.UUID
	var got, text uuid.UUID
	none := uuid.New()
	var taken, nothing *uuid.UUID
	var all, empty, unknown []uuid.UUID
	var written string
	err := pool.QueryRow(t.Context(), `select $1::uuid, $2::uuid[], $3::uuid[], null::uuid[], null::uuid, $4::uuid, $5::uuid, $6::text::uuid, $1::uuid::text`,
		one, []uuid.UUID{one, other}, []uuid.UUID{}, nobody, &other, other.String()).Scan(&got, &all, &empty, &unknown, &none, &nothing, &taken, &text, &written)
	if err != nil {
		t.Fatal(err)
	}
	if got != one || written != one.String() || none != uuid.Nil || nothing != nil || taken == nil || *taken != other || text != other {
		t.Errorf("%v, %s, %v, %v, %v and %v came back of %v and %v", got, written, none, nothing, taken, text, one, other)
	}
	if !slices.Equal(all, []uuid.UUID{one, other}) || len(empty) != 0 || empty == nil || unknown != nil {
		t.Errorf("%v, %v and %v came back", all, empty, unknown)
	}
}
