package commands_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/domain/importing"
)

// families are people by how their numbers are written: with and without what Brazil and Mexico once added to mobile
// numbers and Argentina adds abroad. Neighbours that only look alike are people of their own.
func families() [][]string {
	return [][]string{
		{"5511987654321", "551187654321"},
		{"5511987654322", "551187654322"},
		{"5521998765432", "552198765432"},
		{"551132654321"}, // a landline, which never got the nine
		{"525512345678", "5215512345678"},
		{"525512345679", "5215512345679"},
		{"5491123456789", "541123456789"},
		{"5491123456780", "541123456780"},
		{"5493512345678", "543512345678"},
		{"16505550101"},
		{"34666555444"},
	}
}

// Faults, bad inputs 40, and C4: whoever comes in a file, by hand and by deliveries that are shuffled and repeated, all at
// once and each time written otherwise, is one contact, and nobody is taken for somebody else.
func TestAPersonIsOneContactHoweverManyWaysTheyComeAtOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		w := commandstest.New(t)
		r := rand.New(rand.NewPCG(seed, 40)) //nolint:gosec // the same orders each time
		var asked []func(context.Context) error
		file := []string{"id,name"}
		for who, family := range families() {
			for nth, written := range family {
				file = append(file, fmt.Sprintf("%s,Person %d", written, who), fmt.Sprintf("+%s,Person %d", written, who))
				message := received(fmt.Sprint("wamid.", who, ".", nth), commands.Person{WaID: written, ProfileName: "Somebody"})
				if nth == 0 && who%2 == 0 {
					message.From.BSUID = fmt.Sprint("US.", 100+who)
				}
				deliver := func(ctx context.Context) error { return carryOut(ctx, w.Service, w.Organization, message) }
				asked = append(asked, deliver, deliver)
				asked = append(asked, func(ctx context.Context) error {
					_, _, err := w.Service.CreateContact(w.Ask(ctx), commands.CreateContact{Name: fmt.Sprint("Person ", who), Phone: "+" + written})
					return known(err)
				})
			}
		}
		r.Shuffle(len(asked), func(i, j int) { asked[i], asked[j] = asked[j], asked[i] })
		lines := file[1:]
		r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		asked = append(asked, func(ctx context.Context) error {
			_, err := newRun(w, importing.Settings{}).of(ctx, strings.Join(file, "\n"))
			return err
		})
		for _, err := range together(len(asked), func(i int) error { return asked[len(asked)-1-i](t.Context()) }) {
			check(t, err)
		}
		if n := len(contacts(t, w.Store)); n != len(families()) {
			t.Errorf("seed %d: %d people are %d contacts", seed, len(families()), n)
		}
	}
}

// Whom an import meets for the first time somebody else may meet just then: the row is that contact's.
func TestAnImportFindsWhomSomebodyElseMetMeanwhile(t *testing.T) {
	t.Parallel()
	for nth := 1; nth <= 2; nth++ {
		w := commandstest.New(t)
		var once sync.Once
		appends := 0
		w.Store.Before(func(ctx context.Context, _ commandstest.Attempt) (err error) {
			if appends++; appends == nth {
				once.Do(func() { err = carryOut(ctx, w.Service, w.Organization, received("wamid.1", bea)) })
			}
			return err
		})
		tally, results := imported(t, w, importing.Settings{}, "id,name\n"+bea.WaID+",Bea Smith\n")
		if n := len(contacts(t, w.Store)); n != 1 || tally.Refused != 0 || results[2].Contact.String() == "" {
			t.Errorf("met before append %d: %d contacts, %+v", nth, n, tally)
		}
	}
}
