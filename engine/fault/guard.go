package fault

import (
	"runtime/debug"
)

// Guarded runs f and returns a panic in it as an error: bad files, and work in the background, must not end the
// program.
func Guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Other.Errorf("the program has an internal error: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}
