package main

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// absent are the bad inputs of what tagtrail does not have.
var absent = map[int]string{
	61: "it calls no address that somebody else chose",
	62: "it sends to no receivers",
	64: "nobody signs in but with a key",
	65: "there are no sessions and no pages that write",
	71: "nothing is streamed to clients",
	72: "agents use the same API as everybody",
	81: "no proofs are served",
	83: "backups are made with the means of the databases",
}

// badInputs says of every other bad input which test shows what comes of it; a comment there names the number.
var badInputs = map[int]string{
	1: httpapiTest("TagsThatBreakARuleAreNamed"), 2: httpapiTest("TagsThatBreakARuleAreNamed"), 3: httpapiTest("TagsThatBreakARuleAreNamed"),
	4: httpapiTest("ValuesThatAFieldDoesNotTakeAreNamed"), 5: httpapiTest("BodiesThatCannotBeReadAreRefused"), 6: "domain/text TestLine",
	7: httpapiTest("TagsThatBreakARuleAreNamed"), 8: httpapiTest("TagsThatBreakARuleAreNamed"), 9: httpapiTest("BodiesThatCannotBeReadAreRefused"),
	10: httpapiTest("FiltersThatCannotBeUnderstoodAreNamed"), 11: httpapiTest("BodiesThatCannotBeReadAreRefused"), 12: httpapiTest("BodiesThatCannotBeReadAreRefused"),
	13: httpapiTest("BodiesThatCannotBeReadAreRefused"), 14: httpapiTest("BodiesThatCannotBeReadAreRefused"), 15: httpapiTest("BodiesThatCannotBeReadAreRefused"),
	16: httpapiTest("BodiesThatCannotBeReadAreRefused"), 17: httpapiTest("BrokenFramingEndsTheConnection"), 18: "cmd/internal/app TestServeKeepsEverythingOverARestart",
	19: httpapiTest("BrokenFramingEndsTheConnection"), 20: httpapiTest("EveryPathAndMethodHasAnAnswer"), 21: httpapiTest("EveryPathAndMethodHasAnAnswer"),
	22: httpapiTest("EveryPathAndMethodHasAnAnswer"), 23: httpapiTest("NothingIsBelievedOfTheHost"), 24: httpapiTest("EveryPathAndMethodHasAnAnswer"),
	25: httpapiTest("ExportHoldsWhatTheFiltersMatch"), 26: httpapiTest("EveryPathAndMethodHasAnAnswer"), 27: httpapiTest("IfMatchIsHonouredWhenItIsSent"),
	28: httpapiTest("IdempotencyKeysHaveAForm"), 29: httpapiTest("AReadWaitsForAWrite"), 30: httpapiTest("FiltersThatCannotBeUnderstoodAreNamed"),
	31: httpapiTest("CursorsGoWithTheirList"), 32: httpapiTest("CursorsGoWithTheirList"), 33: httpapiTest("ASearchRefusesWhatIsNoFilter"),
	34: httpapiTest("FiltersThatCannotBeUnderstoodAreNamed"), 35: httpapiTest("ASearchRefusesWhatIsNoFilter"), 36: httpapiTest("FiltersThatCannotBeUnderstoodAreNamed"),
	37: httpapiTest("FiltersThatCannotBeUnderstoodAreNamed"), 38: httpapiTest("BeforeTheFirstEventNothingIsThere"), 39: "domain/contact TestPhonesThatPeopleWrite",
	40: "commands TestAPersonIsOneContactHoweverManyWaysTheyComeAtOnce", 41: httpapiTest("ExportIsSafeInSpreadsheets"), 42: httpapiTest("ExportIsSafeInSpreadsheets"),
	43: httpapiTest("ValuesThatAFieldDoesNotTakeAreNamed"), 44: "cmd/tagtrail TestANameThatCouldSteerATerminalIsListedEscaped",
	45: "adapters/files TestCSVIsReadInEveryDialect", 46: "adapters/files TestABrokenCSVFileSaysWhere", 47: "adapters/files TestCSVNamesThePlaceOfWhatIsWrong",
	48: "commands TestImportRefusesRowsAndTakesTheOthers", 49: "commands TestImportRefusesRowsAndTakesTheOthers",
	50: httpapiTest("ImportsRefuseWhatIsNoFileOfContacts"), 51: "adapters/files TestOtherPackagesAreRefused", 52: "adapters/files TestCellsOfWorkbooksAreWhatTheyShow",
	53: httpapiTest("ImportsRefuseWhatIsNoFileOfContacts"), 54: "adapters/whatsapp TestADeliveryIsSignedOverItsBytes", 55: "adapters/whatsapp TestTheHandshakeGivesTheChallengeBack",
	56: "adapters/whatsapp TestADeliveryHasAtMostThreeMegabytes", 57: "adapters/whatsapp TestWhatIsNotUnderstoodIsKept", 58: "adapters/whatsapp TestATimeThatIsNoneIsTheTimeOfReceipt",
	59: "adapters/whatsapp TestWhatIsNotUnderstoodIsKept", 60: "commands TestARepeatTouchesNothingElse", 63: httpapiTest("OnlyAKeyThatOpensIsLetIn"),
	66: httpapiTest("TheSourceIsThatOfTheKey"), 67: httpapiTest("TheSourceIsThatOfTheKey"), 68: httpapiTest("TagsArePutOnContactsAndTakenOff"),
	69: "commands TestATagIsCreatedEditedDeletedAndRestored", 70: "commands TestAnUndoLeavesWhatWasChangedSince", 73: "adapters/classifier TestAModelIsShownTheCatalogueAndTheConversation",
	74: "cmd/tagtrail TestAMistakeOnTheCommandLineEndsWithOneLineAndTheExitCodeOfMistakes", 75: "cmd/tagtrail TestASecretIsInNoMessageAboutWhatIsWrongWithIt",
	76: "cmd/internal/config TestWhatCannotBeMeantIsRefused", 77: "adapters/eventstore TestAppendThatIsTooLargeIsATooLargeFault",
	78: "adapters/embedded/eventstore TestRefusals", 79: "adapters/postgres TestAServerThatCannotServeIsNamed", 80: "readmodels TestTheWallHoldsWhenAQuestionForgetsItsOrganisation",
	82: httpapiTest("NobodyIsErasedUnderALegalHold"), 84: "domain/text TestFoldMakesOneNameOfItsSpellings",
}

func httpapiTest(name string) string { return "adapters/httpapi Test" + name }

// A bad input that no test sends would be a promise that nobody keeps.
func TestEveryBadInputIsSentByATest(t *testing.T) {
	t.Parallel()
	const rows = 84
	there := testsOf(t, os.DirFS("../../.."))
	for row := 1; row <= rows; row++ {
		test, why := badInputs[row], absent[row]
		switch {
		case (test == "") == (why == ""):
			t.Errorf("bad input %d has no test and no reason for having none, or both", row)
		case test != "" && !there[test]:
			t.Errorf("bad input %d is said to be sent by %s, which there is not", row, test)
		}
	}
	if len(badInputs)+len(absent) != rows {
		t.Errorf("%d bad inputs are listed, of %d", len(badInputs)+len(absent), rows)
	}
}

// testsOf answers every test, as the directory of its package and its name.
func testsOf(t *testing.T, module fs.FS) map[string]bool {
	t.Helper()
	named, there := regexp.MustCompile(`(?m)^func (Test\w+)\(`), map[string]bool{}
	err := fs.WalkDir(module, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := fs.ReadFile(module, name)
		for _, found := range named.FindAllSubmatch(source, -1) {
			there[path.Dir(name)+" "+string(found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return there
}
