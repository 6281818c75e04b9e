package native

import "golang.org/x/sys/windows"

// Pictures is the folder that the artist's desktop keeps pictures in; "" where there is none.
func Pictures() string {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_Pictures, 0)
	if err != nil {
		return ""
	}
	return dir
}
