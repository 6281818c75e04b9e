package network

import (
	"bytes"
	"errors"
	"os"
	"sync"
)

// page is what a file system leaves out of a file where it holds zeros alone, bytes.
const page = 4096

// sparse writes a file whose pages of zeros take no room on the disk, where the file system can do that. WriteAt is safe
// for concurrent use.
type sparse struct {
	file *os.File
	at   int64 // where Write goes on

	mu  sync.Mutex
	end int64
}

func createSparse(path string) (*sparse, error) {
	file, err := os.Create(path)
	return &sparse{file: file}, err
}

func (s *sparse) Write(data []byte) (n int, err error) {
	n, err = s.WriteAt(data, s.at)
	s.at += int64(n)
	return n, err
}

func (s *sparse) WriteAt(data []byte, at int64) (n int, err error) {
	s.mu.Lock()
	s.end = max(s.end, at+int64(len(data)))
	s.mu.Unlock()
	for n < len(data) {
		zero, run := pages(data[n:], at+int64(n))
		if !zero {
			if _, err := s.file.WriteAt(data[n:n+run], at+int64(n)); err != nil {
				return n, err
			}
		}
		n += run
	}
	return n, nil
}

var zeros [page]byte

// pages is how many bytes of data, which lies at a place in the file, are in pages of zeros alone, or in others.
func pages(data []byte, at int64) (zero bool, run int) {
	for run < len(data) {
		k := min(page-int((at+int64(run))%page), len(data)-run)
		z := bytes.Equal(data[run:run+k], zeros[:k])
		if run > 0 && z != zero {
			break
		}
		zero, run = z, run+k
	}
	return zero, run
}

// Close gives the file its whole length.
func (s *sparse) Close() error { return errors.Join(s.file.Truncate(s.end), s.file.Close()) }
