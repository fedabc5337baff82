package conversation_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"tagtrail/domain/contact"
	"tagtrail/domain/conversation"
	"tagtrail/domain/domaintest"
	"tagtrail/domain/fault"
	"tagtrail/domain/personal"
)

// S4-12, S4-13, C22.
func TestAConversationIsOpenedAssignedAndClosed(t *testing.T) {
	t.Parallel()
	channel, marta := uuid.UUID{15: 1}, uuid.UUID{15: 2}
	type history = []conversation.Event
	opened := conversation.Opened{Number: 1, Channel: channel, Reference: personal.New("case 1")}
	open := func(c *conversation.Conversation) ([]conversation.Event, error) { return c.Open(channel, " case 1") }
	assign := func(member uuid.UUID, name string) func(*conversation.Conversation) ([]conversation.Event, error) {
		return func(c *conversation.Conversation) ([]conversation.Event, error) { return c.Assign(member, name) }
	}
	for _, row := range []struct {
		name  string
		given history
		when  func(*conversation.Conversation) ([]conversation.Event, error)
		then  history
		fault *fault.Fault
	}{
		{"the first is number 1", nil, open, history{opened}, nil},
		{"an open one is not opened again", history{opened}, open, nil, nil},
		{"the next is number 2", history{opened, conversation.Closed{Number: 1}}, open, history{conversation.Opened{Number: 2, Channel: channel, Reference: personal.New("case 1")}}, nil},
		{"a member is on it", history{opened}, assign(marta, ""), history{conversation.Assigned{Number: 1, Member: marta}}, nil},
		{"or somebody whom the inbox names", history{opened}, assign(uuid.Nil, "the night shift"), history{conversation.Assigned{Number: 1, Name: personal.New("the night shift")}}, nil},
		{"the same is on it already", history{opened, conversation.Assigned{Number: 1, Member: marta}}, assign(marta, ""), nil, nil},
		{"nobody is", history{opened, conversation.Assigned{Number: 1, Member: marta}}, assign(uuid.Nil, ""), history{conversation.Assigned{Number: 1}}, nil},
		{"nobody is on the next one at first", history{opened, conversation.Assigned{Number: 1, Member: marta}, conversation.Closed{Number: 1}, conversation.Opened{Number: 2}}, assign(uuid.Nil, ""), nil, nil},
		{"it ends", history{opened}, (*conversation.Conversation).Close, history{conversation.Closed{Number: 1}}, nil},
		{"and not twice", history{opened, conversation.Closed{Number: 1}}, (*conversation.Conversation).Close, nil, nil},
		{"nobody is assigned to what is closed", history{opened, conversation.Closed{Number: 1}}, assign(marta, ""), nil, conversation.ErrClosed},
		{"not two at once", history{opened}, assign(marta, "the night shift"), nil, conversation.ErrAssignee},
		{"an assignee is one line", history{opened}, assign(uuid.Nil, "a\nb"), nil, conversation.ErrAssignee},
		{"a reference is not too long", nil, func(c *conversation.Conversation) ([]conversation.Event, error) {
			return c.Open(uuid.Nil, strings.Repeat("x", 201))
		}, nil, conversation.ErrReference},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			outcome := domaintest.When(domaintest.Given(row.given...), conversation.New(), row.when)
			if row.fault != nil {
				outcome.ThenFault(t, row.fault)
				return
			}
			outcome.Then(t, row.then...)
		})
	}
}

func TestAStreamNamesItsContact(t *testing.T) {
	t.Parallel()
	ana := contact.ID{UUID: uuid.UUID{15: 7}}
	if got, ok := conversation.Of(conversation.Stream(ana)); !ok || got != ana {
		t.Errorf("the talk with %s is %s's", ana, got)
	}
}
