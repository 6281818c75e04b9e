package files

import (
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nirvana/app/disk"
	"nirvana/app/history"
	"nirvana/app/keep"
	"nirvana/app/project"
	"nirvana/engine/fault"
	"nirvana/engine/memory"
	"nirvana/engine/wholefile"
)

// Earlier is unsaved work that was on the canvas when another document replaced it. It is stored as a project in the
// folder "earlier" of the data folder, with its undo steps.
type Earlier struct {
	Path string
	Name string // of its project or picture, or from its prompt
	When time.Time
}

// earlierTime is the layout of the time that these file names begin with.
const earlierTime = "2006-01-02 15.04.05"

// EarlierFolder is the folder of earlier work in a data folder.
func EarlierFolder(home string) string { return filepath.Join(home, "earlier") }

// EarlierPath is a path for earlier work with a name and the present time.
func EarlierPath(home, name string, now time.Time) string {
	return FreePath(EarlierFolder(home), now.Format(earlierTime)+" "+name, ".ora")
}

// EarlierIn returns the earlier work in a data folder, the newest first; none if there is no folder.
func EarlierIn(sys disk.System, home string) (list []Earlier) {
	if home == "" {
		return nil
	}
	folder := EarlierFolder(home)
	files, _ := sys.List(folder)
	for _, f := range files {
		info, err := f.Info()
		name, ora := strings.CutSuffix(f.Name(), ".ora")
		if err != nil || !ora || !info.Mode().IsRegular() {
			continue
		}
		e := Earlier{Path: filepath.Join(folder, f.Name()), Name: name, When: info.ModTime()}
		if n := len(earlierTime); len(name) > n+1 {
			e.Name = name[n+1:]
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b Earlier) int { return b.When.Compare(a.When) })
	return list
}

// Thumbnail reads a small picture of it from the file.
func (e Earlier) Thumbnail() (*image.RGBA, error) { return project.Thumbnail(e.Path) }

// Earlier reads earlier work. Failures are in its Err.
func (r Reader) Earlier(path string) *Project {
	p := r.Project(path)
	p.Earlier, p.Document.Path = true, ""
	if p.Err == nil && p.Saved == nil {
		p.Err = fault.Project.Errorf("%s is not earlier work of this studio", filepath.Base(path))
	}
	return p
}

// SetAside saves what is on a canvas as earlier work.
func (s Save) SetAside() error {
	if err := s.Disk.MakeFolder(filepath.Dir(s.Path)); err != nil {
		return err
	}
	if err := s.write(); err != nil { // even where memory is short: there is no later
		return err
	}
	os.Chmod(s.Path, wholefile.Private) // projects are written readable for others; if this fails, the folder is still private
	return nil
}

// Save is a project to be written.
type Save struct {
	Disk    disk.System
	Path    string
	State   keep.Snapshot
	Shown   keep.Shown
	Version string // of the program
	History keep.Finished
}

// Write writes the project, where there is memory to encode it.
func (s Save) Write() error {
	bytes := int64(s.State.Document.Layers.Bytes(nil))
	if p := s.Shown.Picture; p != nil {
		bytes += 2 * int64(len(p.Pix))
	}
	if err := memory.Ask("a project of the layers", bytes); err != nil {
		return err
	}
	return s.write()
}

func (s Save) write() error {
	return keep.WriteProject(s.Disk, s.Path, s.State, s.Shown, s.Version, s.History)
}

// dropOldEarlier removes earlier work that is older than deleted pictures are kept, counted from at most a day after
// the newest: the clock may have jumped.
func dropOldEarlier(sys disk.System, home string, now time.Time, taken string) {
	list := EarlierIn(sys, home)
	if len(list) == 0 {
		return
	}
	if most := list[0].When.Add(24 * time.Hour); now.After(most) {
		now = most
	}
	for _, e := range list {
		if e.Path != taken && now.Sub(e.When) > history.Kept {
			sys.Remove(e.Path)
		}
	}
}
