package app

import (
	"errors"
	"image"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nirvana/app/disk"
	"nirvana/engine/fault"
)

// faulty is a disk on which, from the n-th operation on that can fail, one kind of fault happens.
type faulty struct {
	disk.OS
	mu    sync.Mutex
	after int // operations that succeed; negative: all
	count int
	err   error
	short bool // writes write half before they fail
}

func (f *faulty) strike() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	if f.after >= 0 && f.count > f.after {
		return f.err
	}
	return nil
}

func (f *faulty) Create(folder string, perm fs.FileMode) (disk.File, error) {
	if err := f.strike(); err != nil {
		return nil, &fs.PathError{Op: "open", Path: folder, Err: err}
	}
	file, err := f.OS.Create(folder, perm)
	return &faultyFile{file, f}, err
}

func (f *faulty) Rename(from, to string) error {
	if err := f.strike(); err != nil {
		return &fs.PathError{Op: "rename", Path: to, Err: err}
	}
	return f.OS.Rename(from, to)
}

// from makes operations fail from the n-th from now on; negative: none.
func (f *faulty) from(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.after, f.count = n, 0
}

type faultyFile struct {
	disk.File
	disk *faulty
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.disk.strike(); err != nil {
		n := 0
		if f.disk.short {
			n, _ = f.File.Write(p[:len(p)/2])
		}
		return n, err
	}
	return f.File.Write(p)
}

func (f *faultyFile) Sync() error {
	if err := f.disk.strike(); err != nil {
		return err
	}
	return f.File.Sync()
}

// TestWriteUnderFaults lets every operation of an atomic write fail in turn.
func TestWriteUnderFaults(t *testing.T) {
	for _, err := range []error{syscall.ENOSPC, syscall.EIO, fs.ErrPermission} {
		for after := range 4 {
			folder := t.TempDir()
			path := filepath.Join(folder, "file")
			os.WriteFile(path, []byte("old"), 0o644)
			f := &faulty{after: after, err: err, short: true}
			got := disk.Write(f, path, func(w io.Writer) error { _, err := w.Write([]byte("new contents")); return err })
			data, _ := os.ReadFile(path)
			files, _ := os.ReadDir(folder)
			if !errors.Is(got, err) || string(data) != "old" || len(files) != 1 {
				t.Errorf("%v after %d: %v, the file has %q, %d files", err, after, got, data, len(files))
			}
		}
	}
}

// TestDiskFull fills the disk under a studio: nothing is lost while it goes on, and all is written when there is room.
func TestDiskFull(t *testing.T) {
	home := t.TempDir()
	d := &faulty{after: -1, err: syscall.ENOSPC, short: true}
	c := reopened(t, home, d)
	d.from(0)
	c.Document.Set(noisy(200, 100, 4))
	strokeThrough(c.Document, Brush{Size: 30, Opacity: 1}, [2]float32{10, 10}, [2]float32{150, 80})
	if !c.until(func() bool { return c.Notice != nil }) || !strings.Contains(c.Notice.Advice, "disk is full") || c.Notice.Action != "Try again" {
		t.Fatalf("notice %+v", c.Notice)
	}
	if c.Kept() != KeptLater {
		t.Error("says that changes are kept")
	}
	if err := c.Flush(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("closing would lose changes, and says %v", err)
	}
	if err := c.save(filepath.Join(home, "p.ora")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("saving to a full disk: %v", err)
	}
	c.Undo()
	want := c.digest()
	d.from(-1)
	c.Notice.Do()
	if !c.until(func() bool { return c.Keeper.Quiet() }) || c.Notice != nil || c.Kept() != KeptAlways {
		t.Fatalf("not written though there is room, notice %+v", c.Notice)
	}
	c.Close()
	if c = reopened(t, home, nil); c.digest() != want || c.Notice != nil {
		t.Errorf("what was painted while the disk was full did not come back: %+v", c.Notice)
	}
}

