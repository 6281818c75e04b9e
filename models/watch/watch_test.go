package watch

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Files that come, change and go are told of once when it is quiet again; those of other folders are not, and a folder that
// went and came back is watched again.
func TestWatch(t *testing.T) {
	dir, other := filepath.Join(t.TempDir(), "a"), t.TempDir()
	told := make(chan struct{}, 100)
	w, err := New(50*time.Millisecond, func() { told <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	wait := func(what string) {
		t.Helper()
		select {
		case <-told:
		case <-time.After(20 * time.Second):
			t.Fatalf("not told: %s", what)
		}
		for quiet := false; !quiet; { // what comes late on a full machine
			select {
			case <-told:
			case <-time.After(300 * time.Millisecond):
				quiet = true
			}
		}
	}
	os.Mkdir(dir, 0o755)
	w.Set([]string{dir, filepath.Join(dir, "nowhere")})
	file := filepath.Join(dir, "m.safetensors")
	for range 20 {
		if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	wait("a file came")
	os.WriteFile(filepath.Join(other, "x"), nil, 0o644)
	os.Chmod(file, 0o600)
	select {
	case <-told:
		t.Error("told of a folder that is not watched, or of permissions")
	case <-time.After(300 * time.Millisecond):
	}
	os.Remove(file)
	wait("a file went")
	os.RemoveAll(dir)
	wait("the folder went")
	os.Mkdir(dir, 0o755)
	w.Set([]string{dir})
	os.WriteFile(file, []byte("x"), 0o644)
	wait("a file came into the folder that came back")
	w.Set(nil)
	os.Remove(file)
	select {
	case <-told:
		t.Error("told of a folder that is no longer watched")
	case <-time.After(300 * time.Millisecond):
	}
}

// A file that is written without a pause is told of all the same.
func TestWithoutPause(t *testing.T) {
	dir := t.TempDir()
	told := make(chan struct{}, 100)
	w, err := New(200*time.Millisecond, func() { told <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.Set([]string{dir})
	end := time.After(20 * time.Second)
	for i := 0; ; i++ {
		os.WriteFile(filepath.Join(dir, "m"), make([]byte, i%100), 0o644)
		select {
		case <-told:
			return
		case <-end:
			t.Fatal("never told")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
