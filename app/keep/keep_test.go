package keep

import (
	"encoding/json"
	"errors"
	"image"
	"io/fs"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"nirvana/app/disk"
	"nirvana/app/document"
	"nirvana/app/journal"
	"nirvana/app/project"
	"nirvana/app/settings"
	"nirvana/engine/fault"
)

// failing is a disk on which nothing can be made while it is full.
type failing struct {
	disk.OS
	full atomic.Bool
}

func (d *failing) Create(folder string, perm fs.FileMode) (disk.File, error) {
	if d.full.Load() {
		return nil, errors.New("no space left")
	}
	return d.OS.Create(folder, perm)
}

func keeper(t *testing.T, sys disk.System, home string) (*Keeper, chan error) {
	t.Helper()
	told := make(chan error, 100)
	k := New(sys, home, func(err error) { told <- err }, func(What) {})
	j, err := journal.Open(sys, home)
	if err != nil {
		t.Fatal(err)
	}
	k.Take(j, false)
	return k, told
}

func paper(seed uint8) *document.Document {
	d := document.New(image.Rect(0, 0, 64, 64), document.Hooks{Changed: func(document.Change) {}, Together: func() func() { return func() {} },
		Inked: func() {}, Shifted: func(image.Point) {}, Multiple: func() int { return 8 }, Only: func() image.Point { return image.Point{} }})
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = seed | 255*uint8(i%4/3)
	}
	d.Set(img)
	return d
}

func all(int64, int) bool { return true }

func prompt(t *testing.T, j *journal.Journal) string {
	t.Helper()
	data, err := j.Record("settings")
	var s settings.Settings
	if err == nil && data != nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.Prompt
}

func until(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come")
		}
	}
}

