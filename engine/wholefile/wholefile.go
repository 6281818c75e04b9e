// Package wholefile writes files whole or not at all: into a new file in the same folder, synced, then renamed. Where
// the system can make a file without a name (Linux, O_TMPFILE), a program that is killed meanwhile leaves nothing
// behind; elsewhere the file's name holds the process that was writing it, and Sweep removes it. Start with Write.
package wholefile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// Permissions of a new file: Private is for the program's own data; Shared follows the user's umask.
const (
	Private fs.FileMode = 0o600
	Shared  fs.FileMode = 0o666
)

// Prefix is how the names of files being written begin. The process id follows.
const Prefix = ".nirvana-"

var writing = regexp.MustCompile(`^\.nirvana-(\d+)-[A-Z2-7]+$`)

// File is a new file being written. Close without Link removes it.
type File struct {
	*os.File
	folder string
	name   string // "": none yet
	linked bool
}

// Create makes a file in a folder.
func Create(folder string, perm fs.FileMode) (*File, error) {
	if f, err := unnamed(folder, perm); err == nil {
		return &File{File: f, folder: folder}, nil
	}
	Sweep(folder)
	name := newName(folder)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, perm)
	if err != nil {
		return nil, err
	}
	return &File{File: f, folder: folder, name: name}, nil
}

func newName(folder string) string {
	return filepath.Join(folder, fmt.Sprintf("%s%d-%s", Prefix, os.Getpid(), rand.Text()))
}

// Link gives the file a name in its folder, to be renamed.
func (f *File) Link() (string, error) {
	if f.name == "" {
		name := newName(f.folder)
		if err := link(f.File, name); err != nil {
			return "", err
		}
		f.name = name
	}
	f.linked = true
	return f.name, nil
}

// Close closes the file, and removes it where it was not linked.
func (f *File) Close() error {
	err := f.File.Close()
	if !f.linked && f.name != "" {
		err = errors.Join(err, os.Remove(f.name))
	}
	return err
}

// Write replaces a file atomically; until then an existing one stays as it was. A Shared one keeps its permissions.
func Write(path string, perm fs.FileMode, contents func(io.Writer) error) error {
	f, err := Create(filepath.Dir(path), perm)
	if err != nil {
		return err
	}
	if old, err := os.Stat(path); err == nil && perm == Shared && old.Mode().IsRegular() {
		f.Chmod(old.Mode().Perm()) // without it the file has a new one's permissions
	}
	name := ""
	err = contents(f)
	for _, next := range []func() error{f.Sync, func() (err error) { name, err = f.Link(); return err }} {
		if err == nil {
			err = next()
		}
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(name, path)
	}
	if err != nil && name != "" {
		os.Remove(name)
	}
	return err
}

// Sweep removes what programs that have ended left unfinished in a folder.
func Sweep(folder string) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, f := range files {
		if m := writing.FindStringSubmatch(f.Name()); m != nil && !running(m[1]) {
			os.Remove(filepath.Join(folder, f.Name()))
		}
	}
}

var temporary = regexp.MustCompile(`^nirvana-[a-z]+-(\d+)-`)

// TemporaryFolder makes a folder in the system's temporary folder. what, in small letters, becomes part of its name.
func TemporaryFolder(what string) (string, error) {
	return os.MkdirTemp("", fmt.Sprintf("nirvana-%s-%d-*", what, os.Getpid()))
}

// SweepTemporary removes the temporary folders of programs that have ended.
func SweepTemporary() {
	files, err := os.ReadDir(os.TempDir())
	if err != nil {
		return
	}
	for _, f := range files {
		if m := temporary.FindStringSubmatch(f.Name()); m != nil && f.IsDir() && !running(m[1]) {
			os.RemoveAll(filepath.Join(os.TempDir(), f.Name())) // another user's stays: the system refuses
		}
	}
}

// running reports whether a process with this id exists.
func running(number string) bool {
	pid, err := strconv.Atoi(number)
	return err == nil && pid > 0 && (pid == os.Getpid() || alive(pid))
}

// Open opens a regular file for reading. Anything else is refused before it is opened: a pipe would wait for its
// writer, and a device may never end.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errNotRegular}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err = file.Stat(); err == nil && !info.Mode().IsRegular() { // replaced meanwhile
		err = &fs.PathError{Op: "open", Path: path, Err: errNotRegular}
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

var errNotRegular = errors.New("it is not a file but a folder, a pipe or a device")

// Read reads a regular file whole.
func Read(path string) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// ReadMost reads a regular file of at most most bytes.
func ReadMost(path string, most int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("it has more than the %d bytes that such a file may have", most)}
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}
