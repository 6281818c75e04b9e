//go:build unix

package wholefile

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// What is no regular file is refused before it is opened; what is longer than it may be is not read.
func TestRegularFilesOnly(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(pipe, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, link, os.DevNull, "/dev/zero", dir} {
		done := make(chan error, 3)
		go func() {
			_, err := Open(path)
			done <- err
			_, err = Read(path)
			done <- err
			_, err = ReadMost(path, 10)
			done <- err
		}()
		for range cap(done) {
			select {
			case err := <-done:
				if err == nil {
					t.Errorf("%s passes for a file", path)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("%s: waits", path)
			}
		}
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := ReadMost(file, 10); err != nil || len(data) != 10 {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := ReadMost(file, 9); err == nil {
		t.Error("a file over the limit is read")
	}
}
