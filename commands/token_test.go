package commands_test

import (
	"fmt"
	"hash/crc32"
	"log/slog"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tagtrail/commands"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
)

// checksum is written anew here, by another way than the code's.
func checksum(s string) string {
	written := new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(s)))).Text(62)
	written = strings.Repeat("0", 6-len(written)) + written
	return strings.Map(func(r rune) rune { // big.Int counts a-z before A-Z
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, written)
}

func TestATokenIsReadBack(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^tt_live_[0-9A-Za-z]{22}_[0-9A-Za-z]{22}_[0-9A-Za-z]{38}$`)
	rapid.Check(t, func(t *rapid.T) {
		org := organization.ID{UUID: uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "organization"))}
		minted, err := commands.MintKey(org)
		if err != nil {
			t.Fatal(err)
		}
		if !form.MatchString(minted.Token) || !strings.HasSuffix(minted.Token, checksum(minted.Token[:86])) {
			t.Fatalf("the token is %q", minted.Token)
		}
		if read, err := commands.ParseKey(minted.Token); err != nil || read != minted {
			t.Fatalf("read back %v, %v; want %v", read, err, minted)
		}
	})
}

// Tokens are in the hands of people: one that was once given out is read for ever.
func TestATokenOfTheFirstDayIsRead(t *testing.T) {
	t.Parallel()
	const token = "tt_live_02vp6Tzw4Z8UvUC1KGjZ9k_02vp6Tzw4Z8UvUC1KGjZ9l_0123456789ABCDEFGHIJKLMNOPQRSTUV"
	read, err := commands.ParseKey(token + checksum(token))
	if err != nil {
		t.Fatal(err)
	}
	want := commands.MintedKey{
		Token:        token + checksum(token),
		Organization: organization.ID{UUID: uuid.MustParse("018ddd22-5ec5-0f26-7682-511c4f79a240")},
		Key:          uuid.MustParse("018ddd22-5ec5-0f26-7682-511c4f79a241"),
		Hash:         "41ba696bc2822924f7cba0ce211bfddfe653ceb3c981255a1775bebf110bf42d",
	}
	if read != want {
		t.Errorf("read %s, %s, %s", read.Organization, read.Key, read.Hash)
	}
}

func TestATokenWithAnyLetterChangedIsNone(t *testing.T) {
	t.Parallel()
	minted, err := commands.MintKey(organization.ID{UUID: uuid.New()})
	check(t, err)
	for i := range len(minted.Token) {
		for _, letter := range "0zZ_- é" {
			changed := minted.Token[:i] + string(letter) + minted.Token[i+1:]
			if changed == minted.Token {
				continue
			}
			if _, err := commands.ParseKey(changed); err == nil {
				t.Errorf("%q is read", changed)
			}
		}
	}
}

func TestATokenWithAnIdBeyondAllIdsIsNone(t *testing.T) {
	t.Parallel()
	body := "tt_live_" + strings.Repeat("z", 22) + "_" + strings.Repeat("0", 22) + "_" + strings.Repeat("0", 32)
	if _, err := commands.ParseKey(body + checksum(body)); err == nil {
		t.Error("it is read")
	}
}

func TestAKeyThatIsPrintedOrLoggedKeepsItsSecret(t *testing.T) {
	t.Parallel()
	minted, err := commands.MintKey(organization.ID{UUID: uuid.New()})
	check(t, err)
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).Info("minted", "key", minted)
	for _, shown := range []string{fmt.Sprint(minted), fmt.Sprintf("%+v %#v %s", minted, minted, minted), logged.String()} {
		if strings.Contains(shown, "tt_live_") || strings.Contains(shown, minted.Hash) {
			t.Errorf("it shows %q", shown)
		}
	}
}

// C25 and C27: what each kind of key may do, and under which source it is recorded.
func TestTheKindOfAKeyDecides(t *testing.T) {
	t.Parallel()
	const all = "read read-keys read-events open-events edit-contacts import-contacts archive-contacts merge-contacts erase-contacts hold-contacts " +
		"export-personal-data work-in-bulk tag-contacts change-lead-status edit-tags create-tags edit-fields edit-rules report-inbox manage-keys manage-members manage-owner-keys change-settings manage-channels"
	want := map[organization.KeyKind]struct {
		source event.Source
		may    string
	}{
		organization.Owner:       {event.ManualAdmin, all + " change-plan rebuild"},
		organization.Manager:     {event.ManualAdmin, strings.Replace(all, "manage-owner-keys ", "", 1)},
		organization.Agent:       {event.ManualAgent, "read edit-contacts merge-contacts work-in-bulk tag-contacts change-lead-status"},
		organization.APIClient:   {event.API, "read edit-contacts import-contacts work-in-bulk tag-contacts change-lead-status edit-tags create-tags report-inbox"},
		organization.AITool:      {event.AITool, "read tag-contacts change-lead-status"},
		organization.AIAutoClose: {event.AIAutoClose, "read tag-contacts change-lead-status"},
		organization.Auditor:     {"", "read read-keys read-events open-events"},
		organization.Analyst:     {"", "read read-events rebuild"},
	}
	for _, kind := range append(organization.KeyKinds(), "unheard of") {
		c := commands.Credential{Key: uuid.New(), Kind: kind}
		var may []string
		for _, p := range commands.Permissions() {
			if c.Can(p) {
				may = append(may, string(p))
			}
		}
		if got := strings.Join(may, " "); got != want[kind].may || c.Source() != want[kind].source {
			t.Errorf("%s: %q as %q, want %q as %q", kind, got, c.Source(), want[kind].may, want[kind].source)
		}
		if c.CanWrite() != (want[kind].source != "") {
			t.Errorf("%s: CanWrite answers %t", kind, c.CanWrite())
		}
		if c.Actor() != (event.Actor{Kind: string(kind), ID: c.Key.String()}) {
			t.Errorf("%s acts as %+v", kind, c.Actor())
		}
	}
}
