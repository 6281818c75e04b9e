package fault

import (
	"runtime/debug"
)

// Guarded runs f and gives a panic in it as an error: what comes from files, and what runs beside the window, never ends
// the program.
func Guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Other.Errorf("the program met an error of its own: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}
