package app

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"nirvana/engine/fault"
)

// TestReadOnlyMount starts on a disk that is mounted for reading, for real: where mounting is allowed. The studio shows
// what is there and says that nothing is kept, saving there is refused with what to do, and when the disk may be written
// it is taken up.
func TestReadOnlyMount(t *testing.T) {
	disk := t.TempDir()
	mount := func(flags uintptr) error { return syscall.Mount("tmpfs", disk, "tmpfs", flags, "size=32m") }
	if err := mount(0); err != nil {
		t.Skip("nothing can be mounted here:", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	home := filepath.Join(disk, "home")
	if err := mount(syscall.MS_REMOUNT | syscall.MS_RDONLY); err != nil {
		t.Fatal(err)
	}
	c := studioAt(t, home)
	if c.Notice == nil || c.Notice.Action != "Try again" || c.Kept() == KeptAlways {
		t.Fatalf("notice %+v", c.Notice)
	}
	c.Document.Set(noisy(64, 64, 1))
	if err := c.save(filepath.Join(disk, "p.ora")); fault.Of(err) != fault.Unwritable {
		t.Errorf("saving there: %v", err)
	}
	if err := mount(syscall.MS_REMOUNT); err != nil {
		t.Fatal(err)
	}
	c.Notice.Do()
	if err := c.Flush(); err != nil || c.Keeper == nil {
		t.Fatal("the disk can be written now", err, c.Notice)
	}
	c.Set(func(s *Settings) { s.Steps = 2 })
	c.Generate()
	if !c.until(func() bool { return len(c.Tray.Candidates) == 1 && c.Tray.Candidates[0].Stored > 0 }) {
		t.Fatalf("no picture was stored: %+v", c.Notice)
	}
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	want := c.digest()
	// the log is left as a crash leaves it
	left := filepath.Join(t.TempDir(), "left")
	if err := os.CopyFS(left, os.DirFS(home)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if err := errors.Join(os.RemoveAll(home), os.CopyFS(home, os.DirFS(left))); err != nil {
		t.Fatal(err)
	}
	if log, err := os.Stat(filepath.Join(home, "journal.db-wal")); err != nil || log.Size() == 0 {
		t.Fatal("the log is empty, and proves nothing", err)
	}

	// what is there is shown, and safe, while the disk is for reading again
	if err := mount(syscall.MS_REMOUNT | syscall.MS_RDONLY); err != nil {
		t.Fatal(err)
	}
	c = studioAt(t, home)
	if c.Notice == nil || c.Notice.Action != "Try again" || c.Kept() != KeptNever {
		t.Errorf("notice %+v", c.Notice)
	}
	if c.digest() != want {
		t.Errorf("what is there is not shown: %+v", c.Notice)
	}
	entries, err := c.History.List("", 0, 10)
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
	if img, err := c.History.Picture(entries[0]); err != nil || img.Rect.Empty() {
		t.Error("the history's picture cannot be seen:", err)
	}
	if err := c.History.Star(entries[0].ID, true); err == nil {
		t.Error("a star was set that nobody keeps")
	}
	c.Close()
	if err := mount(syscall.MS_REMOUNT); err != nil {
		t.Fatal(err)
	}
	if c = studioAt(t, home); c.digest() != want {
		t.Errorf("what was there has changed: %+v", c.Notice)
	}
	c.Close()

	// what is made meanwhile is written when the disk may be written
	mount(syscall.MS_REMOUNT | syscall.MS_RDONLY)
	c = studioAt(t, home)
	try := c.Notice.Do
	c.Set(func(s *Settings) { s.Prompt, s.Seed = "meanwhile", 7 })
	c.Generate()
	if !c.until(func() bool { return c.Waiting() == 1 }) {
		t.Fatalf("the new picture does not wait: %+v", c.Notice)
	}
	mount(syscall.MS_REMOUNT)
	try()
	if !c.until(func() bool { return c.Waiting() == 0 && c.Keeper.Quiet() }) || c.Kept() != KeptAlways {
		t.Fatalf("not taken up: %+v", c.Notice)
	}
	want = c.digest()
	c.Close()
	if c = studioAt(t, home); c.digest() != want || c.Settings.Prompt != "meanwhile" {
		t.Errorf("what was made meanwhile did not come back: %+v", c.Notice)
	}
	if n, err := c.History.Count(""); n != 2 || err != nil {
		t.Error(n, "pictures in the history", err)
	}
	c.Close()

	// but never over what another studio made of it
	mount(syscall.MS_REMOUNT | syscall.MS_RDONLY)
	c = studioAt(t, home)
	mount(syscall.MS_REMOUNT)
	other := studioAt(t, home)
	other.Set(func(s *Settings) { s.Prompt = "another's" })
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	c.Notice.Do()
	if c.Notice == nil || c.Kept() != KeptNever {
		t.Errorf("written over another studio's: %+v", c.Notice)
	}
	c.Close()
	if _, err := os.Stat(filepath.Join(home, "journal.db")); err != nil {
		t.Error(err)
	}
}
