package onnx

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"nirvana/app/bench/network"
	enginenetwork "nirvana/engine/network"
	"nirvana/models"
)

// Networks of one file that are opened at the same time read it once for its fingerprint, and the next opening reads it anew.
func TestFingerprintShared(t *testing.T) {
	began, release := make(chan string, 10), make(chan struct{})
	wrong := errors.New("wrong")
	f := fingerprints{take: func(path string) ([]byte, error) {
		began <- path
		<-release
		if path == "b" {
			return nil, wrong
		}
		return []byte(path), nil
	}}
	var all sync.WaitGroup
	ask := func(path string, want []byte, fails error) {
		all.Go(func() {
			if sum, err := f.of(path); !slices.Equal(sum, want) || err != fails {
				t.Errorf("%s: %q, %v", path, sum, err)
			}
		})
	}
	for range 4 {
		ask("a", []byte("a"), nil)
		ask("b", nil, wrong)
	}
	first := []string{<-began, <-began}
	slices.Sort(first)
	if !slices.Equal(first, []string{"a", "b"}) {
		t.Errorf("%v are read", first)
	}
	close(release)
	all.Wait()
	// those that asked when the first were done have read the file themselves: no more often than asked
	for len(began) > 0 {
		<-began
	}
	ask("a", []byte("a"), nil)
	all.Wait()
	if len(began) != 1 {
		t.Error("a later opening takes an earlier one's fingerprint")
	}
}

// What is kept of a checkpoint is found, and opened, without its graph being written again, by the fingerprints of its file
// alone; of a file that changed it is not found, though size, time and header are the same.
func TestKeptIsNotBuilt(t *testing.T) {
	dir, cache := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "mini.safetensors")
	if err := network.Checkpoint(path, "mini", ""); err != nil {
		t.Fatal(err)
	}
	describe := func() (*Graph, *int) {
		f, err := models.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		g, builds := built(t, f.Denoiser, Options{Cache: cache}), new(int)
		build := g.build
		g.build = func(wide bool) (*enginenetwork.Graph, error) { *builds++; return build(wide) }
		return g, builds
	}
	open := func() (builds int) {
		g, n := describe()
		if err := g.Open(); err != nil {
			t.Fatal(err)
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		return *n
	}
	if n := open(); n != 1 {
		t.Errorf("the first opening builds it %d times", n)
	}
	if n := open(); n != 0 {
		t.Errorf("a later opening builds it %d times", n)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[8+int(binary.LittleEndian.Uint64(data))] ^= 1
	write(t, path, data)
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if n := open(); n != 1 {
		t.Errorf("of a changed file it is built %d times", n)
	}
}
