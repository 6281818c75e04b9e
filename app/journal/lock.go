package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lock is held by the one studio that writes. The system releases it when the program ends in any way.
type lock struct{ file *flock.Flock }

// take reports whether the lock was acquired. On file systems without locks it always is, so that a studio can be used
// there.
func (l *lock) take(path string) (bool, error) {
	f := flock.New(path)
	held, err := f.TryLock()
	if err != nil {
		f.Close()
		if unsupported(err) {
			return true, nil
		}
		return false, err
	}
	if held {
		l.file = f
		return true, nil
	}
	return false, f.Close()
}

func (l *lock) release() {
	if l.file != nil {
		l.file.Unlock()
		l.file = nil
	}
}

func unsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrPermission)
}

// Lock holds a file's lock for one program; false while another has it.
type Lock struct {
	lock
	path string
}

// TakeLock acquires the lock file at a path.
func TakeLock(path string) (*Lock, bool, error) {
	l := &Lock{path: path}
	for range 3 {
		held, err := l.take(path)
		if err != nil || !held || l.there() {
			return l, held, err
		}
		l.release() // its holder removed the file between our opening and locking it
	}
	return l, false, nil
}

// there reports whether the locked file is still the one at the path.
func (l *Lock) there() bool {
	if l.file == nil {
		return true // a file system without locks
	}
	now, err := os.Stat(l.path)
	mine, err2 := l.file.Stat()
	return err == nil && err2 == nil && os.SameFile(now, mine)
}

// Release drops it and removes the file.
func (l *Lock) Release() {
	if l.file == nil {
		return
	}
	if l.there() {
		os.Remove(l.path) // before the release: afterwards it may be another's
	}
	l.release()
}

// SweepLocks removes the lock files of a pattern that nobody holds: programs that were killed left them.
func SweepLocks(pattern string) {
	files, _ := filepath.Glob(pattern)
	for _, path := range files {
		if l, held, err := TakeLock(path); err == nil && held {
			l.Release()
		}
	}
}
