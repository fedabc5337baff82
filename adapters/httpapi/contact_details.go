package httpapi

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/fault"
	"tagtrail/domain/field"
	"tagtrail/readmodels"
)

// Details are what is told of a contact besides what a list shows. They are those of now: with as_of they are left out.
type Details struct {
	FirstName        string               `json:"first_name" required:"false" doc:"Given by the team, else from a channel." example:"Sheena"`
	LastName         string               `json:"last_name" required:"false" example:"Nuñez"`
	Company          string               `json:"company" required:"false" example:"Acme"`
	Language         string               `json:"language" required:"false" doc:"BCP 47: given by the team, else from a channel, else from a browser." example:"pt-BR"`
	Address          PostalAddress        `json:"address" required:"false"`
	Social           SocialProfiles       `json:"social" required:"false"`
	Provenance       Provenances          `json:"provenance" required:"false" doc:"Who says so. What the team gave holds, whatever a channel says later."`
	Fields           []HeldField          `json:"fields" required:"false" nullable:"false" doc:"Custom fields by name: all active ones, and retired ones that hold something."`
	Conversation     *ContactConversation `json:"conversation,omitempty" doc:"The last one that the inbox reported; left out when there was none."`
	CampaignEligible bool                 `json:"campaign_eligible" required:"false" doc:"Has a valid number and carries at least one active tag."`
	URL              string               `json:"url" required:"false" doc:"Where people open the contact." example:"https://tagtrail.example.com/contacts/0197a1b2-0000-7000-8000-0000000000c1"`
}

// PostalAddress is where a contact lives or works; what is not known is empty.
type PostalAddress struct {
	Street     string `json:"street" doc:"May have several lines."`
	City       string `json:"city" example:"Lima"`
	Region     string `json:"region"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country" doc:"ISO 3166-1 alpha-2." example:"PE"`
}

// SocialProfiles are handles, or addresses of profiles; what is not known is empty.
type SocialProfiles struct {
	Facebook  string `json:"facebook"`
	Instagram string `json:"instagram" example:"@sheena"`
	LinkedIn  string `json:"linkedin"`
	TikTok    string `json:"tiktok"`
	X         string `json:"x"`
	YouTube   string `json:"youtube"`
	Website   string `json:"website"`
}

// Provenances say where details come from; null where nothing is said.
type Provenances struct {
	Name      *string `json:"name" enum:"manual,channel" doc:"Of the display name."`
	FirstName *string `json:"first_name" enum:"manual,channel,browser"`
	LastName  *string `json:"last_name" enum:"manual,channel,browser"`
	Country   *string `json:"country" enum:"manual,channel,browser,number"`
	Language  *string `json:"language" enum:"manual,channel,browser"`
}

// detailed answers a contact with its details.
func (a *api) detailed(c readmodels.Contact, d readmodels.Details) Contact {
	shown := contactOf(c)
	shown.Details = &Details{
		FirstName: d.FirstName.Value, LastName: d.LastName.Value, Company: d.Company, Language: d.Language.Value,
		Address: PostalAddress(d.Address), Social: socialProfilesOf(d.Social),
		Provenance: Provenances{
			FirstName: textOrNull(d.FirstName.Provenance), LastName: textOrNull(d.LastName.Provenance),
			Country: textOrNull(d.Country.Provenance), Language: textOrNull(d.Language.Provenance),
		},
		Fields: heldFieldsOf(d.Fields), CampaignEligible: c.Phone != "" && !c.Erased && len(c.ActiveTags) > 0,
		URL: a.PublicURL + "/contacts/" + shown.ID,
	}
	provenance := &shown.Provenance
	switch {
	case c.Name != "":
		provenance.Name = textOrNull(string(contact.Manual))
	case c.ProfileName != "":
		provenance.Name = textOrNull(string(contact.FromChannel))
	}
	switch {
	case d.Country.Value != "":
		shown.Country = d.Country.Value
	case c.Country != "":
		provenance.Country = textOrNull("number")
	}
	if d.Conversation != nil {
		last := conversationOf(*d.Conversation)
		shown.Conversation = &last
	}
	return shown
}

func socialProfilesOf(handles map[string]string) SocialProfiles {
	of := func(n contact.SocialNetwork) string { return handles[string(n)] }
	return SocialProfiles{
		Facebook: of(contact.Facebook), Instagram: of(contact.Instagram), LinkedIn: of(contact.LinkedIn), TikTok: of(contact.TikTok),
		X: of(contact.X), YouTube: of(contact.YouTube), Website: of(contact.Website),
	}
}

// ContactPatch is what is asked of a contact; what is left out stays.
type ContactPatch struct {
	Name       member[string]        `json:"name,omitzero" maxLength:"1600" doc:"null takes the given name away: the profile name shows."`
	Email      member[string]        `json:"email,omitzero" maxLength:"2048" doc:"null takes the address away."`
	Owner      member[string]        `json:"owner,omitzero" format:"uuid" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" doc:"null is nobody."`
	FirstName  member[string]        `json:"first_name,omitzero" maxLength:"1600" doc:"Up to 200 characters; null takes it away, as everywhere below."`
	LastName   member[string]        `json:"last_name,omitzero" maxLength:"1600" doc:"Up to 200 characters."`
	Company    member[string]        `json:"company,omitzero" maxLength:"1600" doc:"Up to 200 characters."`
	Country    member[string]        `json:"country,omitzero" maxLength:"2" doc:"ISO 3166-1 alpha-2; null shows that of the number again." example:"PE"`
	Language   member[string]        `json:"language,omitzero" maxLength:"35" doc:"BCP 47." example:"pt-BR"`
	Address    member[AddressPatch]  `json:"address,omitzero" doc:"null takes all of it away."`
	Social     member[SocialPatch]   `json:"social,omitzero" doc:"Handles, or addresses of profiles; null takes all away."`
	Fields     map[string]FieldValue `json:"fields,omitempty" nullable:"false" doc:"Custom fields by id or name; null clears one."`
	Provenance string                `json:"provenance,omitempty" enum:"manual,channel,browser" doc:"Where names, country and language come from: manual when left out. Only an inbox, which reports through a key of kind api, says channel or browser."`
}

