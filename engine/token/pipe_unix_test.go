//go:build unix

package token

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Nothing waits for a pipe among a tokenizer's files.
func TestPipe(t *testing.T) {
	for _, name := range []string{"vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "spiece.model"} {
		dir := t.TempDir()
		if name != "vocab.json" {
			os.WriteFile(filepath.Join(dir, "vocab.json"), []byte(`{"a</w>": 0}`), 0o644)
		}
		if name == "tokenizer.json" || name == "vocab.txt" || name == "spiece.model" {
			os.Remove(filepath.Join(dir, "vocab.json"))
		}
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Skip(err)
		}
		done := make(chan error, 1)
		go func() {
			_, err := Open(dir)
			done <- err
		}()
		select {
		case err := <-done:
			if err == nil {
				t.Errorf("a pipe %s passes for a file", name)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: waits for a pipe", name)
		}
	}
}
