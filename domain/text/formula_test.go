package text_test

import (
	"testing"

	"pgregory.net/rapid"

	"tagtrail/domain/text"
)

// Conventions of files: a cell that a spreadsheet would act on gets one apostrophe, and loses just that.
func TestGuardedCellsAreNoFormulas(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"=1": "'=1", " =1": "' =1", "safe\n=1": "safe\n'=1", "＝1": "'＝1", "'=1": "''=1",
		"+16505550101": "+16505550101", "+1+1": "'+1+1", "+123456": "'+123456", "+1234567": "+1234567",
		"+123456789012345": "+123456789012345", "+1234567890123456": "'+1234567890123456", "+01234567": "'+01234567", "\u00a0-1": "'\u00a0-1", "plain": "plain", "'quoted": "'quoted", "": "",
	} {
		if got := text.Guard(cell); got != want {
			t.Errorf("%q is guarded as %q, not %q", cell, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringMatching(`['=+\-@ \nab0-9\t＝]{0,12}`).Draw(t, "cell")
		if got := text.Unguard(text.Guard(cell)); got != cell {
			t.Errorf("%q came back as %q", cell, got)
		}
	})
}
