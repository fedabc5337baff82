package httpapi

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"tagtrail/domain/fault"
	"tagtrail/domain/field"
	"tagtrail/domain/text"
	"tagtrail/readmodels"
)

// HeldField is a custom field and what a contact holds in it.
type HeldField struct {
	ID      string     `json:"id" format:"uuid"`
	Name    string     `json:"name" example:"Lifetime value"`
	Type    string     `json:"type" enum:"text,number,money,date,choice,multi_choice,person,boolean,url"`
	Retired bool       `json:"retired" doc:"What it holds can be cleared, and nothing new goes in."`
	Value   FieldValue `json:"value" doc:"null where it holds nothing."`
}

// FieldValue is the value of a custom field in the form of its type.
type FieldValue struct{ json jsontext.Value }

// Money is an amount in the currency's smallest unit.
type Money struct {
	AmountMinor int64  `json:"amount_minor" example:"199900"`
	Currency    string `json:"currency" maxLength:"3" doc:"ISO 4217." example:"EUR"`
}

const fieldValueDoc = "By type: a text; a number as a decimal text; money as {amount_minor, currency}, or written as 1999.00 EUR; a date; " +
	"the name of an option, or several in a list; the id of a member; true or false; an address. null clears it."

// longestFieldText is above any text that a custom field takes, in code points.
var longestFieldText = 8 * field.MaxURLLength

// Schema lists the forms.
func (*FieldValue) Schema(huma.Registry) *huma.Schema {
	written := &huma.Schema{Type: huma.TypeString, MaxLength: &longestFieldText}
	most := field.MaxOptions
	money := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"amount_minor", "currency"},
		Properties: map[string]*huma.Schema{"amount_minor": {Type: huma.TypeInteger, Format: "int64"}, "currency": written},
	}
	value := &huma.Schema{Description: fieldValueDoc, OneOf: []*huma.Schema{
		{Type: huma.TypeString, MaxLength: &longestFieldText, Nullable: true},
		{Type: huma.TypeNumber}, {Type: huma.TypeBoolean}, {Type: huma.TypeArray, Items: written, MaxItems: &most}, money,
	}}
	for _, schema := range append(slices.Clone(value.OneOf), written, value) {
		schema.PrecomputeMessages()
	}
	return value
}

// MarshalJSONTo writes the value in the form of its type.
func (v FieldValue) MarshalJSONTo(enc *jsontext.Encoder) error {
	if v.json == nil {
		return enc.WriteToken(jsontext.Null)
	}
	return enc.WriteValue(v.json)
}

// UnmarshalJSONFrom keeps the value as it is written: its form depends on the field that it is for.
func (v *FieldValue) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	v.json = value.Clone()
	return err
}

func heldFieldsOf(held []readmodels.HeldField) []HeldField {
	shown := make([]HeldField, len(held))
	for i, f := range held {
		shown[i] = HeldField{ID: f.ID.String(), Name: f.Name, Type: f.Type, Retired: f.Retired, Value: heldValue(f)}
	}
	return shown
}

// heldValue shows what is held in the form of its type.
func heldValue(f readmodels.HeldField) FieldValue {
	var value any = f.Value
	switch {
	case f.Value == "":
		return FieldValue{}
	case field.Type(f.Type) == field.Money:
		minor, currency, _ := strings.Cut(f.Value, " ")
		amount, _ := strconv.ParseInt(minor, 10, 64) // the one form of money begins with a whole number
		value = Money{AmountMinor: amount, Currency: currency}
	case field.Type(f.Type) == field.Boolean:
		value = f.Value == "true"
	case field.Type(f.Type) == field.MultiChoice:
		value = optionNames(f.Chosen)
	case field.Type(f.Type) == field.Choice && len(f.Chosen) > 0:
		value = f.Chosen[0].Name
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return FieldValue{} // texts, numbers and lists of them are always encoded
	}
	return FieldValue{json: encoded}
}

