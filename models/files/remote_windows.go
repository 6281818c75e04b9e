package files

import (
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// Remote reports whether a file lies on a file system that can go away while the file is mapped: a network's.
func Remote(path string) bool {
	volume := filepath.VolumeName(path)
	if strings.HasPrefix(volume, `\\`) {
		return true
	}
	root, err := windows.UTF16PtrFromString(volume + `\`)
	return err == nil && windows.GetDriveType(root) == windows.DRIVE_REMOTE
}
