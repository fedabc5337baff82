package text_test

import (
	"testing"

	"tagtrail/domain/text"
)

func TestNamesThatLookTheSameHaveOneSkeleton(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, a, b string
		same       bool
	}{
		{"a Cyrillic letter", "VIP", "VІP", true},
		{"a Greek letter", "Hot", "Hοt", true},
		{"a small L for an I", "VIP", "VlP", true},
		{"a zero for an O", "GOLD", "G0LD", true},
		{"two letters that look like one", "modern", "modem", true},
		{"another word", "Hot", "Hat", false},
		{"an accent", "cafe", "café", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if a, b := text.Skeleton(text.Fold(row.a)), text.Skeleton(text.Fold(row.b)); (a == b) != row.same {
				t.Errorf("%q and %q are %q and %q", row.a, row.b, a, b)
			}
		})
	}
}
