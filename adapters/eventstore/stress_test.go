package eventstore_test

import (
	"os"
	"testing"
)

// stressCount names how many suites the stress test runs beside each other; without it, a few small ones.
const stressCount = "STRESS_TEST_COUNT"

// TestPubSubStress is Watermill's stress test: many of its suites at once on
// one server, which all of them restart.
func TestPubSubStress(t *testing.T) {
	features := suiteFeatures
	if os.Getenv(stressCount) == "" {
		t.Setenv(stressCount, "2")
		features.ForceShort = true
	}
	srv := startServer(t)
	client := srv.open(t)
	features.RestartServiceCommand = restartable(t, srv)
	stressSuite(t, features, pubSubOn(client), groupsOn(client), client)
}
