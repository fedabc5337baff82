package reactions_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tagtrail/adapters/classifier"
	"tagtrail/commands"
	"tagtrail/commands/commandstest"
	"tagtrail/commands/reactions"
	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/event"
	"tagtrail/domain/organization"
	"tagtrail/domain/tag"
)

// model is a classifier that answers what a test says.
type model struct {
	picks   []reactions.Pick
	err     error
	asked   int
	offered []tag.Tag
}

// Choose answers what the test says.
func (m *model) Choose(_ context.Context, _ []reactions.Said, from []tag.Tag) ([]reactions.Pick, error) {
	m.asked, m.offered = m.asked+1, from
	return m.picks, m.err
}

// Model answers its name.
func (*model) Model() string { return "small-1.5" }

// closing is a conversation that was closed, and what it takes to classify it.
type closing struct {
	*commandstest.World
	t        *testing.T
	ana      contact.ID
	tags     map[string]tag.ID
	model    *model
	said     []reactions.Said
	outcomes map[reactions.Outcome]int
	logs     bytes.Buffer
	reaction reactions.Reaction
	closed   reactions.Event
}

func newClosing(t *testing.T) *closing {
	t.Helper()
	c := &closing{
		World: commandstest.New(t), t: t, ana: contact.ID{UUID: uuid.New()}, tags: map[string]tag.ID{}, model: &model{},
		said: []reactions.Said{{Text: "I want the premium plan, says Ana Zweig"}}, outcomes: map[reactions.Outcome]int{},
	}
	c.Store.Put(c.ana.Stream(), c.Metadata(), contact.Created{Origin: contact.OriginMessage, LeadStatus: contact.Cold})
	for i, each := range []tag.Created{
		{Name: "VIP", Kind: tag.Label}, {Name: "plan", Kind: tag.Valued, Policy: tag.FixedList, Values: []tag.Value{{Number: 1, Name: "basic"}, {Number: 2, Name: "Premium"}}},
		{Name: "city", Kind: tag.Valued, Policy: tag.FreeText}, {Name: "gone", Kind: tag.Label},
	} {
		each.Tag, each.Number, each.Color = tag.ID{UUID: uuid.New()}, tag.Number(i+1), "default" //nolint:gosec // four
		c.tags[each.Name] = each.Tag
		c.Store.Put(c.Organization.CatalogStream(), c.Metadata(), each)
	}
	c.Store.Put(c.Organization.CatalogStream(), c.Metadata(), tag.Deleted{Tag: c.tags["gone"], Number: 4})
	c.Store.Put(conversation.Stream(c.ana), c.Metadata(), conversation.Opened{Number: 1}, conversation.Closed{Number: 1})
	all := c.Store.All()
	c.closed = all[len(all)-1]
	c.closed.Metadata.CorrelationID = "the request"
	c.reaction = reactions.Classification{
		Commands: c.Service, Classifier: c.model, Count: func(o reactions.Outcome) { c.outcomes[o]++ },
		Logger: slog.New(slog.NewTextHandler(&c.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Said: func(_ context.Context, org organization.ID, with contact.ID, number int, at event.Position) ([]reactions.Said, error) {
			if org != c.Organization || with != c.ana || number != 1 || at != c.closed.Position {
				t.Errorf("asked what %s said in %d at %d", with, number, at)
			}
			return c.said, nil
		},
	}.Reaction()
	return c
}

func (c *closing) react() error { return c.reaction.React(c.t.Context(), []reactions.Event{c.closed}) }

// became requires these outcomes and no other.
func (c *closing) became(want map[reactions.Outcome]int) {
	c.t.Helper()
	if diff := cmp.Diff(want, c.outcomes); diff != "" {
		c.t.Errorf("outcomes (- want, + got):\n%s", diff)
	}
	if strings.Contains(c.logs.String(), "Ana") {
		c.t.Errorf("the log says who it was: %s", c.logs.String())
	}
}

// tagged answers what was recorded about tags of the contact.
func (c *closing) tagged() []event.Recorded[event.Event] {
	var tagged []event.Recorded[event.Event]
	for _, e := range c.Store.All() {
		if _, is := e.Data.(contact.TagAssigned); is && e.Stream == c.ana.Stream() {
			tagged = append(tagged, e)
		}
	}
	return tagged
}

// S0-28, S0-43, S0-44: what a model chooses for a closed conversation is put on the contact, and nothing that is not in the catalogue.
func TestTagsThatAModelChoosesForAClosedConversationAreAssigned(t *testing.T) {
	t.Parallel()
	c := newClosing(t)
	if !c.reaction.Asks("conversation.closed") || c.reaction.Asks("conversation.opened") {
		t.Error("it asks for something else")
	}
	c.model.picks = []reactions.Pick{
		{Tag: 1, Confidence: 0.9, Reason: "asked for premium"}, {Tag: 2, Value: "premium", Confidence: 7, Reason: strings.Repeat("long ", 200)},
		{Tag: 2, Value: "gold"}, {Tag: 3, Value: "Lima"}, {Tag: 4}, {Tag: 99}, {Tag: 0}, {Tag: 1, Reason: "\x00"},
	}
	if err := c.react(); err != nil {
		t.Fatal(err)
	}
	c.became(map[reactions.Outcome]int{reactions.Assigned: 3, reactions.Unknown: 5})
	if len(c.model.offered) != 2 || c.model.offered[0].Name != "VIP" || c.model.offered[1].Name != "plan" {
		t.Errorf("offered %+v", c.model.offered)
	}
	tagged := c.tagged()
	if len(tagged) != 2 {
		t.Fatalf("recorded %+v", tagged)
	}
	first, second := tagged[0], tagged[1]
	if m := first.Metadata; m.Source != event.AIAutoClose || m.AI == nil || *m.AI != (event.AI{Model: "small-1.5", Confidence: 0.9}) || m.Reason.Reveal() != "asked for premium" ||
		m.CommandID != reactions.CommandID(reactions.Classifying, c.closed, 0) || m.CausationID != c.closed.ID.String() || m.CorrelationID != "the request" || m.Actor != (event.Actor{Kind: "system"}) {
		t.Errorf("recorded with %+v", m)
	}
	if value := second.Data.(contact.TagAssigned).Value; value == nil || value.Number != 2 || second.Metadata.AI.Confidence != 1 || len(second.Metadata.Reason.Reveal()) > 500 {
		t.Errorf("recorded %+v with %+v", second.Data, second.Metadata)
	}
}

func TestReactingTwiceToAClosedConversationTagsOnce(t *testing.T) {
	t.Parallel()
	c := newClosing(t)
	c.model.picks = []reactions.Pick{{Tag: 1}}
	if err := c.react(); err != nil {
		t.Fatal(err)
	}
	ctx := c.Ask(t.Context())
	if _, err := c.Service.RemoveTag(ctx, commands.RemoveTag{Contact: c.ana, Tag: c.tags["VIP"]}); err != nil {
		t.Fatal(err)
	}
	// After a crash somebody else reacts, who knows of nothing.
	again := *c
	again.reaction = reactions.Classification{
		Commands: c.Service, Classifier: c.model, Count: func(reactions.Outcome) {}, Logger: slog.New(slog.DiscardHandler),
		Said: func(context.Context, organization.ID, contact.ID, int, event.Position) ([]reactions.Said, error) {
			return c.said, nil
		},
	}.Reaction()
	if err := again.react(); err != nil {
		t.Fatal(err)
	}
	if n := len(c.tagged()); n != 1 || c.model.asked != 2 {
		t.Errorf("%d assignments, and the model was asked %d times", n, c.model.asked)
	}
}

// One answer is one append: what a model says after a crash is not put beside what it said before.
func TestAContactNeverCarriesPartsOfTwoAnswers(t *testing.T) {
	t.Parallel()
	for nth := 1; nth <= 2; nth++ {
		c := newClosing(t)
		c.model.picks = []reactions.Pick{{Tag: 1}, {Tag: 2, Value: "premium"}}
		appends := 0
		c.Store.After(func(context.Context, commandstest.Attempt) error {
			if appends++; appends == nth {
				return errors.New("killed")
			}
			return nil
		})
		first := c.react()
		c.model.picks = []reactions.Pick{{Tag: 2, Value: "basic"}, {Tag: 1}}
		c.reaction = reactions.Classification{
			Commands: c.Service, Classifier: c.model, Count: func(reactions.Outcome) {}, Logger: slog.New(slog.DiscardHandler),
			Said: func(context.Context, organization.ID, contact.ID, int, event.Position) ([]reactions.Said, error) {
				return c.said, nil
			},
		}.Reaction()
		if err := c.react(); err != nil {
			t.Fatal(err)
		}
		tagged := c.tagged()
		if len(tagged) != 2 || tagged[1].Data.(contact.TagAssigned).Value.Number != 2 || (nth == 1) != (first != nil) {
			t.Errorf("killed after append %d (%v): recorded %+v", nth, first, tagged)
		}
	}
}

// meeting is a model that answers nobody before all are there.
type meeting struct {
	model
	all sync.WaitGroup
}

// Choose waits for the others.
func (m *meeting) Choose(context.Context, []reactions.Said, []tag.Tag) ([]reactions.Pick, error) {
	m.all.Done()
	m.all.Wait()
	return nil, nil
}

func TestConversationsAreClassifiedSideBySide(t *testing.T) {
	t.Parallel()
	c := newClosing(t)
	var together meeting
	var events []reactions.Event
	for range 4 {
		e := c.closed
		e.ID = uuid.New()
		events = append(events, e)
		together.all.Add(1)
	}
	reaction := reactions.Classification{
		Commands: c.Service, Classifier: &together, Count: func(reactions.Outcome) {}, Logger: slog.New(slog.DiscardHandler),
		Said: func(context.Context, organization.ID, contact.ID, int, event.Position) ([]reactions.Said, error) {
			return c.said, nil
		},
	}.Reaction()
	if err := reaction.React(t.Context(), events); err != nil || reaction.Most < len(events) {
		t.Errorf("of %d at once %v", reaction.Most, err)
	}
}

func TestTheModelIsNotAskedAgainWhereOnlyTheCommandFailed(t *testing.T) {
	t.Parallel()
	c := newClosing(t)
	c.model.picks = []reactions.Pick{{Tag: 1}}
	away := true
	c.Store.Before(func(context.Context, commandstest.Attempt) error {
		if away {
			away = false
			return errors.New("the log is away")
		}
		return nil
	})
	if err := c.react(); !errors.Is(err, commands.ErrLogUnavailable) {
		t.Fatalf("reacted with %v", err)
	}
	if err := c.react(); err != nil {
		t.Fatal(err)
	}
	if len(c.tagged()) != 1 || c.model.asked != 1 {
		t.Errorf("%d assignments, and the model was asked %d times", len(c.tagged()), c.model.asked)
	}
}

// Of two conversations with one contact the later one says what is so, whichever answer comes first.
func TestWhatWasSaidLastWinsAlthoughItIsAnsweredFirst(t *testing.T) {
	t.Parallel()
	c := newClosing(t)
	later := make(chan struct{})
	var earlier atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		plan := "Premium"
		if strings.Contains(string(body), "I have plan 1") {
			plan = "basic"
			<-later
			if earlier.Add(1) == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
		} else {
			close(later) // asked again it would break
		}
		_, _ = fmt.Fprintf(w, `{"choices":[{"message":{"content":"{\"tags\":[{\"tag\":2,\"value\":\"%s\"}]}"}}]}`, plan)
	}))
	t.Cleanup(server.Close)
	client := classifier.New(classifier.Config{URL: server.URL, Model: "small-1.5"})
	t.Cleanup(client.Close)
	c.Store.Put(conversation.Stream(c.ana), c.Metadata(), conversation.Opened{Number: 2}, conversation.Closed{Number: 2})
	all := c.Store.All()
	reaction := reactions.Classification{
		Commands: c.Service, Classifier: client, Count: func(reactions.Outcome) {}, Logger: slog.New(slog.DiscardHandler),
		Said: func(_ context.Context, _ organization.ID, _ contact.ID, number int, _ event.Position) ([]reactions.Said, error) {
			return []reactions.Said{{Text: fmt.Sprintf("I have plan %d", number)}}, nil
		},
	}.Reaction()
	both := []reactions.Event{c.closed, all[len(all)-1]}
	if err := reaction.React(t.Context(), both); !errors.Is(err, classifier.ErrUnavailable) || len(c.tagged()) != 0 {
		t.Fatalf("the later one is put on before the earlier one is known: %v", err)
	}
	if err := reaction.React(t.Context(), both); err != nil {
		t.Fatal(err)
	}
	became := c.Store.Events(c.ana.Stream())[1:]
	if len(became) != 2 || became[0].(contact.TagAssigned).Value.Number != 1 || became[1].(contact.TagValueChanged).To.Number != 2 {
		t.Errorf("recorded %+v", became)
	}
	if n := earlier.Load(); n != 2 {
		t.Errorf("about the earlier one it is asked %d times", n)
	}
}

