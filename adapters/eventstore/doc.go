// Package eventstore is the event log as the rest of tagtrail sees it: the
// official EventStoreDB client behind guards, as the store of commands and as a
// Watermill subscriber and publisher.
//
// Events go in through Store and come out through Store, for one stream, and
// through Subscriber, for all of them in the order of the log. Codec stands
// between the log's bytes and the domain's events, and seals what is personal.
// Subscriber, Publisher and Record know nothing of the domain and serve anybody
// who has Watermill and EventStoreDB.
//
// # Using it with Watermill
//
// Subscriber and Publisher are a message.Subscriber and a message.Publisher on
// any EventStoreDB; the examples run against one. Open makes the client that
// both share: close them first, and the client last.
//
// A topic is the name of a stream. A Subscriber also knows the topic All, which
// is every event of the log but those that the event store writes for itself.
// Every subscription sees every event: where several are to share the work,
// give each a topic of its own.
//
// With BatchMax at zero a message is one event: the UUID is the event's id, the
// payload its data, the metadata the members of the event's metadata, and beside
// them eventstore_type, _stream, _revision, _position, _recorded_at, _json, _id
// and _metadata. Publisher turns the same shape back: a message becomes one
// event, of the type that eventstore_type names ("message" where it does not).
// A UUID that is none is kept beside an id that is derived from it. Publishing
// many messages appends up to 500 of them or 512 KiB at once, in their order.
//
// With BatchMax above zero a message is a batch: all events that had come by
// the time the handler was free again, one when it is idle, up to BatchMax or
// BatchBytes when it lags. Records takes it apart. The metadata says which part
// of the log it is: behind after_position, from first_position up to
// last_position, with count events; of one stream also last_revision. A
// checkpoint that moves from after_position to last_position in the transaction
// of what was handled, and only if it still is where the batch begins, makes the
// effect exactly once. A batch of no event says that the position moved on over
// events that are not for the reader, at most once a second.
//
// The units of SubscriberConfig.From are those of what is stored: of All a
// position, behind which to begin; of a stream the revision to begin at, one
// above last_revision. Zero is the beginning of both.
//
// What is promised, of either mode: events come in the order of the log; the
// next message is held back until Ack; every event comes at least once, and
// again only where no Ack was seen. Nack brings the same message again, first
// after a millisecond, then after longer up to RedeliverAfter, before any
// other and for ever: nothing is skipped, so that a handler that can never
// succeed stops its subscription, and it is for the handler's middleware to
// give up. A message's context ends with its Ack or Nack. After any drop the
// subscription begins again behind what was acknowledged, or where From says;
// Drops counts that and Trouble says why it is not running. What waits in
// memory is bounded by one batch being handled and one being gathered.
//
// # Decisions
//
// The client is never called directly. It can block past a context, stay dead
// after a failed discovery and panic when it is closed under a call, so that
// every call runs on a goroutine of its own that its caller can abandon, on a
// link that is given up when the server is gone and closed when its last call
// has returned.
//
// One thing cannot be guarded against: the official client ends the process
// over an event whose recorded time is no number, and lets nobody see an answer
// before itself. No release of EventStoreDB sends one, nor does the embedded
// store.
//
// Appends with an unknown outcome are sent again as they were. Their event ids
// and expected revision make the store answer the second as it would have
// answered the first, so that nobody above has to decide again.
//
// One Watermill message is one batch. Watermill starts a goroutine per message
// and has no batches; a batch of all events that were already there, held back
// until the one before is acknowledged, keeps the order and makes one
// transaction of many events.
package eventstore
