//go:build unix

package checkpoint

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Nothing waits for a pipe in the place of a checkpoint, of its settings, of an index of shards or of a shard.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	pipe := func(name string) string {
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Skip(err)
		}
		return path
	}
	weights, gguf, settings := pipe("a.safetensors"), pipe("b.gguf"), pipe("c.yaml")
	pipe("indexed/diffusion_pytorch_model.safetensors.index.json")
	pipe("sharded/diffusion_pytorch_model-00001-of-00001.safetensors")
	index := `{"weight_map": {"conv_in.weight": "diffusion_pytorch_model-00001-of-00001.safetensors"}}`
	if err := os.WriteFile(filepath.Join(dir, "sharded", "diffusion_pytorch_model.safetensors.index.json"), []byte(index), 0o644); err != nil {
		t.Fatal(err)
	}
	folder := func(name string) func() bool {
		return func() bool { f, err := OpenFolder(filepath.Join(dir, name)); return f == nil || err != nil }
	}
	for name, read := range map[string]func() bool{
		"a checkpoint": func() bool { _, err := Open(weights); return err != nil },
		"a GGUF file":  func() bool { _, err := Open(gguf); return err != nil },
		"GGUF read":    func() bool { _, err := readGGUF(gguf); return err != nil },
		"settings":     func() bool { return besideOf(settings) == "" },
		"an index":     folder("indexed"),
		"a shard":      folder("sharded"),
	} {
		done := make(chan bool, 1)
		go func() { done <- read() }()
		select {
		case refused := <-done:
			if !refused {
				t.Errorf("a pipe passes for %s", name)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: waits for a pipe", name)
		}
	}
}
