package readmodels

import (
	"math"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ContactOrder says in which order contacts are listed; each ends with the contact's id.
type ContactOrder string

// The orders.
const (
	ByLastSeen   ContactOrder = "last_seen"   // the latest first, those never seen last
	ByLastActive ContactOrder = "last_active" // as last seen
	ByCreation   ContactOrder = "created"     // the newest first
	ByName       ContactOrder = "name"        // from A to Z, those without any last
	ByLeadStatus ContactOrder = "lead_status" // from the end of the funnel, within each by last seen
)

// ContactOrders answers every order, the usual one first.
func ContactOrders() []ContactOrder {
	return []ContactOrder{ByLastSeen, ByLastActive, ByCreation, ByName, ByLeadStatus}
}

// columns answers what rows are ordered by, the contact itself left out.
func (o ContactOrder) columns() []string {
	switch o {
	case ByLastActive:
		return []string{"active_order"}
	case ByCreation:
		return []string{"created_at"}
	case ByName:
		return []string{"name_order"}
	case ByLeadStatus:
		return []string{"funnel_order", "seen_order"}
	case ByLastSeen:
	}
	return []string{"seen_order"}
}

// descends says whether all columns do.
func (o ContactOrder) descends() bool { return o == ByCreation }

// keys answers the columns of a place in the list, of rows c.
func (o ContactOrder) keys() string {
	names := append(o.columns(), "contact")
	for i, name := range names {
		names[i] = "c." + name
	}
	return strings.Join(names, ", ")
}

// by answers the order of rows c.
func (o ContactOrder) by() string {
	if o.descends() {
		return strings.ReplaceAll(o.keys(), ",", " desc,") + " desc"
	}
	return o.keys()
}

// besideTags says whether the index of the order has the tags beside it.
func (o ContactOrder) besideTags() bool { return o == ByLastSeen || o == ByLeadStatus }

// walked is how many contacts are passed over at most before others are tried, which takes some milliseconds.
func (o ContactOrder) walked() int {
	if o.besideTags() {
		return 30_000
	}
	return 5_000
}

// behind is the condition on contacts c to stand behind a key.
func (o ContactOrder) behind(where *conditions, key ContactKey) {
	sign := " > "
	if o.descends() {
		sign = " < "
	}
	place := make([]string, 0, 3)
	switch o {
	case ByLastSeen:
		place = append(place, where.parameter(key.seenOrder()))
	case ByLastActive:
		place = append(place, where.parameter(microsBack(key.LastActiveAt)))
	case ByCreation:
		place = append(place, where.parameter(key.CreatedAt))
	case ByName:
		place = append(place, "coalesce('0' || lower(nullif("+where.parameter(key.Name)+", '')), '1')")
	case ByLeadStatus:
		place = append(place, where.parameter(funnelOrder(key.LeadStatus)), where.parameter(key.seenOrder()))
	}
	place = append(place, where.parameter(key.Contact))
	where.parts = append(where.parts, "("+o.keys()+")"+sign+"("+strings.Join(place, ", ")+")")
}

// ContactKey is a contact's place in a list; it outlives the contact. What is no part of the order is left out.
type ContactKey struct {
	LastSeenAt   *time.Time
	Contact      uuid.UUID
	LastActiveAt *time.Time `json:",omitzero"`
	CreatedAt    time.Time  `json:",omitzero"`
	Name         string     `json:",omitzero"` // as it is shown; "" is none
	LeadStatus   string     `json:",omitzero"`
}

// Key answers the contact's place in the usual list.
func (p Person) Key() ContactKey { return p.KeyIn(ByLastSeen) }

// KeyIn answers the contact's place in a list of an order.
func (p Person) KeyIn(order ContactOrder) ContactKey {
	key := ContactKey{Contact: p.ID}
	switch order {
	case ByLastSeen:
		key.LastSeenAt = p.LastSeenAt
	case ByLastActive:
		key.LastActiveAt = p.LastActiveAt
	case ByCreation:
		key.CreatedAt = p.CreatedAt
	case ByName:
		if key.Name = p.Name; key.Name == "" {
			key.Name = p.ProfileName
		}
	case ByLeadStatus:
		key.LastSeenAt, key.LeadStatus = p.LastSeenAt, p.LeadStatus
	}
	return key
}

// seenOrder is the column of the same name.
func (k ContactKey) seenOrder() int64 { return microsBack(k.LastSeenAt) }

// microsBack answers microseconds, negated so that both parts of an order ascend.
func microsBack(at *time.Time) int64 {
	if at == nil {
		return math.MaxInt64
	}
	return -at.UnixMicro()
}

// funnelOrder is the column of the same name.
func funnelOrder(status string) int {
	switch status {
	case "customer":
		return 0
	case "hot":
		return 1
	case "warm":
		return 2
	case "cold":
		return 3
	}
	return 4
}
