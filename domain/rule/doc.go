// Package rule is what happens to contacts by itself: a rule watches whom a
// filter means, and does the same small things to each who comes to be meant, or
// is meant no longer.
//
// # Decisions
//
// A rule watches either a condition of its own or a dynamic segment. In both
// cases who entered and who left is recorded before anything is done, so that
// smart tags and automated segments are one thing, and neither is done twice.
//
// A rule acts on those to whom something happened, or for whom time went by.
// Whom it means from the moment on at which it is defined, redefined or enabled
// it leaves alone: they are many, and somebody looks at a preview and applies
// the rule to them on purpose. Who they are is looked up a moment later, so that
// whoever changes within that moment is one of them.
//
// A contact that was merged away is meant by nobody, and nothing is taken back
// from it. What a rule had put on goes on at the contact that stands for it, as
// the merge's and not as the rule's; whether that one is meant is looked at anew.
// Told apart again, the contact is looked at anew as well, and what it gets back
// is the rule's again.
//
// Each definition is a version with a number, which stays readable, and what a
// rule did says which version did it. A name is no part of it.
package rule
