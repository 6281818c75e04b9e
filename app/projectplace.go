package app

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"nirvana/app/journal"
	"nirvana/engine/fault"
)

// projectPlace is the project file that the document belongs to: locked, so
// that a second studio on it notices, and known as it was read or written last.
type projectPlace struct {
	path string
	lock *journal.Lock
	size int64
	when time.Time
}

// holdProject gets ready to read or write a project file. It fails where
// another studio has it, or another program has changed it since.
func (s *Studio) holdProject(path string) (projectPlace, error) {
	p := projectPlace{path: path}
	if s.place.path == path && s.place.lock != nil {
		if info, err := s.options.Disk.Stat(path); err == nil && (info.Size() != s.place.size || !info.ModTime().Equal(s.place.when)) {
			return s.place, fault.Changed.Errorf("%s was changed by another program since: save under another name, or open it again", filepath.Base(path))
		}
		return s.place, nil
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		whole = path
	}
	// Beside the project it would be left lying about.
	lock, held, err := journal.TakeLock(filepath.Join(os.TempDir(), lockName(fmt.Sprintf("%.16x", sha256.Sum256([]byte(whole))))))
	switch {
	case err != nil:
		return p, nil // no locks here: saving notices what changed
	case !held:
		return p, fault.Held.Errorf("another studio has %s open: save under another name", filepath.Base(path))
	}
	p.lock = lock
	return p, nil
}

// lockName is what the lock of a project is called among the temporary files.
func lockName(project string) string { return "nirvana-" + project + ".lock" }

// become makes it the document's, as the file is now.
func (p *projectPlace) become(next projectPlace) {
	if p.lock != nil && p.lock != next.lock {
		p.lock.Release()
	}
	*p = next
	if info, err := os.Stat(p.path); err == nil {
		p.size, p.when = info.Size(), info.ModTime()
	}
}
