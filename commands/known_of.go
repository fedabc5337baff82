package commands

import (
	"context"
	"fmt"
	"slices"

	"tagtrail/domain/contact"
	"tagtrail/domain/erasure"
	"tagtrail/domain/event"
	"tagtrail/domain/importing"
	"tagtrail/domain/personal"
)

// KnownOf answers what the person of an erasure is, or was, known by, so that it is found where only it says who is meant.
// Once the person is forgotten it is nothing: whoever looks has looked before that. The contacts are ended first, so that
// nothing comes to be known of the person any more, and whoever is under a legal hold is not looked for.
func (s *Service) KnownOf(ctx context.Context, id erasure.ID) (importing.Person, error) {
	var person importing.Person
	at, err := load[erasure.Event](ctx, s.store, id.Stream(), originOf(ctx).Organization, erasure.New)
	if err != nil || at.state.IsForgotten() {
		return person, err
	}
	if _, err := s.eraseAll(ctx, id); err != nil {
		return person, err
	}
	contacts, err := s.erased(ctx, id)
	if err != nil {
		return person, err
	}
	known, err := s.identitiesOf(ctx, contacts)
	if err != nil {
		return person, err
	}
	for _, i := range known {
		if i.Kind == contact.Number {
			person.Numbers = appendSaid(person.Numbers, i.Value, i.WaID)
			continue
		}
		person.Accounts = appendSaid(person.Accounts, i.Value)
	}
	for _, each := range contacts {
		person.Contacts = append(person.Contacts, each.UUID)
		for recorded, err := range s.store.ReadStream(ctx, each.Stream(), 0) {
			if err != nil {
				return person, fmt.Errorf("read what contact %s was called: %w", each, err)
			}
			called(&person, recorded.Data)
		}
	}
	return person, nil
}

// called takes in what an event says that a person is called.
func called(person *importing.Person, happened event.Event) {
	switch e := happened.(type) {
	case contact.Created:
		person.Names, person.Emails = appendSaid(person.Names, e.Name), appendSaid(person.Emails, e.Email)
	case contact.Renamed:
		person.Names = appendSaid(person.Names, e.Name)
	case contact.ProfileNameChanged:
		person.Names = appendSaid(person.Names, e.Name)
	case contact.FirstNameChanged:
		person.FirstNames = appendSaid(person.FirstNames, e.Name)
	case contact.LastNameChanged:
		person.LastNames = appendSaid(person.LastNames, e.Name)
	case contact.EmailChanged:
		person.Emails = appendSaid(person.Emails, e.Email)
	}
}

// appendSaid appends the values that say something and are not there yet.
func appendSaid(all []string, values ...personal.Text) []string {
	for _, value := range values {
		if said := value.Reveal(); said != "" && !slices.Contains(all, said) {
			all = append(all, said)
		}
	}
	return all
}
