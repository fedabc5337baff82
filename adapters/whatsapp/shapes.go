package whatsapp

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds how deep a body is nested; WhatsApp's own go to about ten.
const maxDepth = 64

// lenient reads what WhatsApp sends, and what it may send one day.
func lenient(raw []byte, into any) error {
	return json.Unmarshal(raw, into, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// isDeep says whether a body is nested deeper than anything that is understood; it reads no more of JSON than it needs to.
func isDeep(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// word is a string that may come as a number. Anything else is nothing.
type word string

// UnmarshalJSONFrom reads a word.
func (s *word) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch dec.PeekKind() {
	case '"', '0':
		token, err := dec.ReadToken()
		*s = word(token.String())
		return err
	default:
		*s = ""
		return dec.SkipValue()
	}
}

// list is an array of values that are read one by one. Anything else is an empty one.
type list []jsontext.Value

// UnmarshalJSONFrom reads a list.
func (l *list) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*l = nil
	if dec.PeekKind() != '[' {
		return dec.SkipValue()
	}
	var values []jsontext.Value
	if err := json.UnmarshalDecode(dec, &values); err != nil {
		return err
	}
	*l = values
	return nil
}

// delivery is the outermost shape.
type delivery struct {
	Object word `json:"object"`
	Entry  list `json:"entry"`
}

type entry struct {
	Changes list `json:"changes"`
}

type change struct {
	Field word           `json:"field"`
	Value jsontext.Value `json:"value"`
}

// messages is the value of a change of the field "messages".
type messages struct {
	Metadata struct {
		PhoneNumberID word `json:"phone_number_id"`
	} `json:"metadata"`
	Contacts list `json:"contacts"`
	Messages list `json:"messages"`
	Statuses list `json:"statuses"`
}

// profile is what is said of a person beside the messages.
type profile struct {
	Profile struct {
		Name     word `json:"name"`
		Username word `json:"username"`
	} `json:"profile"`
	WaID         word `json:"wa_id"`
	UserID       word `json:"user_id"`
	ParentUserID word `json:"parent_user_id"`
}

// incoming is a message of any type.
type incoming struct {
	From             word `json:"from"`
	FromUserID       word `json:"from_user_id"`
	FromParentUserID word `json:"from_parent_user_id"`
	ID               word `json:"id"`
	Timestamp        word `json:"timestamp"`
	Type             word `json:"type"`

	Text struct {
		Body word `json:"body"`
	} `json:"text"`
	Image    media `json:"image"`
	Video    media `json:"video"`
	Audio    media `json:"audio"`
	Document media `json:"document"`
	Sticker  media `json:"sticker"`
	Location struct {
		Name    word `json:"name"`
		Address word `json:"address"`
	} `json:"location"`
	Contacts    list        `json:"contacts"`
	Origin      word        `json:"origin"`
	Interactive interactive `json:"interactive"`
	Button      struct {
		Text word `json:"text"`
	} `json:"button"`
	Reaction struct {
		Emoji word `json:"emoji"`
	} `json:"reaction"`
	Order struct {
		Text word `json:"text"`
	} `json:"order"`
	System struct {
		Type    word `json:"type"`
		WaID    word `json:"wa_id"`
		NewWaID word `json:"new_wa_id"` // as it was called before wa_id
		UserID  word `json:"user_id"`
	} `json:"system"`
}

type media struct {
	Caption word `json:"caption"`
}

type choice struct {
	Title word `json:"title"`
}

type interactive struct {
	ButtonReply choice `json:"button_reply"`
	ListReply   choice `json:"list_reply"`
	FlowReply   struct {
		Body word `json:"body"`
	} `json:"nfm_reply"`
}

// card is a contact card inside a message.
type card struct {
	Name struct {
		FormattedName word `json:"formatted_name"`
	} `json:"name"`
	Phones list `json:"phones"`
	Origin word `json:"origin"`
}

type phone struct {
	Phone word `json:"phone"`
	WaID  word `json:"wa_id"`
}

// report is a status of a message of the team.
type report struct {
	ID                    word `json:"id"`
	Status                word `json:"status"`
	Timestamp             word `json:"timestamp"`
	RecipientID           word `json:"recipient_id"`
	RecipientUserID       word `json:"recipient_user_id"`
	RecipientParentUserID word `json:"recipient_parent_user_id"`
	RecipientType         word `json:"recipient_type"`
	Errors                list `json:"errors"`
}

type problem struct {
	Code word `json:"code"`
}

// text answers what a message says: its body, its caption, or the title of the choice.
func (m incoming) text() string {
	for _, said := range []word{
		m.Text.Body, m.Image.Caption, m.Video.Caption, m.Audio.Caption, m.Document.Caption,
		m.Interactive.ButtonReply.Title, m.Interactive.ListReply.Title, m.Interactive.FlowReply.Body,
		m.Button.Text, m.Reaction.Emoji, m.Order.Text,
	} {
		if said != "" {
			return string(said)
		}
	}
	if m.Location.Name != "" || m.Location.Address != "" {
		return strings.Trim(string(m.Location.Name+"\n"+m.Location.Address), "\n")
	}
	var names []string
	for _, c := range read[card](m.Contacts) {
		if c.Name.FormattedName != "" {
			names = append(names, string(c.Name.FormattedName))
		}
	}
	return strings.Join(names, "\n")
}

// isKnown says whether a message of this type is understood as it is.
func isKnown(kind word) bool {
	switch kind {
	case "text", "image", "audio", "video", "document", "sticker", "location", "contacts", "interactive", "button",
		"reaction", "order", "request_welcome", "unsupported":
		return true
	}
	return false
}
