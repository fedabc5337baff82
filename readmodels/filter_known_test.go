package readmodels_test

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/field"
	"tagtrail/domain/organization"
	"tagtrail/domain/personal"
)

// knowledge is what is said of somebody besides the row of the contact.
type knowledge struct {
	language string
	talk     string            // open, closed, none
	consents map[string]bool   // by purpose
	held     map[string]string // by the name of a custom field, as people write it
	beyond   bool
}

// asked is a custom field of the crowd, with what its contacts may hold, as it is kept and as people write it.
type asked struct {
	id           uuid.UUID
	name         string
	of           field.Type
	kept, values []string
}

func (c *crowd) askedFields() []asked {
	return []asked{
		{name: "remark", of: field.Text, kept: []string{"likes 5% off", "Tea"}, values: []string{"Likes 5% off", "tea"}},
		{name: "orders", of: field.Number, kept: []string{"9", "10", "-0.5"}, values: []string{"9.0", "10", "-0.5"}},
		{name: "worth", of: field.Money, kept: []string{"199900 EUR", "5 JPY", "200000 EUR"}, values: []string{"1999 EUR", "5 JPY", "EUR 2000.00"}},
		{name: "renewal", of: field.Date, kept: []string{"2026-06-15", "2026-07-20", "2027-01-01"}, values: []string{"2026-06-15", "2026-07-20", "2027-01-01"}},
		{name: "plan", of: field.Choice, kept: []string{"1", "2"}, values: []string{"Basic", "PRO"}},
		{name: "uses", of: field.MultiChoice, kept: []string{"1", "2", "1,2"}, values: []string{"web", "shop", "web,shop"}},
		{name: "loyal", of: field.Boolean, kept: []string{"true", "false"}, values: []string{"yes", "false"}},
	}
}

func (c *crowd) defineFields() {
	c.fields = c.askedFields()
	for i := range c.fields {
		f := &c.fields[i]
		f.id = uuid.New()
		defined := organization.FieldDefined{Field: field.ID{UUID: f.id}, Name: f.name, Type: f.of}
		switch f.name {
		case "plan":
			defined.Options = []field.Option{{Number: 1, Name: "basic"}, {Number: 2, Name: "Pro"}}
		case "uses":
			defined.Options = []field.Option{{Number: 1, Name: "Web"}, {Number: 2, Name: "Shop"}}
		}
		c.w.happened(c.w.org.Stream(), defined)
	}
}

// know lets something be said of somebody.
func (c *crowd) know(p *someone, id contact.ID) {
	k := knowledge{talk: "none", consents: map[string]bool{}, held: map[string]string{}}
	switch c.one(4) {
	case 0:
		k.language = "pt-BR"
		c.w.happened(id.Stream(), contact.LanguageChanged{Language: "es", From: contact.FromChannel}, contact.LanguageChanged{Language: "pt-BR", From: contact.Manual})
	case 1:
		k.language = "es"
		c.w.happened(id.Stream(), contact.LanguageChanged{Language: "es", From: contact.FromBrowser}, contact.LanguageChanged{Language: "pt", From: contact.Manual}, contact.LanguageChanged{From: contact.Manual})
	}
	if n := c.one(3); n > 0 {
		k.talk = "open"
		c.w.happened(conversation.Stream(id), conversation.Opened{Number: 1})
		if n > 1 {
			k.talk = "closed"
			c.w.happened(conversation.Stream(id), conversation.Closed{Number: 1})
		}
	}
	switch c.one(3) {
	case 0:
		k.consents["marketing"] = true
		c.w.happened(id.Stream(), contact.ConsentGiven{Purpose: "marketing"})
	case 1:
		k.consents["marketing"] = false
		c.w.happened(id.Stream(), contact.ConsentGiven{Purpose: "marketing"}, contact.ConsentWithdrawn{Purpose: "marketing"})
	}
	if k.beyond = c.one(4) == 0; k.beyond {
		c.w.happened(id.Stream(), contact.LimitExceeded{Limit: 3})
	}
	for _, f := range c.fields {
		if c.one(2) == 0 {
			continue
		}
		n := c.one(len(f.kept))
		k.held[f.name] = f.values[n]
		c.w.happened(id.Stream(), contact.FieldSet{Field: field.ID{UUID: f.id}, Type: f.of, Value: personal.New(f.kept[n])})
		if c.one(5) == 0 {
			delete(k.held, f.name)
			c.w.happened(id.Stream(), contact.FieldCleared{Field: field.ID{UUID: f.id}})
		}
	}
	p.knowledge = k
}

