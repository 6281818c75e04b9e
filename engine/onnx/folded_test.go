package onnx

import (
	"os"
	"path/filepath"
	"testing"

	"nirvana/app/bench/network"
	"nirvana/engine/onnx/graphcache"
	"nirvana/models"
)

// A large checkpoint's weights are folded in a file, which is gone when its networks are kept; they give the same numbers.
func TestFoldedCache(t *testing.T) {
	dir, cache := t.TempDir(), filepath.Join(t.TempDir(), "graphs")
	path := filepath.Join(dir, "mini.safetensors")
	if err := network.Checkpoint(path, "mini", ""); err != nil {
		t.Fatal(err)
	}
	f, err := models.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plain := built(t, f.Denoiser, Options{})
	in := inputsOf(plain)
	want := run(t, plain, in)[0].Data

	g := built(t, f.Denoiser, Options{Cache: cache})
	place, err := g.place(CPU)
	if err != nil {
		t.Fatal(err)
	}
	if o := g.foldedIntoCache(place); o != nil {
		t.Error("a small network is opened twice")
	}
	g.kept = foldsFrom
	for what, forbid := range map[string]func() error{
		"with a limit of 0": func() error { return graphcache.Folder(cache).SetLimit(0) },
		"of a cut file":     func() error { return os.Truncate(path, 1<<20) },
	} {
		data, _ := os.ReadFile(path)
		if err := forbid(); err != nil {
			t.Fatal(err)
		}
		if o := g.foldedIntoCache(place); o != nil {
			t.Errorf("%s the network is kept", what)
		}
		write(t, path, data)
		if err := os.Chtimes(path, g.sources[0].seen.ModTime(), g.sources[0].seen.ModTime()); err != nil {
			t.Fatal(err)
		}
		graphcache.Folder(cache).SetLimit(graphcache.Most)
	}
	o := g.foldedIntoCache(place)
	if o == nil {
		t.Fatal("it is not folded")
	}
	o.close()
	entries, err := os.ReadDir(cache)
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(place) {
		t.Errorf("the cache holds %v (%v)", entries, err)
	}
	if got := run(t, g, in)[0].Data; !near(got, want, 1e-5) {
		t.Error("it gives something else")
	}
}