// fieldsNamed answers what custom fields are to hold, each named by its id or its name, and how the caller named each.
func fieldsNamed(all []field.Definition, written map[string]FieldValue) (map[field.ID]string, map[field.ID]string, error) {
	values, names := map[field.ID]string{}, map[field.ID]string{}
	for _, name := range slices.Sorted(maps.Keys(written)) {
		at := "/fields/" + jsontext.Pointer("").AppendToken(name)[1:]
		d, known := definitionOf(all, name)
		if _, twice := names[d.ID]; known && twice {
			return nil, nil, findings{{Pointer: bounded(string(at)), Detail: "the same custom field is named twice"}}
		}
		if !known {
			return nil, nil, inBody(field.ErrUnknown, bounded(string(at)))
		}
		value, err := writtenAs(d, written[name].json)
		if err != nil {
			return nil, nil, err.At(bounded(string(at)))
		}
		values[d.ID], names[d.ID] = value, bounded(string(at))
	}
	return values, names, nil
}

// definitionOf finds a custom field by its id, else by its name: one in use before one that is retired.
func definitionOf(all []field.Definition, name string) (field.Definition, bool) {
	if id, err := uuid.Parse(name); err == nil && id.String() == name {
		if i := slices.IndexFunc(all, func(d field.Definition) bool { return d.ID.UUID == id }); i >= 0 {
			return all[i], true
		}
	}
	for _, active := range []bool{true, false} {
		if i := slices.IndexFunc(all, func(d field.Definition) bool { return d.Active == active && text.Fold(d.Name) == text.Fold(name) }); i >= 0 {
			return all[i], true
		}
	}
	return field.Definition{}, false
}

// writtenAs answers a value as people write it, and as the field reads it; "" clears it.
func writtenAs(d field.Definition, value jsontext.Value) (string, *fault.Fault) {
	switch kind := value.Kind(); {
	case kind == 'n':
		return "", nil
	case kind == '"':
		var written string
		if json.Unmarshal(value, &written) == nil {
			return written, nil
		}
	case kind == '0' && d.Type == field.Number:
		return string(value), nil
	case (kind == 't' || kind == 'f') && d.Type == field.Boolean:
		return string(value), nil
	case kind == '[' && d.Type == field.MultiChoice:
		var names []string
		if json.Unmarshal(value, &names) == nil && !slices.ContainsFunc(names, separates) {
			return strings.Join(names, ","), nil
		}
		return "", field.ErrNotAnOption
	case kind == '{' && d.Type == field.Money:
		var money Money
		if json.Unmarshal(value, &money) == nil && !strings.ContainsRune(money.Currency, ' ') {
			return d.Show(strconv.FormatInt(money.AmountMinor, 10) + " " + strings.ToUpper(money.Currency)), nil
		}
	}
	return "", notOf(d.Type)
}

// separates says whether a text would be read as several options, or as none.
func separates(name string) bool { return strings.ContainsAny(name, ",|") || text.IsBlank(name) }

// notOf answers what is wrong with a value that is in the form of another type.
func notOf(t field.Type) *fault.Fault {
	switch t {
	case field.Number:
		return field.ErrNotANumber
	case field.Money:
		return field.ErrNotMoney
	case field.Date:
		return field.ErrNotADate
	case field.Choice, field.MultiChoice:
		return field.ErrNotAnOption
	case field.Person:
		return field.ErrNotAMember
	case field.Boolean:
		return field.ErrNotABoolean
	case field.URL:
		return field.ErrNotAURL
	case field.Text:
	}
	return field.ErrNotAText
}

// asNamed points at a custom field as the caller named it.
func asNamed(err error, names map[field.ID]string) error {
	refused := fault.Of(err)
	if refused == nil {
		return err
	}
	id, ok := strings.CutPrefix(refused.Pointer, "/fields/")
	if !ok {
		return err
	}
	of, parses := uuid.Parse(id)
	if at, named := names[field.ID{UUID: of}]; named && parses == nil {
		return refused.At(at)
	}
	return err
}
