package native

import "golang.org/x/sys/windows"

// Pictures is the desktop's pictures folder; "" where there is none.
func Pictures() string {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_Pictures, 0)
	if err != nil {
		return ""
	}
	return dir
}
