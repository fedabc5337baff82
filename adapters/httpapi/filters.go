package httpapi

import (
	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"tagtrail/domain/filter"
)

// WrittenFilter is a filter as somebody wrote it; what is wrong with it is said by the domain.
type WrittenFilter struct{ JSON []byte }

// UnmarshalJSONFrom keeps the filter as it is.
func (w *WrittenFilter) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	w.JSON = value.Clone()
	return err
}

// MarshalJSONTo writes the filter as it is.
func (w WrittenFilter) MarshalJSONTo(enc *jsontext.Encoder) error { return enc.WriteValue(w.JSON) }

// filterSchema is what the schema of a filter is called.
const filterSchema = "Filter"

// Schema describes the language: one member, whose value is what it takes.
func (*WrittenFilter) Schema(r huma.Registry) *huma.Schema {
	ref := &huma.Schema{Ref: "#/components/schemas/" + filterSchema}
	if r.Map()[filterSchema] != nil {
		return ref
	}
	r.Map()[filterSchema] = describedFilter(ref)
	return ref
}

func describedFilter(ref *huma.Schema) *huma.Schema {
	one := 1
	described := &huma.Schema{
		Type: huma.TypeObject, Description: "One member says who is meant.", AdditionalProperties: false,
		MinProperties: &one, MaxProperties: &one, Properties: map[string]*huma.Schema{},
	}
	member := func(name filter.Name, schema *huma.Schema, doc string) {
		schema.Description = doc
		described.Properties[string(name)] = schema
	}
	member("all", listSchema(ref, filter.MaxNodes), "Whom each of the filters means.")
	member("any", listSchema(ref, filter.MaxNodes), "Whom one of the filters means.")
	described.Properties["not"] = ref
	member("text", textSchema(), "Has it in a name, a phone number in whatever form it is written, or an e-mail address. One or two characters match where a word begins.")
	id := &huma.Schema{Type: huma.TypeString, Format: "uuid"}
	for name, doc := range map[filter.Name]string{
		filter.TagsAll:  "Carries each of the tags actively.",
		filter.TagsAny:  "Carries one of the tags actively.",
		filter.TagsNone: "Carries none of the tags actively.",
		filter.Owner:    "Is owned by one of the team members.",
		filter.Channel:  "Was met on one of the channels.",
		filter.Segment:  "Is meant by the filter of one of the segments, as it is now.",
	} {
		member(name, listSchema(id, filter.MaxValues), doc)
	}
	for name, doc := range map[filter.Name]string{
		filter.LeadStatus: "Stands there in the funnel.",
		filter.Country:    "Of the number that is shown, ISO 3166-1 alpha-2.",
		filter.Source:     "By which way the contact came.",
		filter.Origin:     "How the contact came to be.",
		filter.Language:   "As it is shown, BCP 47; `pt` means `pt-BR` too. Whatever the case.",

		filter.Conversation: "open: one is, as the inbox reports it; closed: all that there were; none: there was none.",
	} {
		member(name, listSchema(wordSchema(name), filter.MaxValues), doc)
	}
	for name, doc := range map[filter.Name]string{
		filter.NoTags:   "Carries no tag actively.",
		filter.NoOwner:  "Is owned by nobody.",
		filter.HasEmail: "Has an e-mail address.",
		filter.Archived: "Is archived. A filter that has this anywhere looks among archived contacts too.",

		filter.LegalHold: "Is under a legal hold.",
		filter.OverLimit: "Carries more active tags than a contact may be given.",
		filter.OverPlan:  "Came by itself when the plan allowed no more contacts.",
	} {
		member(name, &huma.Schema{Type: huma.TypeBoolean}, doc)
	}
	for name, doc := range map[filter.Name]string{
		filter.Created: "When the contact was recorded.", filter.FirstSeen: "The first message that came in.",
		filter.LastSeen: "The last message that came in.", filter.LastActive: "The last message in or out.",
	} {
		member(name, timeSchema(name), doc)
	}
	member("tag_value", valueSchema(id), "Carries a valued tag actively, with such a value. is_not means those without the tag too. Whatever the case.")
	member("field", fieldSchema(id), "Holds something in a custom field, retired or not: anything (held), one of the values or options (is), a part of a text or an address (contains), a number, an amount of one currency or a date from one to before another (at_least, below), a date so many days before today and earlier, or later (older_than_days, within_days). is_not and held false mean those who hold nothing too. Values are written as on contacts, whatever the case.")
	member("consent", consentSchema(), "What the last word on a purpose is. Of contacts that are one person it is withdrawn where any of them withdrew it.")
	described.PrecomputeMessages()
	return described
}

