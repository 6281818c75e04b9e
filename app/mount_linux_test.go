package app

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"nirvana/engine/fault"
)

// TestReadOnlyMount starts on a disk that is mounted for reading, for real: where mounting is allowed. The studio works in
// memory and says so, saving there is refused with what to do, and when the disk may be written it is taken up.
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
	if err := c.Flush(); err != nil || c.keeper == nil {
		t.Fatal("the disk can be written now", err, c.Notice)
	}
	want := c.digest()
	c.Close()

	// what is there is safe while the disk is for reading again
	if err := mount(syscall.MS_REMOUNT | syscall.MS_RDONLY); err != nil {
		t.Fatal(err)
	}
	c = studioAt(t, home)
	t.Logf("%+v %v", c.Notice, c.digest() == want)
	if c.Notice == nil || c.Kept() == KeptAlways {
		t.Errorf("notice %+v", c.Notice)
	}
	c.Close()
	if err := mount(syscall.MS_REMOUNT); err != nil {
		t.Fatal(err)
	}
	if c = studioAt(t, home); c.digest() != want {
		t.Errorf("what was there has changed: %+v", c.Notice)
	}
	c.Close()
	if _, err := os.Stat(filepath.Join(home, "journal.db")); err != nil {
		t.Error(err)
	}
}
