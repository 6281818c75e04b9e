// Package native is the window's access to the system through C: file dialogs and pictures in the clipboard. Dialogs
// block, and GTK needs them all on one thread: New starts it.
package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/sqweek/dialog"
	"golang.design/x/clipboard"

	"nirvana/ui"
)

// System is the desktop that the program runs on.
type System struct {
	jobs chan func()

	once  sync.Once
	ready error // the clipboard's error
}

// New starts the dialogs' thread.
func New() *System {
	s := &System{jobs: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

// run shows a dialog on its thread and waits. Cancelling is not an error.
func (s *System) run(show func() (string, error)) (path string, err error) {
	done := make(chan struct{})
	s.jobs <- func() {
		defer close(done)
		path, err = show()
	}
	<-done
	if errors.Is(err, dialog.ErrCancelled) {
		return "", nil
	}
	return path, err
}

// files is a dialog with its filters. On Linux filters are case-sensitive.
func files(title string, kinds []ui.Kind) *dialog.FileBuilder {
	b := dialog.File().Title(title)
	for _, k := range kinds {
		ext := append([]string(nil), k.Extensions...)
		for _, e := range k.Extensions {
			ext = append(ext, strings.ToUpper(e))
		}
		b = b.Filter(k.Name, ext...)
	}
	return b
}

// OpenFile shows a dialog for an existing file, starting in a folder; "" when cancelled.
func (s *System) OpenFile(title, folder string, kinds ...ui.Kind) (string, error) {
	return s.run(func() (string, error) { return files(title, kinds).SetStartDir(folder).Load() })
}

// SaveFile shows a dialog for a file to write and proposes one; "" when cancelled.
func (s *System) SaveFile(title, path string, kinds ...ui.Kind) (string, error) {
	folder, name := filepath.Split(path)
	return s.run(func() (string, error) { return files(title, kinds).SetStartDir(folder).SetStartFile(name).Save() })
}

// OpenFolder shows a dialog for a folder, starting in one; "" when cancelled.
func (s *System) OpenFolder(title, folder string) (string, error) {
	return s.run(func() (string, error) { return browse(title, folder) })
}

func (s *System) clipboard() error {
	s.once.Do(func() { s.ready = clipboard.Init() })
	if s.ready != nil {
		return fmt.Errorf("the clipboard cannot be used here: %w", s.ready)
	}
	return nil
}

// WriteImage puts an encoded PNG on the clipboard.
func (s *System) WriteImage(png []byte) error {
	if err := s.clipboard(); err != nil {
		return err
	}
	_, err := clipboard.Write(context.Background(), clipboard.FmtImage, png)
	return err
}

// ReadImage returns the clipboard's picture as PNG; nil when there is none.
func (s *System) ReadImage() ([]byte, error) {
	if err := s.clipboard(); err != nil {
		return nil, err
	}
	return clipboard.Read(context.Background(), clipboard.FmtImage)
}

// showLimit is how long the system's opener may take to fail: one that keeps running is the file manager itself.
const showLimit = 3 * time.Second

// ShowFolder opens a folder in the system's file manager, and waits a moment for errors.
func ShowFolder(path string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	name, args := "xdg-open", []string{path}
	switch runtime.GOOS {
	case "windows":
		name, args = "explorer", []string{filepath.FromSlash(path)}
	case "darwin":
		name = "open"
	}
	opener := exec.Command(name, args...)
	if err := opener.Start(); err != nil {
		return fmt.Errorf("no file manager found. The folder is %s (%s: %w)", path, name, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- opener.Wait() }()
	select {
	case err := <-ended:
		if err != nil && runtime.GOOS != "windows" { // explorer always ends with 1
			return fmt.Errorf("no file manager found. The folder is %s (%s: %w)", path, name, err)
		}
	case <-time.After(showLimit):
	}
	return nil
}
