package onnx

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"

	"golang.org/x/sync/singleflight"
)

// fingerprints takes files' fingerprints. Networks of one file that are opened at the same time share one: it is read once
// for all of them. Nothing is kept: a file that changes has another fingerprint at the next opening.
type fingerprints struct {
	take  func(path string) ([]byte, error) // in place of fingerprint, for tests; nil
	group singleflight.Group
}

// of is a file's fingerprint.
func (f *fingerprints) of(path string) ([]byte, error) {
	take := f.take
	if take == nil {
		take = fingerprint
	}
	sum, err, _ := f.group.Do(path, func() (any, error) { return take(path) })
	return sum.([]byte), err
}

// fingerprint is a hash of a file's size, time and samples throughout: further training changes every sample, even where a
// copy kept size and time, and gigabytes are not read. Small files are read whole.
func fingerprint(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	to := sha256.New()
	fmt.Fprintln(to, info.Size(), info.ModTime().UnixNano())
	const samples = 128
	buffer := make([]byte, 16<<10)
	sample := int64(len(buffer))
	every := max(sample, (info.Size()-sample)/(samples-1))
	for at := int64(0); at < info.Size(); at += every {
		if err := sampled(to, file, at, buffer); err != nil {
			return nil, err
		}
	}
	err = sampled(to, file, max(0, info.Size()-sample), buffer)
	return to.Sum(nil), err
}

// sampled hashes what lies at a place in a file, as much as fits the buffer.
func sampled(to hash.Hash, file io.ReaderAt, at int64, buffer []byte) error {
	n, err := file.ReadAt(buffer, at)
	to.Write(buffer[:n])
	if err == io.EOF {
		return nil
	}
	return err
}
