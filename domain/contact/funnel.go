package contact

import "slices"

// LeadStatuses answers the lead statuses in the order of the funnel.
func LeadStatuses() []LeadStatus { return []LeadStatus{Cold, Warm, Hot, Customer} }

// ChangeLeadStatus decides that the contact moves in the funnel; every move is allowed, and the event says which kind it is.
func (c *Contact) ChangeLeadStatus(to LeadStatus) ([]Event, error) {
	if err := c.standing(); err != nil {
		return nil, err
	}
	if !slices.Contains(LeadStatuses(), to) {
		return nil, ErrUnknownLeadStatus.At("/status")
	}
	if to == c.status {
		return nil, nil
	}
	return []Event{LeadStatusChanged{From: c.status, To: to, Kind: move(c.status, to), Since: c.since}}, nil
}

// move answers what kind of move leads from one status to another.
func move(from, to LeadStatus) Move {
	steps := slices.Index(LeadStatuses(), to) - slices.Index(LeadStatuses(), from)
	switch {
	case to == Cold:
		return Reengage
	case steps < 0:
		return Regress
	case steps == 1:
		return Advance
	default:
		return Skip
	}
}