// broken is a model that cannot even be asked.
type broken struct{ model }

// Choose fails in a way that nobody foresaw.
func (*broken) Choose(context.Context, []reactions.Said, []tag.Tag) ([]reactions.Pick, error) {
	panic("no such word")
}

func TestAPanicOfAClassifierStopsTheReactionAlone(t *testing.T) {
	t.Parallel()
	c := newClosing(t)
	err := reactions.Classification{
		Commands: c.Service, Classifier: &broken{}, Count: func(reactions.Outcome) {}, Logger: slog.New(slog.DiscardHandler),
		Said: func(context.Context, organization.ID, contact.ID, int, event.Position) ([]reactions.Said, error) {
			return c.said, nil
		},
	}.Reaction().React(t.Context(), []reactions.Event{c.closed})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("closed at position %d: ", c.closed.Position)) || !strings.Contains(err.Error(), "no such word") {
		t.Errorf("reacted with %v", err)
	}
}

// S0-41, C11.
func TestAModelObeysTheLimitOfTags(t *testing.T) {
	t.Parallel()
	c := newClosing(t)
	var picks []reactions.Pick
	for i := range 25 {
		number := tag.Number(100 + i) //nolint:gosec // few
		c.Store.Put(c.Organization.CatalogStream(), c.Metadata(), tag.Created{Tag: tag.ID{UUID: uuid.New()}, Number: number, Name: fmt.Sprint("tag ", i), Kind: tag.Label, Color: "default"})
		picks = append(picks, reactions.Pick{Tag: number})
	}
	c.Store.Put(c.ana.Stream(), c.Metadata(), contact.TagAssigned{Tag: c.tags["VIP"], Number: 1, Assignment: contact.AssignmentID{UUID: uuid.New()}})
	c.model.picks = picks
	if err := c.react(); err != nil {
		t.Fatal(err)
	}
	c.became(map[reactions.Outcome]int{reactions.Assigned: 19, reactions.Refused: 1, reactions.Unknown: 5})
	if n := len(c.tagged()); n != 20 {
		t.Errorf("the contact carries %d tags", n)
	}
}

