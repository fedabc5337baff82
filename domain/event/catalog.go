package event

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrUnknown stops a reader at an event that this build's catalogue does not know, or that is newer than the build.
var ErrUnknown = errors.New("the catalogue does not know this event")

// Upcast lifts the JSON of one version to the next. Sealed values are open by then, but for readers that never open
// them: a lift may move a personal value, and does not look at it.
type Upcast struct {
	From int
	Lift func(jsontext.Value) (jsontext.Value, error)
}

// Spec declares one event: its type, today's version, and how older versions are lifted.
type Spec struct {
	name    string
	version int
	upcasts []Upcast
	decode  func(jsontext.Value) (Event, error)
	zero    Event
}

// Of declares the event type E at today's version, with one upcast for each older one.
func Of[E Event](version int, upcasts ...Upcast) Spec {
	var zero E
	return Spec{name: zero.EventName(), version: version, upcasts: upcasts, zero: zero,
		decode: func(data jsontext.Value) (Event, error) {
			var e E
			err := json.Unmarshal(data, &e, json.RejectUnknownMembers(true))
			return e, err
		}}
}

// Name answers the name that the event is stored under.
func (s Spec) Name() string { return s.name }

// Version answers today's version.
func (s Spec) Version() int { return s.version }

// Zero answers an empty event of the declared type.
func (s Spec) Zero() Event { return s.zero }

// Catalog knows every event that was ever stored.
type Catalog struct {
	specs []Spec
	byKey map[string]Spec
}

// NewCatalog panics on a duplicate name or a gap in a chain of upcasts: both are mistakes of the build.
func NewCatalog(groups ...[]Spec) *Catalog {
	c := &Catalog{byKey: map[string]Spec{}}
	for _, spec := range slices.Concat(groups...) {
		if _, twice := c.byKey[spec.name]; twice {
			panic("event " + spec.name + " is declared twice")
		}
		if len(spec.upcasts) != spec.version-1 {
			panic("event " + spec.name + " lacks an upcast")
		}
		for i, up := range spec.upcasts {
			if up.From != i+1 {
				panic("event " + spec.name + " has a gap in its upcasts")
			}
		}
		c.byKey[spec.name] = spec
		c.specs = append(c.specs, spec)
	}
	return c
}

// Specs answers every declaration, in order.
func (c *Catalog) Specs() []Spec { return slices.Clone(c.specs) }

// Version answers the version that an event is written at today; the event must be of the catalogue.
func (c *Catalog) Version(e Event) (int, error) {
	spec, ok := c.byKey[e.EventName()]
	if !ok || reflect.TypeOf(spec.zero) != reflect.TypeOf(e) {
		return 0, fmt.Errorf("%s: %w", e.EventName(), ErrUnknown)
	}
	return spec.version, nil
}

// Decode reads the opened JSON of an event of any version as today's type.
func (c *Catalog) Decode(name string, version int, data jsontext.Value) (Event, error) {
	spec, ok := c.byKey[name]
	if !ok || version < 1 || version > spec.version {
		return nil, fmt.Errorf("%s version %d: %w", name, version, ErrUnknown)
	}
	for _, up := range spec.upcasts[version-1:] {
		lifted, err := up.Lift(data)
		if err != nil {
			return nil, fmt.Errorf("lift %s from version %d: %w", name, up.From, err)
		}
		data = lifted
	}
	e, err := spec.decode(data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", name, err)
	}
	return e, nil
}
