package httpapi

import (
	"context"
	"net/http"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
	"tagtrail/readmodels"
)

// TagCatalog is everything that can be put on contacts, for whoever chooses by reading descriptions.
type TagCatalog struct {
	Revision       int64        `json:"revision" doc:"Of the catalogue's last event, the ETag: while it is the same, so is the catalogue. -1 where there never was a tag." example:"41"`
	TagsPerContact int          `json:"tags_per_contact" doc:"How many active tags a contact carries at most." example:"20"`
	ValueLength    int          `json:"value_length" doc:"How many characters a free value has at most." example:"200"`
	Tags           []CatalogTag `json:"tags" nullable:"false" doc:"The active tags, by name."`
}

// CatalogTag is a tag that can be chosen.
type CatalogTag struct {
	ID          string   `json:"id" format:"uuid" example:"0197a1b2-0000-7000-8000-0000000000b1"`
	Name        string   `json:"name" example:"VIP"`
	Description string   `json:"description,omitempty" doc:"When to choose it." example:"Spends more than 1,000 a year"`
	Kind        string   `json:"kind" enum:"label,valued" doc:"valued: it is put on a contact with a value."`
	Values      []string `json:"values,omitempty" doc:"Of a valued tag with a fixed list: one of them has to be given. A valued tag without takes free text."`
}

func catalogTagOf(t readmodels.CatalogTag) CatalogTag {
	shown := CatalogTag{ID: t.ID.String(), Name: t.Name, Description: t.Description, Kind: t.Kind}
	if t.Policy == string(tag.FixedList) {
		shown.Values = []string{}
	}
	for _, value := range t.Values {
		shown.Values = append(shown.Values, value.Name)
	}
	return shown
}

func (a *api) registerTagCatalog() {
	register(a, operation{
		id: "get-tag-catalog", method: http.MethodGet, path: "/v1/tags/catalog", group: "Tags", permission: commands.MayRead,
		summary:     "Get the whole tag catalogue in short, for agents that choose tags",
		description: "All active tags at once, with the descriptions by which they are chosen. Nothing else can be put on a contact, whoever asks.",
	}, a.getTagCatalog)
}

func (a *api) getTagCatalog(ctx context.Context, _ *struct{}) (*found[TagCatalog], error) {
	catalog, err := a.tags.Catalog(ctx, orgOf(ctx))
	if err != nil {
		return nil, err
	}
	org, err := a.Commands.Organization(ctx, organization.ID{UUID: orgOf(ctx)})
	if err != nil {
		return nil, err
	}
	shown := TagCatalog{
		Revision: catalog.Revision, TagsPerContact: org.TagLimit(), ValueLength: contact.MaxValueLength, Tags: make([]CatalogTag, len(catalog.Tags)),
	}
	for i, t := range catalog.Tags {
		shown.Tags[i] = catalogTagOf(t)
	}
	return &found[TagCatalog]{ETag: etag(catalog.Revision), Body: shown}, nil
}
