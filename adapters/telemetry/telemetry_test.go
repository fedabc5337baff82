package telemetry_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tagtrail/adapters/telemetry"
	"tagtrail/projections/runner"
)

func TestWhatWasNotedIsServed(t *testing.T) {
	t.Parallel()
	m := telemetry.New("v0")
	m.Batch("console", 3, time.Millisecond)
	m.At("console", 10, 25, 2*time.Second)
	m.State("console", runner.Stopped)
	m.Failed("console", true)
	m.Request("GET", "/v1/tags/{id}", 200, time.Millisecond)
	m.ExpectDelivery("message")
	m.ExpectDelivery("kept")
	m.Delivery("message")

	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	for _, line := range []string{
		`tagtrail_projection_position{group="console"} 10`,
		`tagtrail_projection_lag_positions{group="console"} 15`,
		`tagtrail_projection_lag_seconds{group="console"} 2`,
		`tagtrail_projection_state{group="console",state="stopped"} 1`,
		`tagtrail_projection_state{group="console",state="running"} 0`,
		`tagtrail_projection_batch_size_sum{group="console"} 3`,
		`tagtrail_projection_failures_total{group="console",stopped="true"} 1`,
		`http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="200",http_route="/v1/tags/{id}"} 1`,
		`tagtrail_whatsapp_deliveries_total{outcome="message"} 1`,
		`tagtrail_whatsapp_deliveries_total{outcome="kept"} 0`,
		`tagtrail_build_info{version="v0"} 1`,
	} {
		if !strings.Contains(answer.Body.String(), line+"\n") {
			t.Errorf("not served: %s", line)
		}
	}
}

func TestAGroupAheadOfALateLookAtTheHeadIsNotBehind(t *testing.T) {
	t.Parallel()
	m := telemetry.New("v0")
	m.At("console", 30, 25, 0)
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	if !strings.Contains(answer.Body.String(), `tagtrail_projection_lag_positions{group="console"} 0`+"\n") {
		t.Error("the distance to the head is not 0")
	}
}
