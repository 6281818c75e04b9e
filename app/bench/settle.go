package bench

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// settle makes an arm's turn independent of what ran before it: what others wrote is on the disk, and the arm's files are in
// memory. Systems take back the pages of files that nobody used while another arm ran, some of them within a minute:
// without this a turn would pay for that.
func (a Arm) settle() error {
	flush()
	for _, path := range a.Reads {
		if err := readAll(path); err != nil {
			return err
		}
	}
	return nil
}

// readAll reads a file, or all files under a folder; one that is not there yet is no error.
func readAll(path string) error {
	err := filepath.WalkDir(path, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, file)
		return errors.Join(err, file.Close())
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
