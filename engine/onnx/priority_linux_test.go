package onnx

import (
	"syscall"
	"testing"
)

// What the runtime does is done on threads that give way, however often.
func TestHand(t *testing.T) {
	for range 3 {
		done := make(chan struct{})
		hand(func() {
			defer close(done)
			got, err := syscall.Getpriority(syscall.PRIO_PROCESS, syscall.Gettid())
			if want := max(20-own-niceness, 1); err != nil || got != want {
				t.Errorf("priority %d, want %d: %v", got, want, err)
			}
		})
		<-done
	}
}
