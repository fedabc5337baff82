package commands

import (
	"context"
	"maps"
	"slices"

	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/domain/organization"
)

// ChangeSettings asks for other rules of the organisation; what is left out stays.
type ChangeSettings struct {
	TagLimit    *int                                   // how many active tags a contact may carry
	OwnTagsOnly map[organization.KeyKind]bool          // which roles take off only tags that their own source put on
	Masking     map[organization.KeyKind]MaskingChange // which roles see phones and e-mail addresses in part only
}

// MaskingChange is what is asked of what a role sees; nil leaves a thing as it is.
type MaskingChange struct{ Phone, Email *bool }

// ChangeSettings changes all that is asked or, when one thing is refused, nothing. It takes effect at once.
func (s *Service) ChangeSettings(ctx context.Context, cmd ChangeSettings) (Receipt, error) {
	return s.decideOrganization(ctx, func(o *organization.Organization) ([]organization.Event, error) {
		var events []organization.Event
		decide := func(pointer string, decided []organization.Event, err error) error {
			if f := fault.Of(err); f != nil && f.Pointer == "" {
				err = f.At(pointer)
			}
			events = append(events, decided...)
			return err
		}
		if cmd.TagLimit != nil {
			decided, err := o.ChangeTagLimit(*cmd.TagLimit)
			if err := decide("/tag_limit", decided, err); err != nil {
				return nil, err
			}
		}
		for _, role := range slices.Sorted(maps.Keys(cmd.OwnTagsOnly)) {
			decided, err := o.RestrictTagRemoval(role, cmd.OwnTagsOnly[role])
			if err := decide("/own_tags_only/"+string(role), decided, err); err != nil {
				return nil, err
			}
		}
		for _, role := range slices.Sorted(maps.Keys(cmd.Masking)) {
			decided, err := o.Mask(role, cmd.Masking[role].of(o.Masking(role)))
			if err := decide("/masking/"+string(role), decided, err); err != nil {
				return nil, err
			}
		}
		return events, nil
	})
}

func (c MaskingChange) of(m organization.Masking) organization.Masking {
	if c.Phone != nil {
		m.Phone = *c.Phone
	}
	if c.Email != nil {
		m.Email = *c.Email
	}
	return m
}

// ownTags answers the source whose tags alone the asker may take off; "" is any.
func ownTags(o *organization.Organization, by Origin) event.Source {
	if o.OwnTagsOnly(organization.KeyKind(by.Actor.Kind)) {
		return Credential{Kind: organization.KeyKind(by.Actor.Kind)}.Source() // in bulk, too
	}
	return ""
}
