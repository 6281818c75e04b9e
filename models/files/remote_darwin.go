package files

import "golang.org/x/sys/unix"

// Remote reports whether a file lies on a file system that can go away while the file is mapped: a network's.
func Remote(path string) bool {
	var s unix.Statfs_t
	return unix.Statfs(path, &s) == nil && s.Flags&unix.MNT_LOCAL == 0
}
