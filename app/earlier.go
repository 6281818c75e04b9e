package app

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
	"nirvana/engine/wholefile"
)

// Earlier is work that was on the canvas, in no project or changed since it was saved, when something else took its
// place. It is a project in the data folder's folder "earlier", undo steps and all.
type Earlier struct {
	Path string
	Name string // of the project or the picture that it was, or what it was made of
	When time.Time
}

// earlierTime is how the names of these files begin.
const earlierTime = "2006-01-02 15.04.05"

func (s *Studio) earlierFolder() string { return filepath.Join(s.options.Home, "earlier") }

// EarlierWork lists it, the newest first.
func (s *Studio) EarlierWork() []Earlier {
	if s.options.Home == "" {
		return nil
	}
	return earlierIn(s.options.Disk, s.earlierFolder())
}

// earlierIn is the earlier work in a folder; none where there is no folder.
func earlierIn(sys disk.System, folder string) (list []Earlier) {
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

// Thumbnail is a small picture of it. It reads the file.
func (e Earlier) Thumbnail() (*image.RGBA, error) { return project.Thumbnail(e.Path) }

// TakeUp makes earlier work the document again. What it was saved as stays as it is: it is saved under a name of its own.
func (s *Studio) TakeUp(e Earlier) error {
	defer s.together()()
	f, saved, err := keep.ReadProject(s.options.Disk, e.Path)
	if err == nil && saved == nil {
		err = fault.Project.Errorf("%s is not earlier work of this studio", filepath.Base(e.Path))
	}
	if err != nil {
		return err
	}
	s.setAside()
	if err := s.takeProject("", f, *saved, pictured(f, *saved)); err != nil {
		return err
	}
	s.Document.Earlier = e.Path
	s.place.Become(keep.Place{})
	s.changed(ChangedFrame)
	return nil
}

// setAside keeps what is on the canvas and in no project as earlier work, before something else takes its place. Until
// it is on the disk, the journal goes on holding the document before.
func (s *Studio) setAside() {
	d := s.Document
	d.EndStroke()
	shown, corner := s.Shown()
	if shown == nil || !d.Unsaved && !s.saving || s.options.Home == "" || s.Kept() == KeptNever {
		return
	}
	path := d.Earlier
	if path == "" {
		path = FreePath(s.earlierFolder(), s.now().Format(earlierTime)+" "+s.ProposedName(), ".ora")
	}
	s.keepEarlier(path, s.whole(), keep.Shown{Picture: shown, Corner: corner})
}

func (s *Studio) keepEarlier(path string, state keep.Snapshot, shown keep.Shown) {
	s.keeper.Hold()
	s.saves.Add(1)
	write, sys, post := s.writing(path, state, shown), s.options.Disk, s.post
	go func() {
		defer s.saves.Done()
		err := sys.MakeFolder(filepath.Dir(path))
		if err == nil {
			err = write()
		}
		if err == nil {
			os.Chmod(path, wholefile.Private) // a project is written for others to read; where it stays so, its folder is closed
		}
		post(func() {
			s.keeper.Release()
			if err != nil {
				s.Fail("The picture before could not be set aside", err, "Try again", func() { s.keepEarlier(path, state, shown) })
				return
			}
			s.offerBack(path)
		})
	}()
}

// offerBack tells where the work before is, with one click back, beside what is told already.
func (s *Studio) offerBack(path string) {
	back := func() {
		s.Fail("The earlier work cannot be opened", s.TakeUp(Earlier{Path: path}), "", nil)
	}
	if n := s.Notice; n != nil {
		with := *n
		with.Also, with.DoAlso = s.say("Go back"), back
		s.notify(&with)
		return
	}
	s.notify(&Notice{Headline: s.say("The work before is kept"), Advice: s.say("It is in the menu File under Earlier work."), Action: s.say("Go back"), Do: back})
}

// dropOldEarlier removes earlier work that is older than deleted pictures are kept, as the newest counts it: a clock may
// have jumped.
func dropOldEarlier(sys disk.System, folder string, now time.Time, taken string) {
	list := earlierIn(sys, folder)
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
