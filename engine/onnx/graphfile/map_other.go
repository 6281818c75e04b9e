//go:build !unix

package graphfile

import "nirvana/engine/wholefile"

// mapFile reads the file where it cannot be mapped.
func mapFile(path string, _ int64) ([]byte, func() error, error) {
	data, err := wholefile.Read(path)
	return data, func() error { return nil }, err
}
