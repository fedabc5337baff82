package importing

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"tagtrail/domain/fault"
	"tagtrail/domain/field"
	"tagtrail/domain/tag"
	"tagtrail/domain/text"
)

// Detail names what a column holds besides tags and custom fields.
type Detail string

// The details.
const (
	Phone      Detail = "phone"
	Name       Detail = "name"
	Email      Detail = "email"
	Tags       Detail = "tags"
	LeadStatus Detail = "lead_status"
	FirstName  Detail = "first_name"
	LastName   Detail = "last_name"
	Company    Detail = "company"
	Country    Detail = "country"
	Language   Detail = "language"
	Ignored    Detail = "ignore"
)

// Details answers every detail, in the order in which they are documented.
func Details() []Detail {
	return []Detail{Phone, Name, Email, Tags, LeadStatus, FirstName, LastName, Company, Country, Language, Ignored}
}

// headings answers what a heading means by itself, letters and digits only.
func headings() map[string]Detail {
	means := map[string]Detail{}
	for detail, names := range map[Detail]string{
		Phone:      "id phone waid phonenumber phoneid whatsapp whatsappnumber mobile mobilephone tel telephone cell number telefono telefon telefone celular numero movil",
		Name:       "name displayname fullname contactname nombre nome nom",
		Email:      "email emailaddress mail correo correoelectronico",
		Tags:       "tags tag labels label etiquetas",
		LeadStatus: "leadstatus status",
		FirstName:  "firstname givenname",
		LastName:   "lastname surname familyname",
		Company:    "company organization organisation empresa",
		Country:    "country pais",
		Language:   "language idioma",
		// What our own lists show and no file can change.
		Ignored: "firstseen lastseen lastactive created createdat firstseenat lastseenat owner",
	} {
		for name := range strings.FieldsSeq(names) {
			means[name] = detail
		}
	}
	return means
}

// bare answers a heading as it is looked up, without accents.
func bare(heading string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" _-./", r) || unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(text.Fold(heading)))
}

// Column is what one column of a file holds: a detail, a valued tag, or a custom field.
type Column struct {
	Heading string
	Detail  Detail
	Key     string // of a valued tag, as the catalogue calls it, or is to call it
	Field   field.ID
}

// Catalog is what of the tag catalogue tells what a file means.
type Catalog interface {
	Find(id tag.ID) (tag.Tag, bool)
	Named(name string) (tag.ID, bool)
	DeletedNamesake(name string) (tag.ID, bool)
}

// Columns answers what the columns of a file hold: by the mapping first, then by what the headings say.
func Columns(header []string, s Settings, catalog Catalog, fields []field.Definition) ([]Column, error) {
	means := headings()
	mapped, err := s.byColumn(header)
	if err != nil {
		return nil, err
	}
	columns := make([]Column, len(header))
	for i, heading := range header {
		heading = strings.TrimSpace(text.Unguard(heading))
		columns[i] = Column{Heading: heading}
		var err error
		if target, ok := mapped[i]; ok {
			err = columns[i].mapTo(target, s, catalog, fields)
		} else {
			err = columns[i].read(heading, means, s, catalog, fields)
		}
		if err != nil {
			return nil, fault.Of(err).With("column", strconv.Itoa(i+1))
		}
	}
	return columns, distinct(columns)
}

// byColumn answers what the mapping says of each column, which it names by heading or by number.
func (s Settings) byColumn(header []string) (map[int]string, error) {
	mapped := map[int]string{}
	for named, target := range s.Mapping {
		at := slices.IndexFunc(header, func(heading string) bool { return bare(heading) == bare(named) })
		if n, err := strconv.Atoi(named); at < 0 && err == nil && n >= 1 && n <= len(header) {
			at = n - 1
		}
		if at < 0 {
			return nil, ErrMapping
		}
		mapped[at] = target
	}
	return mapped, nil
}

func (c *Column) mapTo(target string, s Settings, catalog Catalog, fields []field.Definition) error {
	kind, name, named := strings.Cut(target, ":")
	switch {
	case slices.Contains(Details(), Detail(target)):
		c.Detail = Detail(target)
		return nil
	case named && kind == "tag":
		return c.valued(name, s, catalog)
	case named && kind == "field" && c.custom(name, fields):
		return nil
	}
	return ErrMapping
}

// read finds out what a column is by its heading. What contacts have goes before tags, and tags before custom fields;
// "tag:" and "field:" before a name say which is meant.
func (c *Column) read(heading string, means map[string]Detail, s Settings, catalog Catalog, fields []field.Definition) error {
	if detail, known := means[bare(heading)]; known {
		c.Detail = detail
		return nil
	}
	if heading == "" {
		c.Detail = Ignored
		return nil
	}
	switch kind, name, named := strings.Cut(heading, ":"); {
	case named && strings.EqualFold(kind, "tag"):
		return c.valued(strings.TrimSpace(name), s, catalog)
	case named && strings.EqualFold(kind, "field") && c.custom(strings.TrimSpace(name), fields):
		return nil
	}
	if id, known := catalog.Named(heading); known {
		if t, _ := catalog.Find(id); t.Kind == tag.Valued {
			c.Key = t.Name
			return nil
		}
	} else if c.custom(heading, fields) {
		return nil
	}
	return c.valued(heading, s, catalog)
}

// valued says that a column holds the values of a tag, which may not be there yet.
func (c *Column) valued(key string, s Settings, catalog Catalog) error {
	id, known := catalog.Named(key)
	t, _ := catalog.Find(id)
	switch {
	case known && t.Kind == tag.Valued:
		c.Key = t.Name
	case s.UnknownTags == SkipUnknown:
		c.Detail = Ignored
	case known, s.UnknownTags == RejectUnknown:
		return ErrUnknownColumn
	default:
		c.Key = key
	}
	return nil
}

func (c *Column) custom(name string, fields []field.Definition) bool {
	for _, d := range fields {
		if d.Active && text.Fold(d.Name) == text.Fold(name) {
			c.Field = d.ID
			return true
		}
	}
	return false
}

// distinct says whether each thing is in one column only, and that there is one that says who is meant.
func distinct(columns []Column) error {
	seen := map[Column]bool{}
	phone := false
	for i, c := range columns {
		c.Heading, c.Key = "", text.Fold(c.Key)
		if c.Detail == Ignored {
			continue
		}
		if seen[c] {
			return ErrColumnTwice.With("column", strconv.Itoa(i+1))
		}
		seen[c] = true
		phone = phone || c.Detail == Phone
	}
	if !phone {
		return ErrNoPhoneColumn
	}
	return nil
}
