package field

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/currency"

	"tagtrail/domain/fault"
	"tagtrail/domain/text"
)

// The limits of values.
const (
	MaxTextLength = 1000 // characters as a person counts them
	MaxURLLength  = 2000 // octets
)

// Parse answers a value as the log keeps it; "" takes the value away.
//
// The forms: a number as digits with a point and no zeros that say nothing
// ("-0.5"); money as its minor units and the currency ("199900 EUR"); a date as
// YYYY-MM-DD; a choice as the option's number, several ascending with commas
// between; a person as the member's id; a boolean as true or false. What is held
// already may be said again, also where an option in it is retired.
func (d Definition) Parse(s, held string, isMember func(uuid.UUID) bool) (string, error) {
	trimmed := strings.TrimSpace(s)
	if trimmed == "" {
		return "", nil
	}
	switch d.Type {
	case Text:
		kept, err := text.Lines(s, MaxTextLength)
		if err != nil {
			return "", refusal(err, ErrTextCharacters, ErrTextTooLong, ErrTextCharacters)
		}
		if text.IsBlank(kept) {
			return "", nil
		}
		return kept, nil
	case Number:
		return decimal(trimmed, 18, 9, ErrNotANumber)
	case Money:
		return money(trimmed)
	case Date:
		if day, err := time.Parse(time.DateOnly, trimmed); err != nil || day.Year() < 1 {
			return "", ErrNotADate
		}
		return trimmed, nil
	case Choice:
		return d.options([]string{trimmed}, held)
	case MultiChoice:
		return d.options(strings.FieldsFunc(trimmed, func(r rune) bool { return r == ',' || r == '|' }), held)
	case Person:
		member, err := uuid.Parse(trimmed)
		if err != nil || len(trimmed) != 36 || !isMember(member) {
			return "", ErrNotAMember
		}
		return member.String(), nil
	case Boolean:
		switch strings.ToLower(trimmed) {
		case "true", "yes", "1":
			return "true", nil
		case "false", "no", "0":
			return "false", nil
		}
		return "", ErrNotABoolean
	case URL:
		return address(trimmed)
	}
	return "", ErrUnknownType
}

// Show answers a kept value as people write it, and as Parse reads it again.
func (d Definition) Show(kept string) string {
	switch d.Type {
	case Money:
		minor, code, _ := strings.Cut(kept, " ")
		return major(minor, scaleOf(code)) + " " + code
	case Choice, MultiChoice:
		var names []string
		for number := range strings.SplitSeq(kept, ",") {
			names = append(names, d.optionNamed(number))
		}
		return strings.Join(names, ",")
	case Text, Number, Date, Person, Boolean, URL:
	}
	return kept
}

func (d Definition) optionNamed(number string) string {
	for _, o := range slices.Concat(d.Options, d.Retired) {
		if strconv.Itoa(int(o.Number)) == number {
			return o.Name
		}
	}
	return number
}

func (d Definition) options(names []string, held string) (string, error) {
	var numbers []OptionNumber
	retired := false
	for _, name := range names {
		o, ok := named(d.Options, name)
		if !ok {
			if o, ok = named(d.Retired, name); !ok {
				return "", ErrNotAnOption
			}
			retired = true
		}
		numbers = append(numbers, o.Number)
	}
	slices.Sort(numbers)
	var kept []string
	for _, n := range slices.Compact(numbers) {
		kept = append(kept, strconv.Itoa(int(n)))
	}
	value := strings.Join(kept, ",")
	if retired && value != held {
		return "", ErrNotAnOption
	}
	return value, nil
}

// decimal brings a decimal number into its one form.
func decimal(s string, whole, part int, refused *fault.Fault) (string, error) {
	sign, digits := "", s
	switch {
	case strings.HasPrefix(s, "-"):
		sign, digits = "-", s[1:]
	case strings.HasPrefix(s, "+"):
		digits = s[1:]
	}
	before, after, pointed := strings.Cut(digits, ".")
	if before == "" || pointed && after == "" || !isDigits(before) || !isDigits(after) {
		return "", refused
	}
	before, after = strings.TrimLeft(before, "0"), strings.TrimRight(after, "0")
	if len(before) > whole || len(after) > part {
		return "", refused
	}
	if before == "" {
		before = "0"
	}
	switch {
	case after != "":
		return sign + before + "." + after, nil
	case before == "0":
		return before, nil
	}
	return sign + before, nil
}

func isDigits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// money reads "1999.00 EUR" or "EUR 1999": the amount must be whole in the currency's smallest unit.
func money(s string) (string, error) {
	parts := strings.Fields(s)
	if len(parts) != 2 {
		return "", ErrNotMoney
	}
	if len(parts[0]) == 3 && !strings.ContainsAny(parts[0], "0123456789") {
		parts[0], parts[1] = parts[1], parts[0]
	}
	code := strings.ToUpper(parts[1])
	if _, err := currency.ParseISO(code); err != nil {
		return "", ErrNotMoney
	}
	scale := scaleOf(code)
	amount, err := decimal(parts[0], 15-scale, scale, ErrNotMoney)
	if err != nil {
		return "", err
	}
	before, after, _ := strings.Cut(amount, ".")
	minor, err := strconv.ParseInt(before+after+strings.Repeat("0", scale-len(after)), 10, 64)
	if err != nil {
		return "", ErrNotMoney
	}
	return strconv.FormatInt(minor, 10) + " " + code, nil
}

// scaleOf answers how many digits after the point a currency has.
func scaleOf(code string) int {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return 0
	}
	scale, _ := currency.Standard.Rounding(unit)
	return scale
}

func major(minor string, scale int) string {
	sign := ""
	if strings.HasPrefix(minor, "-") {
		sign, minor = "-", minor[1:]
	}
	if scale == 0 {
		return sign + minor
	}
	minor = strings.Repeat("0", max(0, scale+1-len(minor))) + minor
	return sign + minor[:len(minor)-scale] + "." + minor[len(minor)-scale:]
}

func address(s string) (string, error) {
	at, err := url.Parse(s)
	if err != nil || len(s) > MaxURLLength || at.Host == "" || at.User != nil || at.Scheme != "http" && at.Scheme != "https" {
		return "", ErrNotAURL
	}
	if _, err := text.Line(s, MaxURLLength); err != nil {
		return "", ErrNotAURL
	}
	return s, nil
}