func listSchema(of *huma.Schema, most int) *huma.Schema {
	one := 1
	return &huma.Schema{Type: huma.TypeArray, Items: of, MinItems: &one, MaxItems: &most}
}

func textSchema() *huma.Schema {
	one, most := 1, filter.MaxText
	return &huma.Schema{Type: huma.TypeString, MinLength: &one, MaxLength: &most}
}

func wordSchema(name filter.Name) *huma.Schema {
	schema := &huma.Schema{Type: huma.TypeString}
	for _, word := range filter.Vocabulary(name) {
		schema.Enum = append(schema.Enum, word)
	}
	switch name { //nolint:exhaustive // the others have a vocabulary
	case filter.Country:
		schema.Pattern = "^[A-Z]{2}$"
	case filter.Language:
		schema.Pattern = "^[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*$"
	}
	return schema
}

func timeSchema(name filter.Name) *huma.Schema {
	bound := &huma.Schema{Type: huma.TypeString, Description: "An instant with its zone, or a date, which begins in the organisation's zone."}
	days, one := daysSchema(), 1
	schema := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, MinProperties: &one,
		Properties: map[string]*huma.Schema{"from": bound, "before": bound, "older_than_days": days, "within_days": days},
	}
	if name != filter.Created {
		schema.Properties["never"] = &huma.Schema{Type: huma.TypeBoolean, Enum: []any{true}}
	}
	return schema
}

func daysSchema() *huma.Schema {
	least, most := 1.0, float64(filter.MaxDays)
	return &huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most}
}

func fieldSchema(id *huma.Schema) *huma.Schema {
	two, three := 2, 3
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, MinProperties: &two, MaxProperties: &three, Required: []string{"field"},
		Properties: map[string]*huma.Schema{
			"field": id, "held": {Type: huma.TypeBoolean}, "is": listSchema(textSchema(), filter.MaxValues), "is_not": listSchema(textSchema(), filter.MaxValues),
			"contains": textSchema(), "at_least": textSchema(), "below": textSchema(), "older_than_days": daysSchema(), "within_days": daysSchema(),
		},
	}
}

func consentSchema() *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"purpose", "is"},
		Properties: map[string]*huma.Schema{
			"purpose": textSchema(), "is": {Type: huma.TypeString, Enum: []any{filter.Given, filter.Withdrawn, filter.Unknown}},
		},
	}
}

func valueSchema(id *huma.Schema) *huma.Schema {
	two := 2
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, MinProperties: &two, MaxProperties: &two, Required: []string{"tag"},
		Properties: map[string]*huma.Schema{
			"tag": id, "is": listSchema(textSchema(), filter.MaxValues), "is_not": listSchema(textSchema(), filter.MaxValues),
			"contains": textSchema(),
		},
	}
}

const filterLanguage = `A filter is an object with one member. ` + "`all`" + ` and ` + "`any`" + ` hold filters, ` + "`not`" + ` holds one; every other member is something that a contact is, has or did. ` +
	`At most 200 filters, nested at most 8 deep, with at most 50 values each. Whatever is not known of a contact does not hold: who was never seen was not seen 30 days ago either; say ` + "`never`" + `. ` +
	`Example: ` + "`" + `{"all":[{"text":"jane"},{"tags_all":["0197a1b2-0000-7000-8000-0000000000d1"]},{"not":{"tag_value":{"tag":"0197a1b2-0000-7000-8000-0000000000d2","is":["male"]}}},{"last_seen":{"older_than_days":30}}]}` + "`"
