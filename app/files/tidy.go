package files

import (
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"nirvana/app/disk"
	"nirvana/app/history"
	"nirvana/app/journal"
	"nirvana/app/keep"
	"nirvana/engine/wholefile"
)

// kept are the parts of the data folder that the studio writes, as patterns. Other files there are the artist's.
var kept = []string{"journal.db*", history.IndexFile + "*", "lock", "state", "pictures", "steps", "earlier", "trash", "models", "cache"}

// Tidy makes the studio's files in a data folder private, which earlier versions did not, and removes the temporary
// files of programs that were killed, there, in the folder exports, and in the system's temporary folder. It also
// removes old earlier work, except the path taken, which is being opened.
func Tidy(sys disk.System, home, exports, taken string, now time.Time) {
	os.Chmod(home, 0o700)
	for _, pattern := range kept {
		found, _ := filepath.Glob(filepath.Join(escaped(home), pattern))
		for _, path := range found {
			private(path)
		}
	}
	for _, folder := range []string{home, filepath.Join(home, "pictures"), filepath.Join(home, "steps"), EarlierFolder(home), exports} {
		if folder != "" {
			wholefile.Sweep(folder)
		}
	}
	wholefile.SweepTemporary()
	dropOldEarlier(sys, home, now, taken)
	journal.SweepLocks(filepath.Join(escaped(os.TempDir()), keep.LockName("*")))
}

// private removes other users' permissions from a file, or a folder and everything in it.
func private(path string) {
	filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() && !d.Type().IsRegular() {
			return nil // links are the artist's own
		}
		if info, err := d.Info(); err == nil && info.Mode().Perm()&0o077 != 0 {
			os.Chmod(path, info.Mode().Perm()&0o700)
		}
		return nil
	})
}

// escaped escapes a path for use in a pattern.
func escaped(path string) string {
	var out []rune
	for _, r := range path {
		if (r == '*' || r == '?' || r == '[' || r == '\\') && filepath.Separator == '/' {
			out = append(out, '\\')
		}
		out = append(out, r)
	}
	return string(out)
}
