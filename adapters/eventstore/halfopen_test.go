package eventstore_test

import (
	"testing"
	"time"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain/event"
)

// TestIdleSubscriptionOnALinkThatDiedIsDroppedInTime: nothing comes on it anyway, so that only the client's pings can
// tell. It pings every keepAliveInterval, for which the transport takes no less than 10 seconds, and waits
// keepAliveTimeout for the answer: with what a connection string has by default the bound is 20 seconds, here 11.
func TestIdleSubscriptionOnALinkThatDiedIsDroppedInTime(t *testing.T) {
	t.Parallel()
	p := startProxy(t, startServer(t), endless)
	client := openAt(t, p.url()+"&keepAliveInterval=10000&keepAliveTimeout=1000")
	sub := subscriber(t, client, eventstore.SubscriberConfig{BatchMax: 10})
	messages := subscribe(t, sub, eventstore.All)
	codec, _ := newCodec()
	if _, err := eventstore.NewStore(client, codec).Append(t.Context(), newContact().Stream(), event.NoStream, names("before", 1)); err != nil {
		t.Fatal(err)
	}
	receive(t, messages).Ack()

	p.fallSilent()
	silent := time.Now()
	eventually(t, 30*time.Second, func() bool { return sub.Drops() > 0 })
	if took := time.Since(silent); took > 15*time.Second {
		t.Errorf("the dead link was noticed after %v", took)
	}
}
