package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"nirvana/models/runtime"
)

// extract extracts files from a gzipped tarball into folder. A file gets its name only after its checksum was
// verified, so folder never holds half a library.
func extract(tarball, folder string, files []runtime.File) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	archive, err := os.Open(tarball)
	if err != nil {
		return err
	}
	defer archive.Close()
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		return fmt.Errorf("%s: %w", tarball, err)
	}
	wanted := map[string]runtime.File{}
	for _, file := range files {
		wanted[file.Member] = file
	}
	members := tar.NewReader(unzipped)
	for len(wanted) > 0 {
		header, err := members.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", tarball, err)
		}
		file, ok := wanted[header.Name]
		if !ok {
			continue
		}
		if err := keep(members, folder, file); err != nil {
			return fmt.Errorf("%s: %s: %w", tarball, file.Member, err)
		}
		delete(wanted, header.Name)
	}
	for member := range wanted {
		return fmt.Errorf("%s: holds no %s", tarball, member)
	}
	return nil
}

func keep(contents io.Reader, folder string, file runtime.File) error {
	temporary, err := os.CreateTemp(folder, file.Name+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(temporary, hash), io.LimitReader(contents, file.Size+1))
	if err := errors.Join(err, temporary.Chmod(0o755), temporary.Close()); err != nil {
		return err
	}
	if sum := hex.EncodeToString(hash.Sum(nil)); sum != file.SHA256 {
		return fmt.Errorf("SHA-256 is %s, expected %s", sum, file.SHA256)
	}
	return os.Rename(temporary.Name(), filepath.Join(folder, file.Name))
}
