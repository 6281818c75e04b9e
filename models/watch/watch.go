// Package watch tells when files come into folders, change or go, where the system tells of it: network shares often do not.
// Start with New.
package watch

import (
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// mostFolders bounds what is watched: systems have a number of watches for all programs together.
const mostFolders = 4096

// Watcher watches folders, not those in them.
type Watcher struct {
	events  *fsnotify.Watcher
	mu      sync.Mutex
	watched map[string]bool
	done    sync.WaitGroup
}

// New calls changed, on a goroutine of its own, when something in the folders has changed and then nothing more for a while,
// or at the latest after ten times that: a large file is written for minutes.
func New(while time.Duration, changed func()) (*Watcher, error) {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w := &Watcher{events: events, watched: map[string]bool{}}
	w.done.Go(func() { w.listen(while, changed) })
	return w, nil
}

// Set replaces the folders that are watched. What cannot be watched is left out.
func (w *Watcher) Set(folders []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	wanted := map[string]bool{}
	for _, dir := range folders[:min(len(folders), mostFolders)] {
		wanted[dir] = true
	}
	for dir := range w.watched {
		if !wanted[dir] {
			w.events.Remove(dir)
			delete(w.watched, dir)
		}
	}
	for dir := range wanted {
		if !w.watched[dir] && w.events.Add(dir) == nil {
			w.watched[dir] = true
		}
	}
}

// forget lets a folder that has gone be watched again when it comes back.
func (w *Watcher) forget(dir string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.watched, dir)
}

func (w *Watcher) listen(while time.Duration, changed func()) {
	quiet, latest := stopped(), stopped()
	pending := false
	for {
		select {
		case e, open := <-w.events.Events:
			if !open {
				return
			}
			if e.Op == fsnotify.Chmod {
				continue
			}
			if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
				w.forget(e.Name)
			}
			if quiet.Reset(while); !pending {
				pending = true
				latest.Reset(10 * while)
			}
			continue
		case _, open := <-w.events.Errors: // too many events at once, which are lost
			if !open {
				return
			}
		case <-quiet.C:
		case <-latest.C:
		}
		quiet.Stop()
		latest.Stop()
		pending = false
		changed()
	}
}

// stopped is a timer that has not begun.
func stopped() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// Close ends the watching, and waits for what is being told.
func (w *Watcher) Close() error {
	err := w.events.Close()
	w.done.Wait()
	return err
}