// TestReadOnlyFolder makes the data folder's disk one for reading, as when it is mounted so: it stands for whoever runs
// this, root too. Nothing is lost, what was saved stays whole, and all is written when it may be again.
func TestReadOnlyFolder(t *testing.T) {
	home := t.TempDir()
	d := &faulty{after: -1, err: syscall.EROFS}
	c := reopened(t, home, d)
	c.Document.Set(noisy(120, 80, 9))
	project := filepath.Join(home, "p.ora")
	if err := errors.Join(c.save(project), c.Flush()); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(project)
	d.after, d.count = 0, 0
	c.Document.Set(noisy(200, 100, 4))
	strokeThrough(c.Document, Brush{Size: 30, Opacity: 1}, [2]float32{10, 10}, [2]float32{150, 80})
	if !c.until(func() bool { return c.Notice != nil }) || c.Notice.Action != "Try again" || fault.Of(c.save(project)) != fault.Unwritable {
		t.Fatalf("notice %+v", c.Notice)
	}
	files, _ := filepath.Glob(filepath.Join(home, "*"))
	if after, err := os.ReadFile(project); err != nil || string(after) != string(before) {
		t.Errorf("the project that was there has changed (%v); the folder has %v", err, files)
	}
	if err := c.Flush(); !errors.Is(err, syscall.EROFS) || c.Kept() != KeptLater {
		t.Errorf("closing would lose changes, and says %v", err)
	}
	want := c.digest()
	d.from(-1)
	c.Notice.Do()
	if !c.until(func() bool { return c.Keeper.Quiet() }) || c.Notice != nil {
		t.Fatalf("not written though it may be again, notice %+v", c.Notice)
	}
	c.Close()
	if c = reopened(t, home, nil); c.digest() != want {
		t.Errorf("what was painted meanwhile did not come back: %+v", c.Notice)
	}
}

func greyNoise(w, h int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i, v := range noisy(w, h, 8).Pix {
		m.Pix[i/4] ^= v
	}
	return m
}

func reopened(t *testing.T, home string, d disk.System) *child {
	t.Helper()
	c := &child{posted: make(chan func(), 100000)}
	s, err := New(Options{Home: home, Disk: d, Post: func(f func()) { c.posted <- f }, Load: tiny(0), Models: []ModelInfo{{Name: "tiny", Dir: "tiny"}}})
	if err != nil {
		t.Fatal(err)
	}
	c.Studio = s
	t.Cleanup(func() { s.Close() })
	return c
}

// TestFullDatabase lets the store itself run out of room.
func TestFullDatabase(t *testing.T) {
	c := studioAt(t, t.TempDir())
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := c.Keeper.Current().Limit(8); err != nil {
		t.Fatal(err)
	}
	c.Document.Set(noisy(600, 600, 5))
	c.Document.SetMask("noise", greyNoise(600, 600))
	if !c.until(func() bool { return c.Notice != nil }) || !strings.Contains(c.Notice.Advice, "disk is full") {
		t.Fatalf("notice %+v", c.Notice)
	}
	c.Keeper.Current().Limit(0)
	c.Notice.Do()
	if !c.until(func() bool { return c.Keeper.Quiet() }) {
		t.Error("not written though there is room again")
	}
}

// TestFolderVanishes takes the whole data folder away, as a network does, and later gives it back.
func TestFolderVanishes(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	c := studioAt(t, home)
	c.Document.Set(noisy(300, 200, 6))
	c.Set(func(s *Settings) { s.Prompt = "before" })
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(home, home+".away"); err != nil {
		t.Skip("open folders cannot be moved here:", err)
	}
	os.WriteFile(home, nil, 0o644) // so that it cannot be made again
	strokeThrough(c.Document, Brush{Size: 30, Opacity: 1}, [2]float32{10, 10}, [2]float32{150, 80})
	c.Set(func(s *Settings) { s.Prompt = "while it was away" })
	if !c.until(func() bool { return c.Notice != nil }) || c.Notice.Action != "Try again" {
		t.Fatalf("notice %+v", c.Notice)
	}
	os.Remove(home)
	os.Rename(home+".away", home)
	c.Notice.Do()
	if !c.until(func() bool { return c.Keeper.Quiet() }) {
		t.Fatalf("not written though the folder is back: %+v", c.Notice)
	}
	want := c.digest()
	c.Close()
	if c = studioAt(t, home); c.digest() != want || c.Settings.Prompt != "while it was away" {
		t.Errorf("prompt %q came back", c.Settings.Prompt)
	}
}

