package keep

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"nirvana/app/disk"
	"nirvana/app/journal"
	"nirvana/engine/fault"
)

// Place is the document's project file: locked against a second studio, and with its last known state.
type Place struct {
	path string
	lock *journal.Lock
	size int64
	when time.Time
}

// HoldPlace prepares reading or writing a project file. now is the document's place. It fails if another studio uses it,
// or another program has changed it since.
func HoldPlace(sys disk.System, path string, now Place) (Place, error) {
	p := Place{path: path}
	if now.path == path && now.lock != nil {
		if info, err := sys.Stat(path); err == nil && (info.Size() != now.size || !info.ModTime().Equal(now.when)) {
			return now, fault.Changed.Errorf("%s was changed by another program since: save under another name, or open it again", filepath.Base(path))
		}
		return now, nil
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		whole = path
	}
	// Beside the project it would be left lying about.
	lock, held, err := journal.TakeLock(filepath.Join(os.TempDir(), LockName(fmt.Sprintf("%.16x", sha256.Sum256([]byte(whole))))))
	switch {
	case err != nil:
		return p, nil // no locks here: saving notices what changed
	case !held:
		return p, fault.Held.Errorf("another studio has %s open: save under another name", filepath.Base(path))
	}
	p.lock = lock
	return p, nil
}

// LockName is the name of a project's lock among the temporary files.
func LockName(project string) string { return "nirvana-" + project + ".lock" }

// Become makes it the document's, with the file's current state.
func (p *Place) Become(next Place) {
	if p.lock != nil && p.lock != next.lock {
		p.lock.Release()
	}
	*p = next
	if info, err := os.Stat(p.path); err == nil {
		p.size, p.when = info.Size(), info.ModTime()
	}
}
