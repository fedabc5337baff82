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
// # Decisions
//
// The client is never called directly. It can block past a context, stay dead
// after a failed discovery and panic when it is closed under a call, so that
// every call runs on a goroutine of its own that its caller can abandon, on a
// link that is given up when the server is gone and closed when its last call
// has returned.
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
