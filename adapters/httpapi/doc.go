// Package httpapi is the front door for programs: it turns HTTP requests into
// commands and questions, and what comes of them into JSON.
//
// It decides who may (by the kind of the key, and nowhere else), under which
// source a change is recorded, and which command a request is. It holds no rule
// of the business: those are in the domain, and their refusals come out as
// problem documents whose type is the fault's code.
//
// # Decisions
//
// A write answers the resource as it is after the write: it waits until the
// tables show its position, for two seconds at most. Where they do not by then,
// the answer is 202 with the id alone, and the position to wait for. The write
// itself is durable either way.
//
// The libraries' defaults that would lose, guess or repeat what a caller sent
// are replaced: a body is read and checked here before the framework sees it,
// unknown and repeated query parameters are refused, and no problem document
// repeats a value.
//
// Cursors are readable and not secret; what they promise is that they were made
// here, for this list, these filters and this organisation.
package httpapi
