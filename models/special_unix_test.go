//go:build unix

package models

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Pipes, sockets and devices in a folder are never opened: beside the model's files they are nothing, in place of one
// they are refused. Nothing waits.
func TestSpecialFiles(t *testing.T) {
	files := whole(t, "StableDiffusionPipeline", "unet", "text_encoder", "vae_decoder")
	beside := func(t *testing.T, name string) string {
		dir := made(t, t.TempDir(), files)
		path := filepath.Join(dir, filepath.FromSlash(name))
		os.Remove(path)
		return path
	}
	ends := func(t *testing.T, dir string) (problems []string) {
		done := make(chan []string, 1)
		go func() { done <- Check(dir) }()
		select {
		case problems = <-done:
		case <-time.After(20 * time.Second):
			t.Fatal("the check waits")
		}
		return problems
	}
	for _, name := range []string{"stray", "unet/model.onnx", "unet/config.json", "model_index.json", "scheduler/scheduler_config.json", "README.md", "SHA256SUMS"} {
		path := beside(t, name)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Skip(err)
		}
		harmless := name == "stray" || name == "README.md"
		if wrong := ends(t, filepath.Join(strings.TrimSuffix(path, filepath.FromSlash(name)))); (len(wrong) == 0) != harmless {
			t.Errorf("a pipe %s: %q", name, wrong)
		}
		os.Remove(path)
		if err := os.Symlink("/dev/zero", path); err != nil {
			t.Fatal(err)
		}
		if wrong := ends(t, strings.TrimSuffix(path, filepath.FromSlash(name))); (len(wrong) == 0) != harmless {
			t.Errorf("a device %s: %q", name, wrong)
		}
	}
	path := beside(t, "sock")
	if l, err := net.Listen("unix", path); err == nil {
		defer l.Close()
		if wrong := ends(t, filepath.Dir(path)); len(wrong) > 0 {
			t.Errorf("a socket: %q", wrong)
		}
	}
}
