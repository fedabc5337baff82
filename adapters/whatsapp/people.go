package whatsapp

import (
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"tagtrail/commands"
	"tagtrail/domain/contact"
	"tagtrail/domain/message"
)

// people are those who stand beside the messages of a change.
type people struct {
	all      []profile
	byUserID map[word]int // the first under the id
	byWaID   map[word]int
}

func peopleOf(contacts list) *people {
	beside := &people{all: read[profile](contacts), byUserID: map[word]int{}, byWaID: map[word]int{}}
	for i, p := range beside.all {
		if _, taken := beside.byUserID[p.UserID]; !taken && p.UserID != "" {
			beside.byUserID[p.UserID] = i
		}
		if _, taken := beside.byWaID[p.WaID]; !taken && p.WaID != "" {
			beside.byWaID[p.WaID] = i
		}
	}
	return beside
}

// find answers the first who has one of the ids. A single one is meant by whatever names nobody else.
func (p *people) find(waID, userID word) (profile, bool) {
	user, sameUser := p.byUserID[userID]
	number, sameNumber := p.byWaID[waID]
	switch {
	case sameUser && sameNumber:
		return p.all[min(user, number)], true
	case sameUser:
		return p.all[user], true
	case sameNumber:
		return p.all[number], true
	case len(p.all) != 1:
		return profile{}, false
	}
	only := p.all[0]
	other := only.UserID != "" && userID != "" || only.WaID != "" && waID != ""
	return only, !other
}

// named answers a person, with what stands beside the message under one of the same ids, or alone.
func named(waID, userID, parentID word, beside *people) commands.Person {
	who := commands.Person{ParentBSUID: string(parentID), BSUID: string(userID), WaID: string(waID)}
	if p, found := beside.find(waID, userID); found {
		fill(&who.ParentBSUID, p.ParentUserID)
		fill(&who.BSUID, p.UserID)
		fill(&who.WaID, p.WaID)
		who.Username, who.ProfileName = string(p.Profile.Username), string(p.Profile.Name)
	}
	return who
}

// sender answers who wrote a message: what it says itself, completed by the person beside it.
func (m incoming) sender(beside *people) commands.Person {
	return named(m.From, m.FromUserID, m.FromParentUserID, beside)
}

// recipient answers whom a report is about. A group is no person.
func (r report) recipient(beside *people) commands.Person {
	if r.RecipientType == "group" {
		return commands.Person{}
	}
	return named(r.RecipientID, r.RecipientUserID, r.RecipientParentUserID, beside)
}

// successor answers what a person is found under from a system message on.
func (m incoming) successor() commands.Person {
	next := string(m.System.WaID)
	fill(&next, m.System.NewWaID)
	return commands.Person{BSUID: string(m.System.UserID), WaID: next}
}

func fill(s *string, with word) {
	if *s == "" {
		*s = string(with)
	}
}

// messageNames answers what a message may have in common with others: its id, and all that it says anybody is found
// under. Nothing can be done about one without an id.
func messageNames(raw jsontext.Value, beside *people) ([]string, bool) {
	var m incoming
	if lenient(raw, &m) != nil || message.CheckWamid(string(m.ID)) != nil {
		return nil, false
	}
	names := namesOf(m.ID, m.sender(beside), m.successor())
	if number, err := contact.ParsePhone(m.sharedNumber()); err == nil {
		names = append(names, identityName(number))
	}
	return names, true
}

// reportNames answers the same for a report.
func reportNames(raw jsontext.Value, beside *people) ([]string, bool) {
	var r report
	if lenient(raw, &r) != nil || message.CheckWamid(string(r.ID)) != nil {
		return nil, false
	}
	return namesOf(r.ID, r.recipient(beside)), true
}

func namesOf(wamid word, who ...commands.Person) []string {
	names := []string{"message " + string(wamid)}
	for _, person := range who {
		for _, i := range person.Identities(uuid.Nil) {
			names = append(names, identityName(i))
		}
	}
	return names
}

// identityName answers a name that is no other identity's.
func identityName(i contact.Identity) string { return string(i.Kind) + " " + i.Value.Reveal() }