// Of several states the newest is written, with the parts that an earlier one had to write; nothing while it is held.
func TestNewestIsWritten(t *testing.T) {
	k, _ := keeper(t, disk.OS{}, t.TempDir())
	d := paper(9)
	k.Hold()
	k.Put(Snapshot{What: Document, Document: d.Snapshot(all), Settings: settings.Settings{Prompt: "not asked for"}})
	k.Put(Snapshot{What: Settings, Document: d.Snapshot(all), Settings: settings.Settings{Prompt: "newest"}})
	time.Sleep(3 * FlushAfter)
	if data, _ := k.Current().Record("settings"); data != nil || k.Quiet() {
		t.Fatal("it was written while it was held")
	}
	k.Release()
	until(t, k.Quiet)
	if got := prompt(t, k.Current()); got != "newest" {
		t.Errorf("%q is written", got)
	}
	var saved document.Saved
	if data, err := k.Current().Record("document"); err != nil || json.Unmarshal(data, &saved) != nil || saved.Picture == "" {
		t.Errorf("%v, the document is not written: %+v", err, saved)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
}

// What an undo step's record has is known, and not written again.
func TestStepsAreWrittenOnce(t *testing.T) {
	k, _ := keeper(t, disk.OS{}, t.TempDir())
	defer k.Close()
	d := paper(1)
	d.Rectangle(image.Rect(8, 8, 16, 16), document.Add)
	s := d.Snapshot(func(id int64, version int) bool { return !k.Has(id, version) })
	k.Put(Snapshot{What: Document, Document: s})
	until(t, k.Quiet)
	if len(s.Versions) != 2 {
		t.Fatalf("%d steps", len(s.Versions))
	}
	for id, version := range s.Versions {
		if !k.Has(id, version) || k.Has(id, version+1) {
			t.Errorf("step %d, version %d", id, version)
		}
	}
}

// While the disk is full that is told at each attempt; the newest state stays and is written when there is room again.
func TestFullDisk(t *testing.T) {
	sys := &failing{}
	k, told := keeper(t, sys, t.TempDir())
	defer k.Close()
	sys.full.Store(true)
	img := image.NewRGBA(image.Rect(0, 0, 2048, 2048)) // a blob of its own file
	for i := range img.Pix {
		img.Pix[i] = uint8(i * i >> 7)
	}
	d := paper(3)
	d.Set(img)
	k.Put(Snapshot{What: Document | Settings, Document: d.Snapshot(all), Settings: settings.Settings{Prompt: "kept"}})
	select {
	case err := <-told:
		if err == nil {
			t.Fatal("a full disk is not told of")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nothing is told")
	}
	if k.Quiet() {
		t.Error("it says that all is written")
	}
	sys.full.Store(false)
	until(t, func() bool {
		k.Retry(false)
		return k.Quiet()
	})
	if got := prompt(t, k.Current()); got != "kept" {
		t.Errorf("%q is written", got)
	}
	until(t, func() bool {
		select {
		case err := <-told:
			return err == nil
		default:
			return false
		}
	})
}

// finished is a history without files.
type finished struct{}

func (finished) Files([]int64) []string { return nil }

// A project holds what was on the canvas, and nothing that belongs to the artist's machine; one of a newer program is refused.
func TestProject(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ora")
	d := paper(7)
	set := settings.Default()
	set.Prompt, set.Folder, set.Theme = "a heart", "/home/artist", "light"
	state := Snapshot{Settings: set, Document: d.Snapshot(all)}
	state.Tray.Saved.Selected = -1
	if err := WriteProject(disk.OS{}, path, state, Shown{Picture: d.Picture}, "1.2", finished{}); err != nil {
		t.Fatal(err)
	}
	f, err := project.Read(disk.OS{}, path)
	if err != nil {
		t.Fatal(err)
	}
	saved, err := OwnPart(path, f)
	if err != nil || saved.Settings.Prompt != "a heart" || saved.Settings.Folder != "" || saved.Settings.Theme != "" || saved.Software != "Nirvana 1.2" {
		t.Fatalf("%v, %+v", err, saved)
	}
	picture, _, err := saved.Document.Drawn(journal.Entries{Files: f.Entries})
	if err != nil || picture.RGBAAt(5, 5) != d.Picture.RGBAAt(5, 5) {
		t.Errorf("%v: another picture", err)
	}
	if stack, painted := PaintedElsewhere(f, *saved, picture); stack != nil || painted != nil {
		t.Error("it counts as painted on by another program")
	}
	saved.Version = ProjectVersion + 1
	f.Entries["project.json"], _ = json.Marshal(saved)
	if _, err := OwnPart(path, f); !errors.Is(err, ErrNewer) {
		t.Error(err)
	}
	f.Entries["project.json"] = []byte(`{"Version": 1, "Tray": 7}`)
	if _, err := OwnPart(path, f); fault.Of(err) != fault.Project {
		t.Error(err)
	}
	delete(f.Entries, "project.json")
	if own, err := OwnPart(path, f); own != nil || err != nil {
		t.Errorf("%v, %v of another program's file", own, err)
	}
	in, err := ImportLayers(path, f)
	if err != nil || in.Picture.RGBAAt(5, 5) != d.Picture.RGBAAt(5, 5) {
		t.Errorf("%v: imported it is another picture", err)
	}
}

// A project belongs to one studio, and one that another program has changed is not written over.
func TestPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ora")
	state := Snapshot{Document: paper(7).Snapshot(all)}
	state.Tray.Saved.Selected = -1
	write := func(version string) {
		t.Helper()
		if err := WriteProject(disk.OS{}, path, state, Shown{Picture: state.Document.Picture}, version, finished{}); err != nil {
			t.Fatal(err)
		}
	}
	write("1")
	var mine Place
	p, err := HoldPlace(disk.OS{}, path, mine)
	if err != nil {
		t.Fatal(err)
	}
	mine.Become(p)
	if _, err := HoldPlace(disk.OS{}, path, Place{}); fault.Of(err) != fault.Held {
		t.Errorf("another studio may have it: %v", err)
	}
	if _, err := HoldPlace(disk.OS{}, path, mine); err != nil {
		t.Errorf("it is not ours any more: %v", err)
	}
	write("a longer name of the version")
	if _, err := HoldPlace(disk.OS{}, path, mine); fault.Of(err) != fault.Changed {
		t.Errorf("another program's work is written over: %v", err)
	}
	mine.Become(Place{})
	if p, err = HoldPlace(disk.OS{}, path, Place{}); err != nil {
		t.Errorf("a place that was left is held: %v", err)
	}
	mine.Become(p)
	mine.Become(Place{})
}
