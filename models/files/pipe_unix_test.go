//go:build unix

package files

import (
	"path/filepath"
	"syscall"
	"testing"
)

// Nothing waits for a pipe that nobody writes to.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Skip(err)
	}
	if _, _, err := Open(filepath.Join(dir, "pipe")); err == nil {
		t.Error("a pipe passes for a file")
	}
	if _, _, err := Inside(dir, "pipe"); err == nil {
		t.Error("a pipe passes for a file of the folder")
	}
}
