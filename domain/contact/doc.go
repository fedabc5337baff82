// Package contact is one contact: who it is recognised by, the tags on it, and
// where it stands in the funnel.
package contact
