package projections

import (
	"fmt"
	"strings"

	"tagtrail/domain/event"
)

// Projection is the answer to one question: its tables and views, and what each event does to them.
type Projection struct {
	name     string
	version  int
	tables   []*Table
	views    []*View
	handlers map[string]func(*Writer, event.Recorded[event.Event])
	every    func(*Writer, event.Recorded[event.Event])
}

// Part is what a projection is made of: a [*Table], a [*View], or what [On] and [OnEvery] answer.
type Part interface{ join(*Projection) }

// Define puts a projection together. A higher version makes a new generation of
// the whole group, built beside the one that is read; raise it whenever a
// handler starts to write something else.
func Define(name string, version int, parts ...Part) Projection {
	p := Projection{name: name, version: version, handlers: map[string]func(*Writer, event.Recorded[event.Event]){}}
	for _, part := range parts {
		part.join(&p)
	}
	return p
}

// Name answers the projection's name.
func (p Projection) Name() string { return p.name }

// Version answers the projection's version.
func (p Projection) Version() int { return p.version }

// Tables answers the tables that the projection writes.
func (p Projection) Tables() []*Table { return p.tables }

// Views answers the views that the projection declares.
func (p Projection) Views() []*View { return p.views }

// On says what one event does. Events that nobody asked for pass by.
func On[E event.Event](does func(w *Writer, e event.Recorded[E])) Part {
	var zero E
	return handler{event: zero.EventName(), does: func(w *Writer, e event.Recorded[event.Event]) {
		typed, ok := event.As[E](e)
		if !ok {
			panic(fmt.Sprintf("the event is a %T", e.Data))
		}
		does(w, typed)
	}}
}

type handler struct {
	event string
	does  func(*Writer, event.Recorded[event.Event])
}

func (h handler) join(p *Projection) {
	if _, twice := p.handlers[h.event]; twice {
		panic("projection " + p.name + " handles " + h.event + " twice")
	}
	p.handlers[h.event] = h.does
}

// OnEvery says what every event does, after what it does by itself.
func OnEvery(does func(w *Writer, e event.Recorded[event.Event])) Part { return everyHandler(does) }

type everyHandler func(*Writer, event.Recorded[event.Event])

func (h everyHandler) join(p *Projection) {
	if p.every != nil {
		panic("projection " + p.name + " handles every event twice")
	}
	p.every = h
}

// View joins tables of its group for its readers. Readers see only the rows of
// their own organisation, so it must have a column org.
type View struct{ name, sql string }

// NewView declares a view by its query, which names tables as {schema}.table.
func NewView(name, sql string) *View {
	return &View{name: mustName(name), sql: strings.Join(strings.Fields(sql), " ")}
}

// Name answers the view's name.
func (v *View) Name() string { return v.name }

// Query answers the view's query over the tables of a schema, which is quoted already.
func (v *View) Query(schema string) string { return strings.ReplaceAll(v.sql, "{schema}", schema) }

func (v *View) join(p *Projection) { p.views = append(p.views, v) }

func (t *Table) join(p *Projection) { p.tables = append(p.tables, t) }
