//go:build unix

package graphfile

import (
	"os"
	"syscall"

	"nirvana/engine/wholefile"
)

// mapFile maps a file without reading it.
func mapFile(path string, size int64) ([]byte, func() error, error) {
	f, err := wholefile.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	data, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return nil, nil, &os.PathError{Op: "map", Path: path, Err: err}
	}
	return data, func() error { return syscall.Munmap(data) }, nil
}
