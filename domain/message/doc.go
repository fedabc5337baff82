// Package message is one WhatsApp message, received or sent, and how far it got.
//
// A message is a stream of its own: a delivery that comes twice meets what is
// already there and changes nothing, for ever.
package message
