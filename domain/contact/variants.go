package contact

import "strings"

// Three countries write one mobile number in more than one way, and WhatsApp
// does not always choose the one that people use. Every way leads to the same
// representative, on which the number is claimed. The rules are written down
// here and not asked of a library, whose next version may think otherwise: what
// was claimed once has to be found again.

// Representative answers the one way to write a number, in E.164.
func Representative(e164 string) string {
	for _, country := range []func(string) (string, bool){brazil, mexico, argentina} {
		if mobile, ok := country(e164); ok {
			return mobile
		}
	}
	return e164
}

// brazil: mobile numbers got a leading 9 from 2012 on, and many WhatsApp
// accounts still go by the old eight digits. Only what began with 6 to 9 was a
// mobile number then; 2 to 5 are landlines, which got none.
func brazil(e164 string) (string, bool) {
	national, ok := strings.CutPrefix(e164, "+55")
	if !ok || len(national) != 10 || national[0] == '0' || national[1] == '0' || national[2] < '6' {
		return "", false
	}
	return "+55" + national[:2] + "9" + national[2:], true
}

// mexico: calls from abroad to mobile numbers took a 1 until 2019, and WhatsApp keeps it. No national number begins with 1.
func mexico(e164 string) (string, bool) {
	national, ok := strings.CutPrefix(e164, "+521")
	if !ok || len(national) != 10 || national[0] < '2' {
		return "", false
	}
	return "+52" + national, true
}

// argentina: a 9 before the area code from abroad, or a 15 behind it at home,
// says that a call goes to a mobile phone. They are no part of the number: its
// ten digits belong to one line, be it mobile or not.
func argentina(e164 string) (string, bool) {
	national, ok := strings.CutPrefix(e164, "+54")
	switch {
	case !ok:
		return "", false
	case len(national) == 10 && isArgentineArea(national):
		return "+549" + national, true
	case len(national) == 12 && isArgentineArea(national):
		if area := argentineArea(national); national[area:area+2] == "15" {
			return "+549" + national[:area] + national[area+2:], true
		}
	}
	return "", false
}

// isArgentineArea says whether a national number can begin so: 11, or an area
// of three or four digits, which begins with 2 or 3. Others are no subscribers'.
func isArgentineArea(national string) bool {
	return strings.HasPrefix(national, "11") || national[0] == '2' || national[0] == '3'
}

// argentineArea answers how many digits of a national number are the area code.
// Two areas of four digits begin like one of three; the longer one is meant.
func argentineArea(national string) int {
	const threeDigits = " 220 221 223 230 236 237 249 260 261 263 264 266 280 291 294 297 298 299" +
		" 336 341 342 343 345 348 351 353 358 362 364 370 376 379 380 381 383 385 387 388 "
	switch {
	case strings.HasPrefix(national, "11"):
		return 2
	case strings.HasPrefix(national, "2202"), strings.HasPrefix(national, "3482"):
		return 4
	case strings.Contains(threeDigits, " "+national[:3]+" "):
		return 3
	default:
		return 4
	}
}
