package graphcache

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"nirvana/models/files"
)

// put makes a network of 1000 bytes that was used so long ago; not complete: as an interrupted run leaves it.
func put(t *testing.T, f Folder, name string, ago time.Duration, complete bool) {
	t.Helper()
	dir, when := filepath.Join(string(f), name), time.Now().Add(-ago)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.onnx"), make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if complete {
		path := filepath.Join(dir, Complete)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		os.Chtimes(path, when, when)
	}
	os.Chtimes(dir, when, when)
}

func left(t *testing.T, f Folder) (names string) {
	t.Helper()
	entries, err := os.ReadDir(string(f))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names += e.Name()
	}
	return names
}

// The least recently used go first, what an interrupted run left goes too, what is being written stays.
func TestTrim(t *testing.T) {
	f := Folder(t.TempDir())
	put(t, f, "a", 3*time.Hour, true)
	put(t, f, "b", 2*time.Hour, true)
	put(t, f, "c", time.Hour, true)
	put(t, f, "d", 2*time.Hour, false)
	put(t, f, "e", time.Minute, false)
	if n := f.Bytes(); n != 4000 {
		t.Errorf("it holds %d bytes", n)
	}
	if err := f.SetLimit(2500); err != nil {
		t.Fatal(err)
	}
	if got := left(t, f); got != "bce" {
		t.Errorf("%s are left", got)
	}
	put(t, f, "a", 3*time.Hour, true)
	f.Trim(filepath.Join(string(f), "a"))
	if got := left(t, f); got != "ace" {
		t.Errorf("%s are left", got)
	}
	if err := f.Clear(); err != nil {
		t.Fatal(err)
	}
	if got := left(t, f); got != "e" || f.Bytes() != 0 {
		t.Errorf("after clearing %s are left, %d bytes", got, f.Bytes())
	}
	for _, none := range []Folder{"", Folder(filepath.Join(string(f), "none"))} {
		if none.Bytes() != 0 || none.Clear() != nil {
			t.Errorf("%q holds something", none)
		}
	}
}

// What is larger than the limit, or than the disk's free space, is not kept.
func TestHolds(t *testing.T) {
	f := Folder(t.TempDir())
	free, err := files.Free(string(f))
	if err != nil {
		t.Fatal(err)
	}
	if f.Holds(Most+1, 1) {
		t.Error("more than the limit is kept")
	}
	if room := Leaves(free, 1<<20); f.Holds(1000, 1000) != room {
		t.Errorf("with %d bytes free, 1000 are kept: %v", free, !room)
	}
	if f.Holds(1000, int64(free)) {
		t.Error("the disk is filled up")
	}
	if f.Limit() != Most {
		t.Errorf("nobody set the limit, and it is %d", f.Limit())
	}
	if err := f.SetLimit(0); err != nil || f.Holds(1, 1) {
		t.Errorf("with a limit of 0 something is kept (%v)", err)
	}
	os.WriteFile(f.limitFile(), []byte("much"), 0o600)
	if f.Limit() != Most {
		t.Errorf("a broken file gives a limit of %d", f.Limit())
	}
	if Folder("").SetLimit(1) == nil {
		t.Error("without a folder a limit is set")
	}
}

// A disk that is nearly full still takes small networks, and large ones leave it 5 GB.
func TestLeaves(t *testing.T) {
	for _, c := range []struct {
		free    uint64
		written int64
		want    bool
	}{{100 << 20, 1 << 20, true}, {60 << 20, 1 << 20, false}, {1 << 30, 80 << 20, true}, {1 << 30, 100 << 20, false}, {8 << 30, 4 << 30, false}, {9 << 30, 4 << 30, true}} {
		if got := Leaves(c.free, c.written); got != c.want {
			t.Errorf("%d bytes on a disk with %d free: %v, want %v", c.written, c.free, got, c.want)
		}
	}
}
