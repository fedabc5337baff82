package projectionstest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/event"
	"tagtrail/domain/personal"
)

// shred projects the history with every contact erased in the end, with keys that
// are gone at different times.
func (p *projector) shred(history []event.Recorded[event.Event], random *rand.Rand) {
	p.t.Helper()
	history = withErasures(history)
	subjects := erasedSubjects(history)
	if len(subjects) == 0 {
		return
	}
	gone := make([]event.Recorded[event.Event], len(history))
	for i, e := range history {
		gone[i] = e
		if !p.group.Sealed && subjects[event.Subject(e.Stream, e.Data)] {
			gone[i].Data = withoutPersonal(e.Data)
			gone[i].Metadata.Reason = personal.Text{}
		}
	}
	want := p.fresh(func() { p.deliver(history) })
	p.equal(want, p.fresh(func() { p.deliver(gone) }), "keys shredded before")
	cut := random.IntN(len(history))
	p.equal(want, p.fresh(func() {
		p.deliver(history[:cut])
		p.deliver(gone[cut:])
	}), fmt.Sprintf("keys shredded after %d events", cut))
	text := fmt.Sprint(want)
	for _, e := range history {
		if !subjects[event.Subject(e.Stream, e.Data)] {
			continue
		}
		for _, secret := range personalIn(reflect.ValueOf(e.Data)) {
			// Shorter ones are in ids and times by chance.
			if len(secret) >= 5 && strings.Contains(text, secret) {
				p.t.Errorf("after the erasure, rows still hold %q of %s", secret, e.Data.EventName())
			}
		}
	}
}

// withErasures adds the erasure of every contact that the history does not erase.
func withErasures(history []event.Recorded[event.Event]) []event.Recorded[event.Event] {
	last := map[string]event.Recorded[event.Event]{}
	open := map[string][]contact.OpenAssignment{}
	var order []string
	done := map[string]bool{}
	for _, e := range history {
		if !strings.HasPrefix(e.Stream, "contact-") {
			continue
		}
		if _, known := last[e.Stream]; !known {
			order = append(order, e.Stream)
		}
		last[e.Stream] = e
		open[e.Stream] = assignments(open[e.Stream], e.Data)
		if _, erased := e.Data.(contact.Erased); erased {
			done[e.Stream] = true
		}
	}
	all := slices.Clone(history)
	for _, stream := range order {
		if done[stream] {
			continue
		}
		e := last[stream]
		e.Revision++
		e.Position = lastOf(all) + 10
		e.ID = uuid.NewSHA1(e.ID, []byte("erased"))
		e.Data = contact.Erased{Assignments: open[stream]}
		all = append(all, e)
	}
	return all
}

func assignments(open []contact.OpenAssignment, e event.Event) []contact.OpenAssignment {
	without := func(id contact.AssignmentID) []contact.OpenAssignment {
		return slices.DeleteFunc(open, func(a contact.OpenAssignment) bool { return a.Assignment == id })
	}
	switch e := e.(type) {
	case contact.TagAssigned:
		return append(open, contact.OpenAssignment{Assignment: e.Assignment, Number: e.Number})
	case contact.TagRemoved:
		return without(e.Assignment)
	case contact.TagValueChanged:
		return append(without(e.Ended), contact.OpenAssignment{Assignment: e.Assignment, Number: e.Number})
	default:
		return open
	}
}

func erasedSubjects(history []event.Recorded[event.Event]) map[uuid.UUID]bool {
	subjects := map[uuid.UUID]bool{}
	for _, e := range history {
		if _, erased := e.Data.(contact.Erased); erased {
			subjects[event.Subject(e.Stream, e.Data)] = true
		}
	}
	return subjects
}

// withoutPersonal answers the event as it opens when its key is shredded.
func withoutPersonal(e event.Event) event.Event {
	copied := reflect.New(reflect.TypeOf(e)).Elem()
	copied.Set(reflect.ValueOf(e))
	erase(copied)
	return copied.Interface().(event.Event)
}

func erase(v reflect.Value) {
	if v.Type() == reflect.TypeFor[personal.Text]() {
		if !v.IsZero() {
			v.Set(reflect.ValueOf(personal.Erased()))
		}
		return
	}
	if v.Kind() == reflect.Struct {
		for _, field := range v.Fields() {
			if field.CanSet() {
				erase(field)
			}
		}
	}
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		copied := reflect.New(v.Type().Elem())
		copied.Elem().Set(v.Elem())
		erase(copied.Elem())
		v.Set(copied)
	}
	if v.Kind() == reflect.Slice {
		copied := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(copied, v)
		for i := range v.Len() {
			erase(copied.Index(i))
		}
		v.Set(copied)
	}
}

func personalIn(v reflect.Value) []string {
	if text, ok := reflect.TypeAssert[personal.Text](v); ok {
		return []string{text.Reveal()}
	}
	var found []string
	if v.Kind() == reflect.Struct {
		for field, value := range v.Fields() {
			if field.IsExported() {
				found = append(found, personalIn(value)...)
			}
		}
	}
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		found = personalIn(v.Elem())
	}
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			found = append(found, personalIn(v.Index(i))...)
		}
	}
	return found
}
