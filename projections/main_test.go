package projections_test

import (
	"testing"

	"tagtrail/adapters/embedded/postgres/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }
