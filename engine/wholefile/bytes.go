package wholefile

import (
	"io/fs"
	"path/filepath"
)

// Bytes is the size of a file, or of all files in a folder; what cannot be read does not count.
func Bytes(path string) (n int64) {
	filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}
