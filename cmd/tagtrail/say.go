package main

import (
	"fmt"
	"io"
)

// sayTo writes what a starting service is doing, a line at a time.
func sayTo(w io.Writer) func(format string, args ...any) {
	return func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
}
