package reactions

import (
	"runtime/debug"

	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
)

// guarded answers a panic as an error, as the router does for what it calls itself. One in a goroutine of our own would end
// the process, and everything else that it serves.
func guarded(do func() error) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = middleware.RecoveredPanicError{V: broken, Stacktrace: string(debug.Stack())}
		}
	}()
	return do()
}
