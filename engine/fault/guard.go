package fault

import (
	"runtime/debug"
)

// Guarded runs f and returns a panic in it as an error: bad files, and work beside the window, must not end the
// program.
func Guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Other.Errorf("the program met an error of its own: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}
