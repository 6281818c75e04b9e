package onnx

import (
	"syscall"
	"testing"
)

// What the runtime does is done on threads that give way, however often.
func TestBehind(t *testing.T) {
	own, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		behind(func() {
			got, err := syscall.Getpriority(syscall.PRIO_PROCESS, syscall.Gettid()) // the system call's: 20 - niceness
			if want := min(own, 20-niceness); err != nil || got > want {
				t.Errorf("priority %d, want at most %d: %v", got, want, err)
			}
		})
	}
}
