package kill_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"tagtrail/adapters/eventstore"
	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	inbox "tagtrail/domain/message"
	"tagtrail/projections"
)

type recorded = event.Recorded[event.Event]

// look judges the installation while nobody asks for anything, and every outcome is known.
func (t *trial) look(ctx context.Context) error {
	if err := t.postgresIsBack(ctx); err != nil {
		return err
	}
	log, err := t.readLog(ctx)
	if err != nil {
		return err
	}
	events, err := log.opened(ctx, t.backends.Codec)
	if err != nil {
		return found("the log cannot be read: %v", err)
	}
	if err := inOrder(events); err != nil {
		return err
	}
	w, err := t.judge(events)
	if err != nil {
		return err
	}
	if err := t.caughtUp(ctx, log.head); err != nil {
		return err
	}
	if err := t.shadow.follow(ctx, log, events, eventstore.SealedCodec{Codec: t.backends.Codec}); err != nil {
		return err
	}
	if err := t.shadow.compare(ctx, t.backends.Postgres); err != nil {
		return err
	}
	if err := t.shows(ctx, w, log.head); err != nil {
		return err
	}
	t.events = len(events)
	return t.repeat(ctx, events, log.head)
}

// postgresIsBack waits until it answers on new sessions.
func (t *trial) postgresIsBack(ctx context.Context) error {
	limit, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		t.backends.Postgres.Reset()
		err := t.backends.Postgres.Ping(limit)
		if err == nil {
			return nil
		}
		if pause(limit, 5*time.Millisecond) != nil {
			return found("PostgreSQL does not come back: %v", err)
		}
	}
}

// written is the log from its first event on, as batches that no vault has opened yet.
type written struct {
	batches []*message.Message
	head    event.Position
}

// readLog reads the log with a subscription of its own.
func (t *trial) readLog(ctx context.Context) (w written, err error) {
	if w.head, err = t.backends.Store.Head(ctx); err != nil {
		return w, fmt.Errorf("read the head: %w", err)
	}
	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	subscriber := eventstore.Batches(t.backends.Log, 10_000, slog.New(slog.DiscardHandler))("judge",
		func(context.Context) (event.Position, error) { return 0, nil })
	defer func() { _ = subscriber.Close() }()
	batches, err := subscriber.Subscribe(reading, eventstore.All)
	if err != nil {
		return w, err
	}
	for reached := event.Position(0); reached < w.head; {
		select {
		case batch, open := <-batches:
			if !open {
				return w, errors.New("the subscription of the judge ended")
			}
			batch.Ack()
			last, err := strconv.ParseUint(batch.Metadata[eventstore.LastPosition], 10, 64)
			if err != nil {
				return w, err
			}
			w.batches = append(w.batches, batch)
			reached = event.Position(last)
		case <-ctx.Done():
			return w, fmt.Errorf("read the log up to %d: %w", w.head, ctx.Err())
		}
	}
	return w, nil
}

// decoder is what tells events from a batch.
type decoder interface {
	Decode(ctx context.Context, msg *message.Message) ([]recorded, error)
}

func (w written) opened(ctx context.Context, by decoder) ([]recorded, error) {
	var all []recorded
	for _, batch := range w.batches {
		events, err := by.Decode(ctx, batch)
		if err != nil {
			return nil, err
		}
		all = append(all, events...)
	}
	return all, nil
}

// inOrder says whether positions rise, no stream has a gap, and no event is there twice.
func inOrder(events []recorded) error {
	next := map[string]event.Revision{}
	ids := map[uuid.UUID]bool{}
	last := event.Position(0)
	for _, e := range events {
		switch {
		case e.Position <= last:
			return found("position %d follows %d", e.Position, last)
		case e.Revision != next[e.Stream]:
			return found("revision %d of %s stands where %d belongs", e.Revision, e.Stream, next[e.Stream])
		case ids[e.ID]:
			return found("event %s is in the log twice", e.ID)
		}
		last, ids[e.ID], next[e.Stream] = e.Position, true, e.Revision+1
	}
	return nil
}

