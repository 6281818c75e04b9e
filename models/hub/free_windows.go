package hub

import (
	"io/fs"

	"golang.org/x/sys/windows"
)

// Free is the free space on a folder's disk, bytes.
func Free(dir string) (uint64, error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(path, &free, nil, nil)
	return free, err
}

// links is how many names a file has; Windows does not report it with the file's information.
func links(fs.FileInfo) uint64 { return 1 }