func TestConversationsForWhichThereIsNothingToChoose(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		given func(*closing)
		want  map[reactions.Outcome]int
		fails error
	}{
		"nobody wrote anything":   {func(c *closing) { c.said = nil }, map[reactions.Outcome]int{reactions.Silent: 1}, nil},
		"the answer is of no use": {func(c *closing) { c.model.err = fmt.Errorf("it talks: %w", reactions.ErrUnusable) }, map[reactions.Outcome]int{reactions.Unusable: 1}, nil},
		"the model chooses none":  {func(*closing) {}, map[reactions.Outcome]int{}, nil},
		"the person is erased": {func(c *closing) {
			c.model.picks = []reactions.Pick{{Tag: 1}}
			c.Store.Put(c.ana.Stream(), c.Metadata(), contact.Erased{})
		}, map[reactions.Outcome]int{reactions.Refused: 1}, nil},
		"the model is out of reach":   {func(c *closing) { c.model.err = errAway }, map[reactions.Outcome]int{}, errAway},
		"the catalogue has free ones": {func(c *closing) { c.model.picks = []reactions.Pick{{Tag: 3, Value: "Lima"}} }, map[reactions.Outcome]int{reactions.Unknown: 1}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClosing(t)
			test.given(c)
			if err := c.react(); !errors.Is(err, test.fails) {
				t.Fatalf("reacted with %v", err)
			}
			c.became(test.want)
			if n := len(c.tagged()); n != 0 {
				t.Errorf("%d assignments", n)
			}
		})
	}
}
