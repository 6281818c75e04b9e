package journal

import (
	"errors"
	"io/fs"

	"github.com/gofrs/flock"
)

// lock is held by the one studio that writes. The system lets go of it when
// the program ends, however it ends.
type lock struct{ file *flock.Flock }

// take says whether the lock is ours now. On file systems that know no locks
// everyone has it: a studio there must not be refused.
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
type Lock struct{ lock }

// TakeLock takes the lock that lies at a path.
func TakeLock(path string) (*Lock, bool, error) {
	l := &Lock{}
	held, err := l.take(path)
	return l, held, err
}

// Release lets go of it.
func (l *Lock) Release() { l.release() }
