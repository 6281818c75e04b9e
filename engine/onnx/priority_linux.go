package onnx

import (
	"runtime"
	"syscall"
	"time"
)

// niceness is added to that of the runtime's threads: where cores are few, the window is painted first.
const niceness = 10

// own is the niceness that the program was started with.
var own = func() int {
	if p, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0); err == nil {
		return 20 - p // the system call returns it so
	}
	return 0
}()

// idleThread is how long a thread of lower priority waits for more work.
const idleThread = 10 * time.Second

var behindJobs = make(chan func())

// hand runs f on a thread of lower priority, which the threads that f starts inherit: opening a session starts the
// runtime's own, and the thread that runs one computes with them. Linux counts niceness by thread, and only root may
// raise the priority again, so such threads do nothing else; one that has waited long ends with its goroutine, which
// never unlocks it.
func hand(f func()) {
	select {
	case behindJobs <- f:
	default:
		go backThread(f)
	}
}

func backThread(job func()) {
	runtime.LockOSThread()
	syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), min(own+niceness, 19)) // where refused, the priority stays
	job()
	for {
		select {
		case job = <-behindJobs:
			job()
		case <-time.After(idleThread):
			return
		}
	}
}
