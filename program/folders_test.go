package program

import (
	"testing"
	"time"

	"nirvana/app"
)

// A look into the folders waits for the window that it posts to, and ends with the studio where none comes.
func TestFoldersWaitForTheWindow(t *testing.T) {
	f, root := openFolders(""), t.TempDir()
	f.shown = make(chan struct{})
	done := make(chan error, 1)
	go func() {
		_, err := f.list(t.Context(), root, func([]app.ModelInfo) {})
		done <- err
	}()
	select {
	case <-done:
		t.Fatal("it did not wait")
	case <-time.After(50 * time.Millisecond):
	}
	f.follow(func() {})
	defer f.close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
