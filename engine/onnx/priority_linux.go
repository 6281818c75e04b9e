package onnx

import (
	"runtime"
	"syscall"
)

// niceness of the runtime's threads: the window is painted first where cores are few.
const niceness = 10

// behind runs f on a thread of lower priority, which the threads that f starts inherit. Linux counts niceness a thread,
// and nobody but root may lower it again: the thread ends with the goroutine, as it is never unlocked.
func behind(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), niceness) // refused: then as before
		f()
	}()
	<-done
}
