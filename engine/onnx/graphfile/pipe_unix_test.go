//go:build unix

package graphfile

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Nothing waits for a pipe in the place of a network's file.
func TestPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.onnx")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	done := make(chan error, 2)
	go func() {
		_, err := Open(path)
		done <- err
		_, _, err = mapFile(path, 10)
		done <- err
	}()
	for range cap(done) {
		select {
		case err := <-done:
			if err == nil {
				t.Error("a pipe passes for a network")
			}
		case <-time.After(10 * time.Second):
			t.Fatal("waits for a pipe")
		}
	}
}
