package httpapi

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tagtrail/domain/filter"
	"tagtrail/domain/organization"
	"tagtrail/readmodels"
)

// Phone is a number of a person, or a part of it for those who may not see it whole.
type Phone string

// Email is an address of a person, or a part of it for those who may not see it whole.
type Email string

// concealed is an answer to somebody who sees some personal details in part only.
type concealed struct {
	answer  any
	masking organization.Masking
}

// conceal is where every answer passes before it is written: whoever makes an answer says what is a phone and what an
// address, by their types, and nothing of who may see them.
func (a *api) conceal(ctx huma.Context, _ string, answer any) (any, error) {
	masking := requestOf(ctx.Context()).credential.Masking
	if _, problem := answer.(*Problem); problem || masking == (organization.Masking{}) {
		return answer, nil
	}
	return concealed{answer: answer, masking: masking}, nil
}

// marshalers write details as the answer's reader may see them.
func (c concealed) marshalers() *json.Marshalers {
	var all []*json.Marshalers
	if c.masking.Phone {
		all = append(all, json.MarshalToFunc(func(enc *jsontext.Encoder, p Phone) error {
			return enc.WriteToken(jsontext.String(maskedPhone(string(p))))
		}))
	}
	if c.masking.Email {
		all = append(all, json.MarshalToFunc(func(enc *jsontext.Encoder, e Email) error {
			return enc.WriteToken(jsontext.String(maskedEmail(string(e))))
		}))
	}
	inside := func(enc *jsontext.Encoder, written []byte, mask func(any, organization.Masking) any) error {
		var data any
		if err := json.Unmarshal(written, &data); err != nil {
			return err
		}
		return json.MarshalEncode(enc, mask(data, c.masking), json.Deterministic(true))
	}
	return json.JoinMarshalers(append(
		all,
		json.MarshalToFunc(func(enc *jsontext.Encoder, d EventData) error { return inside(enc, d.Value, maskedData) }),
		json.MarshalToFunc(func(enc *jsontext.Encoder, f WrittenFilter) error { return inside(enc, f.JSON, maskedFilter) }),
	)...)
}

// maskedQuestion masks JSON in which something was asked, as events keep it: as a text.
func maskedQuestion(written string, masking organization.Masking) string {
	var asked any
	if json.Unmarshal([]byte(written), &asked) != nil {
		return masked(written)
	}
	shown, err := json.Marshal(maskedFilter(asked, masking), json.Deterministic(true))
	if err != nil {
		return hidden
	}
	return string(shown)
}

// maskedFilter masks what somebody looked for, where it may be a number or an address.
func maskedFilter(data any, masking organization.Masking) any {
	switch data := data.(type) {
	case []any:
		for i := range data {
			data[i] = maskedFilter(data[i], masking)
		}
	case map[string]any:
		for name, value := range data {
			written, isText := value.(string)
			switch {
			case isText && masking.Email && strings.Contains(written, "@"):
				data[name] = maskedEmail(written)
			case isText && masking.Phone && name == "text" && strings.ContainsAny(written, "0123456789"):
				data[name] = maskedPhone(written)
			default:
				data[name] = maskedFilter(value, masking)
			}
		}
	}
	return data
}

// wholeOnly answers what whoever asks finds by the whole of it alone.
func wholeOnly(ctx context.Context) readmodels.Whole {
	return readmodels.Whole(requestOf(ctx).credential.Masking)
}

// keepable refuses a filter that looks for a text, where it is kept and asked later without regard to who asked for it, of
// somebody who would learn by it, digit by digit, what is shown to them in part.
func keepable(ctx context.Context, asked filter.Filter) error {
	if requestOf(ctx).credential.Masking == (organization.Masking{}) || asked == nil {
		return nil
	}
	var refused error
	filter.Each(asked, func(f filter.Filter) {
		if _, text := f.(filter.Text); text {
			refused = ErrMasked.At(filterPointer)
		}
	})
	return refused
}

// maskedData masks what an event says, wherever it says it: numbers and addresses have the same names in all events. Of a
// body that came from outside and was not understood nobody knows where it says them, so that no part of it is shown.
func maskedData(data any, masking organization.Masking) any {
	switch data := data.(type) {
	case []any:
		for i := range data {
			data[i] = maskedData(data[i], masking)
		}
	case map[string]any:
		for name, value := range data {
			written, isText := value.(string)
			number := name == "phone" || name == "wa_id" || name == "wamid" || name == "value" && data["kind"] == "number"
			switch {
			case isText && (name == "filter" || name == "asked"):
				data[name] = maskedQuestion(written, masking)
			case isText && name == "body":
				data[name] = masked(written)
			case isText && masking.Phone && number:
				data[name] = maskedPhone(written)
			case isText && masking.Email && name == "email":
				data[name] = maskedEmail(written)
			default:
				data[name] = maskedData(value, masking)
			}
		}
	}
	return data
}

// hidden stands for what is not shown, however much it is.
const hidden = "•••"

// maskedPhone leaves the beginning of the country code and the last two digits, by which two of a person are told apart.
func maskedPhone(number string) string {
	const shown = 2
	if len(number) <= 3*shown {
		return masked(number)
	}
	begin := shown
	if strings.HasPrefix(number, "+") {
		begin++
	}
	return number[:begin] + hidden + number[len(number)-shown:]
}

// maskedEmail leaves the first letter and the top-level domain.
func maskedEmail(address string) string {
	at, dot := strings.LastIndexByte(address, '@'), strings.LastIndexByte(address, '.')
	first, size := utf8.DecodeRuneInString(address)
	if at <= size || dot < at {
		return masked(address)
	}
	return string(first) + hidden + "@" + hidden + address[dot:]
}

func masked(text string) string {
	if text == "" {
		return ""
	}
	return hidden
}
