package httpapi

import (
	"html/template"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// manual is what the page of the API shows.
type manual struct {
	Style        template.CSS
	Version      string
	Introduction [][]span
	Groups       []manualGroup
	Schemas      []manualSchema
}

type manualGroup struct {
	Name, Description string
	Operations        []manualOperation
}

type manualOperation struct {
	ID, Method, Class, Path, Summary string
	Description                      []span
	Parameters                       []manualMember
	Body                             *manualBody
	Answers                          []manualAnswer
}

type manualBody struct {
	Media string
	Type  typeName
}

type manualAnswer struct {
	Status string
	Type   typeName
	Doc    []span
}

type manualSchema struct {
	Name    string
	Members []manualMember
}

type manualMember struct {
	Name, In string
	Required bool
	Type     typeName
	Doc      []span
}

// typeName is how a type is written, and the schema that it leads to.
type typeName struct{ Text, Ref string }

// span is a piece of prose in one style.
type span struct {
	Text         string
	Strong, Code bool
}

func (a *api) manual() manual {
	api := a.huma.OpenAPI()
	page := manual{Style: template.CSS(style), Version: api.Info.Version}
	for paragraph := range strings.SplitSeq(api.Info.Description, "\n\n") {
		page.Introduction = append(page.Introduction, prose(paragraph))
	}
	for _, group := range api.Tags {
		page.Groups = append(page.Groups, manualGroup{Name: group.Name, Description: group.Description, Operations: manualOperations(api, group.Name)})
	}
	schemas := api.Components.Schemas.Map()
	for _, name := range sortedKeys(schemas) {
		page.Schemas = append(page.Schemas, manualSchema{Name: name, Members: manualMembers(schemas[name])})
	}
	return page
}

func manualOperations(api *huma.OpenAPI, group string) []manualOperation {
	var operations []manualOperation
	for _, path := range sortedKeys(api.Paths) {
		item := api.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil || op.Tags[0] != group {
				continue
			}
			shown := manualOperation{
				ID: op.OperationID, Method: op.Method, Class: strings.ToLower(op.Method), Path: op.Path,
				Summary: op.Summary, Description: prose(op.Description),
			}
			for _, p := range op.Parameters {
				description := p.Description
				if description == "" {
					description = p.Schema.Description
				}
				shown.Parameters = append(shown.Parameters, manualMember{Name: p.Name, In: p.In, Type: nameOf(p.Schema), Doc: prose(description)})
			}
			if op.RequestBody != nil {
				for media, content := range op.RequestBody.Content {
					shown.Body = &manualBody{Media: media, Type: nameOf(content.Schema)}
				}
			}
			for _, status := range sortedKeys(op.Responses) {
				answer := manualAnswer{Status: status, Doc: prose(op.Responses[status].Description)}
				for _, content := range op.Responses[status].Content {
					answer.Type = nameOf(content.Schema)
				}
				shown.Answers = append(shown.Answers, answer)
			}
			operations = append(operations, shown)
		}
	}
	return operations
}

func manualMembers(schema *huma.Schema) []manualMember {
	var members []manualMember
	for _, name := range sortedKeys(schema.Properties) {
		member := schema.Properties[name]
		members = append(members, manualMember{
			Name: name, Required: slices.Contains(schema.Required, name), Type: nameOf(member), Doc: prose(member.Description),
		})
	}
	return members
}

// nameOf writes a type for people.
func nameOf(schema *huma.Schema) typeName {
	switch {
	case schema == nil:
		return typeName{}
	case schema.Ref != "":
		name := schema.Ref[strings.LastIndex(schema.Ref, "/")+1:]
		return typeName{Text: name, Ref: name}
	case schema.Type == huma.TypeArray:
		item := nameOf(schema.Items)
		return typeName{Text: "list of " + item.Text, Ref: item.Ref}
	}
	text := schema.Type
	if schema.Format != "" && schema.Type == huma.TypeString {
		text = schema.Format
	}
	if len(schema.Enum) > 0 && len(schema.Enum) <= 12 {
		var values []string
		for _, value := range schema.Enum {
			if written, ok := value.(string); ok {
				values = append(values, written)
			}
		}
		text = strings.Join(values, " | ")
	}
	if schema.Nullable {
		text += " or null"
	}
	return typeName{Text: text}
}

// prose parts a text by its two marks: **strong** and `code`.
func prose(text string) []span {
	var spans []span
	for i, part := range strings.Split(strings.ReplaceAll(text, "**", "\x00*"), "`") {
		for j, piece := range strings.Split(part, "\x00*") {
			if piece != "" {
				spans = append(spans, span{Text: piece, Code: i%2 == 1, Strong: j%2 == 1})
			}
		}
	}
	return spans
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