// judge holds what was answered against the log, and answers the world that the log tells of.
func (t *trial) judge(events []recorded) (*world, error) {
	orders, deliveries, readings := t.book.all()
	byCommand := commandsIn(events)
	idle := map[event.Position][]order{} // what did nothing, by where the answer says that it would see why
	for i, o := range orders {
		did, err := o.judge(byCommand[o.id])
		if err != nil {
			return nil, err
		}
		if o.ok() && !did {
			idle[o.position] = append(idle[o.position], o)
		}
		if i >= t.judged {
			t.tally.order(o, did)
		}
	}
	t.judged = len(orders)
	w, err := t.relive(events, idle)
	if err != nil {
		return nil, err
	}
	if err := judgeDeliveries(events, deliveries); err != nil {
		return nil, err
	}
	t.tally.readsJudged.Add(int64(len(readings)))
	return w, judgeReadings(events, readings)
}

func commandsIn(events []recorded) map[uuid.UUID][]recorded {
	found := map[uuid.UUID][]recorded{}
	for _, e := range events {
		found[e.Metadata.CommandID] = append(found[e.Metadata.CommandID], e)
	}
	return found
}

// judge says whether what the order left in the log is what it was answered: all of it, once, and nothing else.
func (o order) judge(left []recorded) (did bool, err error) {
	switch {
	case !o.ok() && len(left) > 0:
		return false, found("%s %s was refused with %d, and is in the log at %d", o.method, o.path, o.status, left[0].Position)
	case len(left) == 0 && o.ok() && (o.idle == nil || o.answer.replayed):
		return false, found("%s %s was acknowledged at %d, and is not in the log", o.method, o.path, o.position)
	case len(left) == 0:
		return false, nil
	}
	data := make([]event.Event, len(left))
	for i, e := range left {
		data[i] = e.Data
		if e.Stream != left[0].Stream || e.Revision != left[0].Revision+event.Revision(i) {
			return true, found("%s %s is in the log in parts: revision %d of %s after revision %d of %s", o.method, o.path, e.Revision, e.Stream, left[0].Revision, left[0].Stream)
		}
	}
	if o.stream != "" && left[0].Stream != o.stream {
		return true, found("%s %s went to %s", o.method, o.path, left[0].Stream)
	}
	if at := left[len(left)-1].Position; at != o.position {
		return true, found("%s %s was answered position %d after %d sendings (replayed: %t), and is in the log at %d", o.method, o.path, o.position, o.sendings, o.answer.replayed, at)
	}
	if err := o.left(data); err != nil {
		return true, found("%s %s: %v", o.method, o.path, err)
	}
	return true, nil
}

// relive folds the log, and judges at its place each order that was answered that there was nothing to do.
func (t *trial) relive(events []recorded, idle map[event.Position][]order) (*world, error) {
	w := newWorld()
	for _, e := range events {
		if err := w.apply(e); err != nil {
			return nil, err
		}
		for _, o := range idle[e.Position] {
			if e.Stream != o.stream || !o.idle(w) {
				return nil, found("%s %s was acknowledged at %d without a change, and there was something to change", o.method, o.path, o.position)
			}
		}
		delete(idle, e.Position)
	}
	for position, orders := range idle {
		return nil, found("%s %s was answered position %d, where there is no event", orders[0].method, orders[0].path, position)
	}
	return w, nil
}

// judgeDeliveries says whether every message and every report is there once, and those that were acknowledged at all.
func judgeDeliveries(events []recorded, deliveries []delivery) error {
	messages, reports := map[string]int{}, map[report]int{}
	for _, e := range events {
		switch data := e.Data.(type) {
		case inbox.Received:
			messages[data.Wamid.Reveal()]++
		case inbox.StatusReported:
			reports[report{data.Wamid.Reveal(), data.Status}]++
		}
	}
	for wamid, count := range messages {
		if count > 1 {
			return found("the message %s is there %d times", wamid, count)
		}
	}
	for r, count := range reports {
		if count > 1 {
			return found("the report %v is there %d times", r, count)
		}
	}
	for _, d := range deliveries {
		for _, wamid := range d.messages {
			if messages[wamid] == 0 {
				return found("the message %s was acknowledged and is gone", wamid)
			}
		}
		for _, r := range d.reports {
			if reports[r] == 0 {
				return found("the report %v was acknowledged and is gone", r)
			}
		}
	}
	return nil
}

