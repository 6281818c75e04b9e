package program

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"nirvana/app"
	"nirvana/models/listing"
	"nirvana/models/watch"
)

// quietFor is how long nothing must change in the artist's folders before they are scanned again.
const quietFor = 700 * time.Millisecond

// folders are the folders whose models are all listed, with what is known of their files and the watcher for changes.
type folders struct {
	cache   *listing.Cache
	shown   chan struct{} // closed when there is a window to post to; nil: there is no window
	mu      sync.Mutex
	dirs    []string
	watcher *watch.Watcher // nil: the system reports no changes
}

// openFolders opens the folders with the cache of earlier starts.
func openFolders(version string) *folders {
	file := ""
	if dir := graphs(); dir != "" {
		file = filepath.Join(filepath.Dir(dir), "headers.json")
	}
	return &folders{cache: listing.Open(file, version)}
}

// list reports the models under a folder.
func (f *folders) list(ctx context.Context, root string, tell func([]app.ModelInfo)) ([]string, error) {
	if err := f.wait(ctx); err != nil {
		return nil, err
	}
	return f.cache.Models(ctx, root, func(found []listing.Card) {
		infos := make([]app.ModelInfo, len(found))
		for i, c := range found {
			infos[i] = listed(c)
		}
		tell(infos)
	})
}

// listed is a model as lists have it.
func listed(c listing.Card) app.ModelInfo {
	return app.ModelInfo{Name: c.Name(), Dir: c.Path, Licence: c.Licence, Bytes: c.Bytes, Kind: c.Family, Width: c.Width, Height: c.Height, Memory: c.Memory, Refiner: c.Refiner, Lacks: c.Lacks,
		Steps: c.Steps, Guidance: c.Guidance, BestOf: c.BestOf, Verifier: c.Verifier, Draft: c.Draft, Opacity: c.Opacity}
}

// wait returns when there is a window to post to.
func (f *folders) wait(ctx context.Context) error {
	if f.shown == nil {
		return nil
	}
	select {
	case <-f.shown:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// follow reports changes in the folders, and starts what waits for a window.
func (f *folders) follow(changed func()) {
	if f.shown != nil {
		close(f.shown)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	w, err := watch.New(quietFor, changed)
	if err != nil {
		return // they are also scanned when the window comes to the front
	}
	f.watcher = w
	w.Set(f.dirs)
}

// watch sets the watched folders.
func (f *folders) watch(dirs []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dirs = dirs; f.watcher != nil {
		f.watcher.Set(dirs)
	}
}

func (f *folders) close() {
	f.mu.Lock()
	w := f.watcher
	f.watcher = nil
	f.mu.Unlock()
	if w != nil {
		w.Close()
	}
}

// named are the models with a name under the folders, or all of them for "".
func (f *folders) named(roots []string, name string) (out []string) {
	for _, root := range roots {
		f.cache.Models(context.Background(), root, func(found []listing.Card) {
			for _, c := range found {
				if name == "" || strings.EqualFold(c.Name(), name) || strings.EqualFold(filepath.Base(c.Path), name) {
					out = append(out, c.Path)
				}
			}
		})
	}
	return out
}
