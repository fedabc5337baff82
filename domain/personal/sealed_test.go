package personal_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"tagtrail/domain/personal"
)

var (
	subject = uuid.MustParse("0193a000-0000-7000-8000-0000000000a1")
	written = uuid.MustParse("0193a000-0000-7000-8000-0000000000e1")
)

func TestASealedTextShowsNothingAndIsNotNothing(t *testing.T) {
	t.Parallel()
	text := personal.Sealed(personal.Seal{Subject: subject, Ciphertext: []byte("?"), Event: written, Place: "data/name"})
	if _, opens := personal.New("Ana").Seal(); opens {
		t.Error("a plain text has a seal")
	}
	if text.Reveal() != "" || text.IsErased() || text.IsZero() || !text.IsSealed() || fmt.Sprint(text) != "[personal]" {
		t.Errorf("a sealed text reveals %q, erased %v, zero %v, printed %v", text.Reveal(), text.IsErased(), text.IsZero(), text)
	}
}

func TestASealedTextKeepsAllThatItTakesToOpenIt(t *testing.T) {
	t.Parallel()
	raw := []byte(`{"na~me":[ {"$sealed":"` + subject.String() + `:Pz8="} ], "$sealed":1, "x:y":{"$sealed":"` + subject.String() + `:Pz8="}}`)
	raw = []byte(strings.Replace(string(raw), ` "$sealed":1,`, ``, 1))
	read, err := personal.Annotate(raw, written, "data")
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Name []personal.Text `json:"na~me"`
		X    personal.Text   `json:"x:y"`
	}
	if err := json.Unmarshal(read, &back); err != nil {
		t.Fatal(err)
	}
	for want, text := range map[string]personal.Text{"data/na~0me/0": back.Name[0], "data/x:y": back.X} {
		column, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var again personal.Text
		if err := json.Unmarshal(column, &again); err != nil || again != text {
			t.Errorf("%s is read back as %s, %v", column, again, err)
		}
		seal, ok := text.Seal()
		if !ok || seal.Subject != subject || string(seal.Ciphertext) != "??" || seal.Event != written || seal.Place != want {
			t.Errorf("%s is read as %+v, %v", column, seal, ok)
		}
	}
}

func TestWhatIsMalformedIsNoSealedText(t *testing.T) {
	t.Parallel()
	full := subject.String() + ":Pz8=:" + written.String() + ":data/name"
	for _, value := range []string{
		`{"$sealed":""}`, `{"$sealed":"` + subject.String() + `"}`, `{"$sealed":"` + subject.String() + `:Pz8="}`,
		`{"$sealed":"` + strings.Replace(full, "Pz8=", "?", 1) + `"}`, `{"$sealed":"` + strings.Replace(full, written.String(), "x", 1) + `"}`,
		`{"$sealed":"` + full + `","more":1}`, `{"$sealed":7}`, `{"in":{"$sealed":"` + full + `"}}`, `{"other":"$sealed"}`, `["$sealed"]`,
	} {
		var text personal.Text
		if err := json.Unmarshal([]byte(value), &text); err == nil {
			t.Errorf("%s is read as a text", value)
		}
	}
	if _, err := personal.Annotate([]byte(`{"a":{"$sealed":"x"}}`), written, "data"); !errors.Is(err, personal.ErrMalformed) {
		t.Errorf("annotated: %v", err)
	}
	if _, err := personal.Annotate([]byte(`{"a":{"$sealed":`), written, "data"); err == nil {
		t.Error("half a document is annotated")
	}
}