// AddressPatch is what is asked of an address; what is left out stays.
type AddressPatch struct {
	Street     member[string] `json:"street,omitzero" maxLength:"1600" doc:"Up to 200 characters, of several lines."`
	City       member[string] `json:"city,omitzero" maxLength:"1600"`
	Region     member[string] `json:"region,omitzero" maxLength:"1600"`
	PostalCode member[string] `json:"postal_code,omitzero" maxLength:"1600"`
	Country    member[string] `json:"country,omitzero" maxLength:"2" example:"PE"`
}

// SocialPatch is what is asked of social profiles; what is left out stays.
type SocialPatch struct {
	Facebook  member[string] `json:"facebook,omitzero" maxLength:"4000" doc:"Up to 500 characters."`
	Instagram member[string] `json:"instagram,omitzero" maxLength:"4000"`
	LinkedIn  member[string] `json:"linkedin,omitzero" maxLength:"4000"`
	TikTok    member[string] `json:"tiktok,omitzero" maxLength:"4000"`
	X         member[string] `json:"x,omitzero" maxLength:"4000"`
	YouTube   member[string] `json:"youtube,omitzero" maxLength:"4000"`
	Website   member[string] `json:"website,omitzero" maxLength:"4000"`
}

// draftOf answers what an address is to be; nil leaves it.
func draftOf(p member[AddressPatch]) *contact.AddressDraft {
	switch {
	case !p.given:
		return nil
	case p.null:
		return &contact.AddressDraft{Street: new(""), City: new(""), Region: new(""), PostalCode: new(""), Country: new("")}
	}
	return &contact.AddressDraft{
		Street: p.value.Street.pointer(), City: p.value.City.pointer(), Region: p.value.Region.pointer(),
		PostalCode: p.value.PostalCode.pointer(), Country: p.value.Country.pointer(),
	}
}

// handlesOf answers what social profiles are to be; those that it does not name stay.
func handlesOf(p member[SocialPatch]) map[contact.SocialNetwork]string {
	handles := map[contact.SocialNetwork]string{}
	for network, handle := range map[contact.SocialNetwork]*member[string]{
		contact.Facebook: &p.value.Facebook, contact.Instagram: &p.value.Instagram, contact.LinkedIn: &p.value.LinkedIn,
		contact.TikTok: &p.value.TikTok, contact.X: &p.value.X, contact.YouTube: &p.value.YouTube, contact.Website: &p.value.Website,
	} {
		if p.null || handle.given {
			handles[network] = handle.value
		}
	}
	return handles
}

// describing answers the refusals of what is said about a contact.
func describing() []*fault.Fault {
	return append(namedInBody(field.ErrUnknown),
		contact.ErrArchived, contact.ErrMerged, contact.ErrUnknownOwner,
		contact.ErrFirstName, contact.ErrLastName, contact.ErrCompany, contact.ErrAddress, contact.ErrCountry, contact.ErrLanguage,
		contact.ErrSocialNetwork, contact.ErrSocialProfile, field.ErrRetired,
		field.ErrTextTooLong, field.ErrTextCharacters, field.ErrNotAText, field.ErrNotANumber, field.ErrNotMoney, field.ErrNotADate,
		field.ErrNotAnOption, field.ErrNotAMember, field.ErrNotABoolean, field.ErrNotAURL)
}

type editContact struct {
	ByContact
	Body ContactPatch `contentType:"application/merge-patch+json"`
}

func (a *api) editContact(ctx context.Context, in *editContact) (*written, error) {
	asked, err := asking(ctx, "")
	if err != nil {
		return nil, err
	}
	patch := &in.Body
	cmd := commands.EditContact{
		Contact: contact.ID{UUID: parsed(in.ID)}, Name: patch.Name.pointer(), Email: patch.Email.pointer(),
		From: contact.Provenance(patch.Provenance), FirstName: patch.FirstName.pointer(), LastName: patch.LastName.pointer(),
		Company: patch.Company.pointer(), Country: patch.Country.pointer(), Language: patch.Language.pointer(),
		Address: draftOf(patch.Address), Social: handlesOf(patch.Social),
	}
	if cmd.From != "" && cmd.From != contact.Manual && !requestOf(ctx).credential.Can(commands.MayReportInbox) {
		return nil, ErrDenied
	}
	if owner := patch.Owner.pointer(); owner != nil {
		cmd.Owner = &uuid.UUID{}
		if *owner != "" {
			*cmd.Owner = parsed(*owner)
		}
	}
	if cmd.IfMatch, err = requestOf(ctx).ifMatch.revisionsSeen(); err != nil {
		return nil, err
	}
	definitions, err := a.Commands.Fields(asked)
	if err != nil {
		return nil, err
	}
	values, named, err := fieldsNamed(definitions, patch.Fields)
	if err != nil {
		return nil, err
	}
	cmd.Fields = values
	receipt, err := a.Commands.EditContact(asked, cmd)
	if err != nil {
		return nil, asNamed(err, named)
	}
	return a.wroteContact(ctx, http.StatusOK, receipt, cmd.Contact)
}