// judgeReadings says whether every read showed at least what stood at the position that it named.
func judgeReadings(events []recorded, readings []reading) error {
	byStream := map[string][]recorded{}
	for _, e := range events {
		byStream[e.Stream] = append(byStream[e.Stream], e)
	}
	for _, r := range readings {
		stream := byStream[r.stream]
		i, there := slices.BinarySearchFunc(stream, r.named, func(e recorded, at event.Position) int { return cmp.Compare(e.Position, at) })
		if !there {
			i--
		}
		if i >= 0 && r.revision < stream[i].Revision {
			return found("a read that named position %d showed revision %d of %s, and revision %d stood there", r.named, r.revision, r.stream, stream[i].Revision)
		}
		if last := stream[len(stream)-1].Revision; r.revision > last {
			return found("a read showed revision %d of %s, whose last is %d", r.revision, r.stream, last)
		}
	}
	return nil
}

// caughtUp waits until every group is where the log ends.
func (t *trial) caughtUp(ctx context.Context, head event.Position) error {
	limit, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, g := range projections.All() {
		for {
			at, err := t.shadow.live(t.backends.Postgres).Position(limit, g)
			if err == nil && at >= head {
				break
			}
			if pause(limit, 2*time.Millisecond) != nil {
				return found("the group %s stays at %d of %d (%v)", g.Name, at, head, err)
			}
		}
	}
	return nil
}

// shows compares what the API shows of the contacts that everybody asks about with the world.
func (t *trial) shows(ctx context.Context, w *world, head event.Position) error {
	for _, who := range t.people() {
		path := "/v1/contacts/" + who.String()
		a, _, err := t.caller.settle(ctx, t.reading(path, head, "wait=10"))
		if err != nil {
			return err
		}
		shown, err := contactsIn(a.said)
		if err != nil || !a.ok() {
			return found("%s is answered %d %s", path, a.status, a.said)
		}
		stream := contact.ID{UUID: who}.Stream()
		var tags []string
		for _, assignment := range shown[0].ActiveTags {
			tags = append(tags, assignment.Tag.ID)
		}
		slices.Sort(tags)
		if want := w.active(stream); !slices.Equal(tags, want) {
			return found("%s shows the tags %s, and the log says %s", path, strings.Join(tags, " "), strings.Join(want, " "))
		}
		if want := string(w.contacts[stream].status); shown[0].LeadStatus != want {
			return found("%s shows the status %s, and the log says %s", path, shown[0].LeadStatus, want)
		}
	}
	return nil
}

// repeat sends some of what was acknowledged at any time once more: it has its old position, and nothing is written.
func (t *trial) repeat(ctx context.Context, events []recorded, head event.Position) error {
	const some = 3
	for _, o := range t.book.lasting(t.random, commandsIn(events), some) {
		a, _, err := t.caller.settle(ctx, o.request)
		if err != nil {
			return err
		}
		if !a.ok() || !a.replayed || a.position != o.position {
			return found("%s %s was answered position %d; sent again, %d with position %d, replayed: %t", o.method, o.path, o.position, a.status, a.position, a.replayed)
		}
		t.tally.replayed.Add(1)
	}
	if d, there := t.book.anyDelivery(t.random); there {
		a, _, err := t.caller.settle(ctx, d.request)
		if err != nil {
			return err
		}
		if a.status != 200 {
			return found("a delivery that was acknowledged is answered %d when it comes again", a.status)
		}
		t.tally.deliveriesRepeated.Add(1)
	}
	after, err := t.backends.Store.Head(ctx)
	if err != nil {
		return err
	}
	if after != head {
		return found("what was sent again wrote something: the log ends at %d, and ended at %d", after, head)
	}
	return nil
}