// TestUnusableHome starts in a folder that cannot be: everything works, in memory, and says so.
func TestUnusableHome(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o644)
	c := studioAt(t, filepath.Join(file, "inside"))
	if c.Notice == nil || c.Notice.Action != "Try again" {
		t.Fatalf("notice %+v", c.Notice)
	}
	c.Document.Set(noisy(64, 64, 1))
	os.Remove(file)
	c.Notice.Do()
	if err := c.Flush(); err != nil || c.Keeper == nil {
		t.Fatal("the folder can be used now", err, c.Notice)
	}
	want, home := c.digest(), c.options.Home
	c.Close()
	if c = studioAt(t, home); c.digest() != want {
		t.Error("what was made in memory did not come back")
	}
}

func TestTwoStudios(t *testing.T) {
	home := t.TempDir()
	a := studioAt(t, home)
	a.Document.Set(noisy(100, 100, 2))
	a.Flush()
	b := studioAt(t, home)
	if b.Notice == nil || a.digest() != b.digest() || b.Kept() != KeptNever {
		t.Fatalf("notice %+v", b.Notice)
	}
	b.Set(func(s *Settings) { s.Prompt = "of the second" })
	b.loop(300 * time.Millisecond)
	b.Close()
	a.Set(func(s *Settings) { s.Prompt = "of the first" })
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if c := studioAt(t, home); c.Settings.Prompt != "of the first" || c.Notice != nil {
		t.Errorf("prompt %q, notice %+v", c.Settings.Prompt, c.Notice)
	}
}

// A journal that is no database any more is moved aside, not thrown away.
func TestDamagedJournal(t *testing.T) {
	home := t.TempDir()
	c := studioAt(t, home)
	c.Document.Set(noisy(64, 64, 1))
	c.Close()
	path := filepath.Join(home, "journal.db")
	data, _ := os.ReadFile(path)
	for i := range data {
		data[i] ^= 0x5a
	}
	os.WriteFile(path, data, 0o644)
	os.Remove(path + "-wal")
	c = studioAt(t, home)
	if c.Notice == nil || c.Document.Picture != nil {
		t.Errorf("notice %+v", c.Notice)
	}
	if kept, _ := filepath.Glob(path + ".damaged-*"); len(kept) == 0 {
		t.Error("the damaged journal is gone")
	}
	c.Document.Set(noisy(32, 32, 1))
	if err := c.Flush(); err != nil {
		t.Error(err)
	}
	if blobs, _ := filepath.Glob(filepath.Join(home, "state", "*")); len(blobs) < 2 {
		t.Error("the pictures of the damaged journal were removed")
	}
}

// Pictures that someone removes from the data folder are written again.
func TestPictureDeletedUnderUs(t *testing.T) {
	home := t.TempDir()
	c := studioAt(t, home)
	c.Document.Set(noisy(64, 64, 1))
	c.Flush()
	blobs, _ := filepath.Glob(filepath.Join(home, "state", "*"))
	for _, b := range blobs {
		os.Remove(b)
	}
	c.Document.SetFrame(c.Document.Frame.Add(c.Document.Frame.Size()))
	want := c.digest()
	c.Close()
	if c = studioAt(t, home); c.digest() != want {
		t.Errorf("did not come back: %+v", c.Notice)
	}
}

// A finished picture that the history cannot take waits, and is stored when there is room.
func TestHistoryFull(t *testing.T) {
	home := t.TempDir()
	c := studioAt(t, home)
	pictures := filepath.Join(home, "pictures")
	if err := errors.Join(os.RemoveAll(pictures), os.WriteFile(pictures, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	c.Set(func(s *Settings) { s.Steps = 2 })
	c.Generate()
	if !c.until(func() bool { return c.Notice != nil }) || c.Notice.Action != "Try again" {
		t.Fatalf("notice %+v", c.Notice)
	}
	if err := errors.Join(os.Remove(pictures), os.Mkdir(pictures, 0o755)); err != nil {
		t.Fatal(err)
	}
	c.Notice.Do()
	if !c.until(func() bool { return len(c.Tray.Candidates) == 1 && c.Tray.Candidates[0].Stored > 0 }) || c.Notice != nil {
		t.Errorf("not stored though there is room: %+v", c.Notice)
	}
}
