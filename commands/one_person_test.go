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
	"tagtrail/domain/contact"
	"tagtrail/domain/importing"
	"tagtrail/domain/operation"
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

// F20, S3-36, and faults, bad inputs 82: nothing is written to whoever is erased while a file with them, or an action on many,
// is worked at; and in the next file they are somebody new.
func TestWhoIsErasedMeanwhileIsLeftAloneByFilesAndBulkActions(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(w *commandstest.World, ana contact.ID) (refused bool, err error){
		"a file": func(w *commandstest.World, _ contact.ID) (bool, error) {
			tally, err := newRun(w, importing.Settings{}).of(t.Context(), "id,name\n16505550101,Ana Smith\n")
			return tally.Refused == 1, err
		},
		"a bulk action": func(w *commandstest.World, ana contact.ID) (bool, error) {
			outcome, err := w.Service.DoInBulk(w.Ask(t.Context()), commands.BulkAction{Action: commands.SetLeadStatuses, LeadStatus: contact.Hot}, ana)
			return outcome.Result == operation.Refused && outcome.Fault.Is(contact.ErrErased), err
		},
	} {
		w := commandstest.New(t)
		ana, _, err := w.Service.CreateContact(w.Ask(t.Context()), commands.CreateContact{Name: "Ana", Phone: "+16505550101"})
		check(t, err)
		var once sync.Once
		w.Store.Before(func(ctx context.Context, a commandstest.Attempt) (err error) {
			if a.Stream != ana.Stream() {
				return nil
			}
			once.Do(func() {
				id, _, failed := w.Service.EraseContact(w.Because(ctx, "asked to be"), commands.EraseContact{Contact: ana})
				if failed == nil {
					_, failed = w.Service.ForgetPerson(w.Because(ctx, "asked to be"), id, nil)
				}
				err = failed
			})
			return err
		})
		refused, err := ask(w, ana)
		if last := w.Store.Events(ana.Stream()); err != nil || !refused || last[len(last)-1].EventName() != (contact.Erased{}).EventName() {
			t.Errorf("%s: refused: %v, %v, and the last of Ana is %T", name, refused, err, last[len(last)-1])
		}
		again, results := imported(t, w, importing.Settings{}, "id,name\n16505550101,Ana Smith\n")
		if again.Created != 1 || results[2].Contact == ana.UUID {
			t.Errorf("%s: the next file counts %+v and is taken for %s", name, again, results[2].Contact)
		}
	}
}
