//go:build unix

package adapter

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Nothing waits for a pipe in the place of PEFT's settings beside a LoRA.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "adapter_config.json"), 0o600); err != nil {
		t.Skip(err)
	}
	done := make(chan trainings, 1)
	go func() { done <- trainingOf(filepath.Join(dir, "adapter_model.safetensors"), nil) }()
	select {
	case all := <-done:
		if len(all) > 0 {
			t.Errorf("a pipe says %v", all)
		}
	case <-time.After(10 * time.Second):
		t.Error("waits for a pipe")
	}
}
