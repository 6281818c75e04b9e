//go:build unix

package safetensors

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Nothing waits for a pipe that is named like a file of weights.
func TestPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.safetensors")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	for name, read := range map[string]func() bool{
		"ReadHeader": func() bool { _, err := ReadHeader(path); return err != nil },
		"Read":       func() bool { _, err := Read(path); return err != nil },
		"Metadata":   func() bool { return Metadata(path) == nil },
	} {
		done := make(chan bool, 1)
		go func() { done <- read() }()
		select {
		case refused := <-done:
			if !refused {
				t.Errorf("%s takes a pipe for a file", name)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s waits for a pipe", name)
		}
	}
}
