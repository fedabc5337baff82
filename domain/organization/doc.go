// Package organization is one organisation: who may come in, and by which
// WhatsApp numbers people reach it; and the installation that serves them all.
package organization
