package projections

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"tagtrail/domain/personal"
)

// normal brings what a handler wrote into the one form that a column's values
// have in changes. Nothing said is NULL: an empty or erased personal text, a
// zero id, a zero time, a nil pointer.
func (t *Table) normal(place int, value any) any {
	c := &t.columns[place]
	if isPersonal(value) && t.isKey(place) {
		panic(fmt.Sprintf("%s.%s: personal data is no key", t.name, c.Name))
	}
	if v, ok := plain(c.Kind, value); ok {
		return v
	}
	if v, ok := deep(c.Kind, reflect.ValueOf(value)); ok {
		return v
	}
	panic(fmt.Sprintf("%s.%s is %s and cannot hold a %T", t.name, c.Name, c.Type, value))
}

// plain handles the types that come all the time.
func plain(kind Kind, value any) (any, bool) {
	switch v := value.(type) {
	case nil:
		return nil, true
	case personal.Text:
		return ofPerson(kind, v)
	case uuid.UUID:
		if v == uuid.Nil {
			return nil, kind == UUID
		}
		return v, kind == UUID
	case string:
		return storable(v), kind == Text || kind == JSON || kind == Other
	case int64:
		return v, kind == Int
	case bool:
		return v, kind == Bool
	case float64:
		return v, kind == Float
	case time.Time:
		if v.IsZero() {
			return nil, kind == Time
		}
		return v.UTC().Truncate(time.Microsecond), kind == Time
	case []uuid.UUID:
		return sortedIDs(v), kind == UUIDSet
	case []string:
		return append([]string{}, v...), kind == TextList
	case jsontext.Value:
		return string(v), kind == JSON
	}
	return nil, false
}

// ofPerson brings a personal text into a column. One that was not opened is kept as the JSON that it is opened by later,
// and a column of JSON keeps apart what was erased from what was never said.
func ofPerson(kind Kind, t personal.Text) (any, bool) {
	switch {
	case t.IsSealed(), kind == JSON && !t.IsZero():
		encoded, err := json.Marshal(t)
		return string(encoded), err == nil && (kind == Text || kind == JSON)
	case t.Reveal() == "":
		return nil, kind == Text || kind == JSON
	default:
		return storable(t.Reveal()), kind == Text
	}
}

// deep handles named types and pointers: ids of the domain, its string kinds, its numbers.
func deep(kind Kind, v reflect.Value) (any, bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil, true
		}
		if value, ok := plain(kind, v.Elem().Interface()); ok {
			return value, true
		}
		return deep(kind, v.Elem())
	case reflect.String:
		return storable(v.String()), kind == Text || kind == JSON || kind == Other
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), kind == Int
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return int64(v.Uint()), kind == Int //nolint:gosec // positions stay far below the half of 64 bits
	case reflect.Bool:
		return v.Bool(), kind == Bool
	case reflect.Struct:
		if v.NumField() == 1 && v.Type().Field(0).IsExported() {
			if id, ok := reflect.TypeAssert[uuid.UUID](v.Field(0)); ok {
				return plain(kind, id)
			}
		}
	case reflect.Slice:
		return list(kind, v)
	default:
	}
	if kind == JSON {
		encoded, err := json.Marshal(v.Interface(), json.Deterministic(true))
		return string(encoded), err == nil
	}
	return nil, false
}

func list(kind Kind, v reflect.Value) (any, bool) {
	switch kind {
	case JSON:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return string(v.Bytes()), true // encoded already
		}
		encoded, err := json.Marshal(v.Interface(), json.Deterministic(true))
		return string(encoded), err == nil
	case IntSet:
		members := make([]int64, 0, v.Len())
		for i := range v.Len() {
			member, ok := deep(Int, v.Index(i))
			if !ok {
				return nil, false
			}
			members = append(members, member.(int64))
		}
		slices.Sort(members)
		return slices.Compact(members), true
	case UUIDSet:
		members := make([]uuid.UUID, 0, v.Len())
		for i := range v.Len() {
			member, ok := deep(UUID, v.Index(i))
			if !ok || member == nil {
				return nil, false
			}
			members = append(members, member.(uuid.UUID))
		}
		return sortedIDs(members), true
	default:
		return nil, false
	}
}

// storable replaces what no text of PostgreSQL can hold, so that a strange
// message cannot stop a group.
func storable(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}

func isPersonal(value any) bool {
	switch value.(type) {
	case personal.Text, *personal.Text:
		return true
	}
	return false
}

func emptyIDs() any { return []uuid.UUID{} }

func compareIDs(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }

func sortedIDs(ids []uuid.UUID) []uuid.UUID {
	sorted := append([]uuid.UUID{}, ids...)
	slices.SortFunc(sorted, compareIDs)
	return slices.Compact(sorted)
}

// compareValues orders two values of an ordered column.
func compareValues(a, b any) int {
	if x, ok := a.(time.Time); ok {
		return x.Compare(b.(time.Time))
	}
	return cmp.Compare(a.(int64), b.(int64))
}

func (t *Table) memberOf(kind Kind, member any) any {
	if v, ok := plain(kind, member); ok {
		return v
	}
	v, _ := deep(kind, reflect.ValueOf(member))
	return v
}

func (c *Column) empty() any {
	if c.Kind == UUIDSet {
		return emptyIDs()
	}
	return []int64{}
}
