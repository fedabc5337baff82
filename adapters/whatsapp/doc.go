// Package whatsapp takes in what the WhatsApp Cloud API delivers: it proves
// that a delivery is WhatsApp's and turns it into commands before it answers.
//
// # Decisions
//
// The answer is 200 only when everything in the delivery is durable. Anything
// else makes WhatsApp deliver all of it again, and commands that were carried
// out already meet what they did. So one failure ends a delivery at once, and
// nothing is remembered here.
//
// What concerns different people is done at the same time, because durable appends
// take their time and share it well: a thousand strangers in one delivery must not
// wait for each other. What concerns one person or one message stays in order.
//
// What is signed and not understood is kept as it came, by the change that it is
// part of, and answered with 200: delivering it again would not make it any
// clearer. JSON is read leniently for the same reason: members that nobody here
// has heard of are no fault, and a number in place of a string is still a value.
package whatsapp