// knownLeaf makes up a leaf about what is said of contacts.
func (c *crowd) knownLeaf() node {
	switch c.one(6) {
	case 0:
		return node{"language": [][]string{{"pt"}, {"PT-br"}, {"es", "de"}, {"pt-PT"}}[c.one(4)]}
	case 1:
		return node{"conversation": [][]string{{"open"}, {"closed"}, {"none"}, {"open", "none"}}[c.one(4)]}
	case 2:
		return node{"consent": node{"purpose": []string{"marketing", "surveys"}[c.one(2)], "is": []string{"given", "withdrawn", "unknown"}[c.one(3)]}}
	case 3:
		return node{"over_plan": c.one(2) == 0}
	case 4:
		return node{"over_limit": c.one(2) == 0}
	}
	f := c.fields[c.one(len(c.fields))]
	said := node{"field": f.id}
	if c.one(8) == 0 {
		said["field"] = uuid.New()
	}
	some := []string{f.values[c.one(len(f.values))], f.values[c.one(len(f.values))]}
	if f.of == field.MultiChoice {
		some = []string{"web", "SHOP"}[:1+c.one(2)]
	}
	switch n := c.one(4); {
	case n == 0:
		said["held"] = c.one(2) == 0
	case n == 1:
		said["is_not"] = some
	case n == 2 && f.of == field.Text:
		said["contains"] = []string{"5%", "EA", "_"}[c.one(3)]
	case n == 2 && f.of == field.Date && c.one(2) == 0:
		said[[]string{"older_than_days", "within_days"}[c.one(2)]] = 1 + c.one(60)
	case n == 2 && slices.Contains([]field.Type{field.Number, field.Money, field.Date}, f.of):
		said["at_least"] = f.values[0]
		if c.one(2) == 0 {
			said["below"] = f.values[len(f.values)-1]
		}
	default:
		said["is"] = some
	}
	return node{"field": said}
}

// holds reads a leaf about a custom field for one person.
func (c *crowd) holds(said node, p *someone) bool {
	i := slices.IndexFunc(c.fields, func(f asked) bool { return f.id == said["field"] })
	value, held, of := "", false, field.Type("")
	if i >= 0 {
		value, held = p.held[c.fields[i].name]
		of = c.fields[i].of
	}
	among := func(words []string) bool {
		return held && slices.ContainsFunc(words, func(word string) bool {
			if of == field.MultiChoice {
				return slices.Contains(strings.Split(value, ","), strings.ToLower(word))
			}
			return strings.EqualFold(word, value)
		})
	}
	if want, ok := said["held"].(bool); ok {
		return held == want
	}
	if is, ok := said["is"].([]string); ok {
		return among(is)
	}
	if not, ok := said["is_not"].([]string); ok {
		return !among(not)
	}
	if part, ok := said["contains"].(string); ok {
		return held && strings.Contains(strings.ToLower(value), strings.ToLower(part))
	}
	if days, ok := said["older_than_days"].(int); ok {
		return held && value < c.now.AddDate(0, 0, -days).Format(time.DateOnly)
	}
	if days, ok := said["within_days"].(int); ok {
		return held && value >= c.now.AddDate(0, 0, -days).Format(time.DateOnly)
	}
	least, _ := said["at_least"].(string)
	below, bounded := said["below"].(string)
	return held && !before(of, value, least) && same(of, value, least) && (!bounded || before(of, value, below))
}

// before orders values as people read them.
func before(of field.Type, a, b string) bool {
	if of == field.Date {
		return a < b
	}
	return amount(a) < amount(b)
}

func same(of field.Type, a, b string) bool {
	return of != field.Money || strings.Contains(a, "EUR") == strings.Contains(b, "EUR")
}

func amount(s string) float64 {
	n, _ := strconv.ParseFloat(strings.Trim(s, "EURJPY "), 64)
	return n
}

// speaks says whether somebody speaks one of the languages.
func speaks(words []string, p *someone) bool {
	return slices.ContainsFunc(words, func(word string) bool {
		word, spoken := strings.ToLower(word), strings.ToLower(p.language)
		return spoken != "" && (spoken == word || strings.HasPrefix(spoken, word+"-"))
	})
}

func consents(said node, p *someone) bool {
	purpose, _ := said["purpose"].(string)
	agrees, known := p.consents[purpose]
	return said["is"] == map[bool]string{true: "given", false: "withdrawn"}[agrees] && known || said["is"] == "unknown" && !known
}
