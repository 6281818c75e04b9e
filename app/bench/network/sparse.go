package network

import (
	"bytes"
	"errors"
	"os"
)

// page is what a file system leaves out of a file where it holds zeros alone, bytes.
const page = 4096

// sparse writes a file whose pages of zeros take no room on the disk, where the file system can do that.
type sparse struct {
	file *os.File
	at   int64
	page []byte // what is not yet a whole page
}

func createSparse(path string) (*sparse, error) {
	file, err := os.Create(path)
	return &sparse{file: file}, err
}

func (s *sparse) Write(data []byte) (n int, err error) {
	for n < len(data) {
		k := min(page-len(s.page), len(data)-n)
		s.page = append(s.page, data[n:n+k]...)
		n += k
		if len(s.page) == page {
			if err := s.flush(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

var zeros [page]byte

func (s *sparse) flush() (err error) {
	if !bytes.Equal(s.page, zeros[:len(s.page)]) {
		_, err = s.file.WriteAt(s.page, s.at)
	}
	s.at += int64(len(s.page))
	s.page = s.page[:0]
	return err
}

// Close writes what is left.
func (s *sparse) Close() error {
	return errors.Join(s.flush(), s.file.Truncate(s.at), s.file.Close())
}
