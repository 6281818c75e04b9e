package app

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/app/document"
	"nirvana/app/keep"
	"nirvana/app/project"
	"nirvana/engine/pixel"
)

// OpenProject opens an OpenRaster file. One of another program becomes a
// picture, with the layers called Mask and Scribble as those; asPicture does the same with one of ours.
func (s *Studio) OpenProject(path string, asPicture bool) error {
	return s.TakeProject(s.ReadProject(path), asPicture)
}

// TakeProject is OpenProject of a file that was read.
func (s *Studio) TakeProject(p *ProjectFile, asPicture bool) error {
	defer s.together()()
	path, f, saved, err := p.path, p.file, p.saved, p.err
	if f != nil && (asPicture || err == nil && saved == nil) {
		return s.importLayers(path, f)
	}
	if err != nil {
		return err
	}
	s.setAside()
	place, held := keep.HoldPlace(s.options.Disk, path, s.place)
	if err := s.takeProject(path, f, *saved, p.projectPictures); err != nil {
		return err
	}
	s.place.Become(place)
	if held != nil {
		s.notify(&Notice{Headline: s.say("This project is open in another window"), Advice: s.say("It is open here for reading: save it under another name to keep changes.")})
	}
	return nil
}

// takeProject makes a project the studio's state.
func (s *Studio) takeProject(path string, f *project.File, saved keep.Project, read projectPictures) error {
	b := keep.Blobs{Entries: f.Entries, Spend: f.Spend}
	picture, stack, mask, scribble, err := read.picture, read.stack, read.mask, read.scribble, read.drawn
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	d := s.Document
	s.forget()
	steps := saved.Undo
	if read.painted != nil {
		stack, picture, steps = read.elsewhere, read.painted, document.SavedUndo{}
	}
	before := s.Settings
	settings := saved.Settings
	settings.Belong(before)
	outside := settings.KeepInside(before, s.Models)
	for i := range saved.Tray.Candidates {
		saved.Tray.Candidates[i].Job.UseOwn(s.find)
	}
	if _, here := s.find(settings.Model); !here {
		s.notify(&Notice{Headline: fmt.Sprintf(s.say("There is no model called %s"), settings.Model), Advice: s.say("Choose another in the Model menu, or add its folder.")})
		settings.Model, settings.ModelDir = before.Model, before.ModelDir
	}
	s.sayOutside(path, outside)
	settings.Clamp(s.Facts)
	s.Settings, s.sized = settings, true
	if settings.Model != before.Model || settings.ModelDir != before.ModelDir {
		s.Open(settings.Model)
	}
	err = s.restoreTray(saved.Tray, b)
	d.TakeProject(document.Project{Path: path, Saved: saved.Document, Picture: picture, Layers: stack, Mask: mask, Scribble: scribble, Undo: steps,
		Step: func(id int64) []byte { return f.Entries[document.UndoRecord(id)] }, Made: s.takeHistory(f)}, b)
	s.changed(ChangedPicture | ChangedMask | ChangedFrame | ChangedSettings | ChangedTray | ChangedUndo | ChangedHistory | ChangedStep)
	d.Unsaved = false
	s.changed(ChangedUndo) // the window's title says so
	return err
}

// takeHistory puts a project's pictures into the history, where they are not there yet.
func (s *Studio) takeHistory(f *project.File) (made []int64) {
	names := slices.Sorted(maps.Keys(f.Entries))
	for _, name := range names {
		if !strings.HasPrefix(name, "history/") {
			continue
		}
		if id, err := s.History.Import(f.Entries[name]); err == nil {
			made = append(made, id)
		}
	}
	return made
}

// importLayers makes a document of a file of another program.
func (s *Studio) importLayers(path string, f *project.File) error {
	from, err := keep.ImportLayers(path, f)
	if err != nil {
		return err
	}
	d := s.Document
	s.begin(&pixel.File{Picture: from.Picture}, path, nil)
	d.TakeLayers(from.Layers)
	if from.Mask != nil {
		d.SetMask("import", from.Mask)
	}
	if from.Scribble != nil {
		d.SetScribble("import", from.Scribble)
	}
	d.ForgetUndo()
	d.Unsaved = false
	s.changed(ChangedUndo)
	if f.Damaged != nil {
		s.notify(&Notice{Headline: fmt.Sprintf(s.say("Parts of %s could not be read"), filepath.Base(path)), Advice: s.say("What is whole was opened."), Detail: f.Damaged.Error()})
	}
	return nil
}

// sayOutside tells which files a project names.
func (s *Studio) sayOutside(path string, files []string) {
	if len(files) == 0 {
		return
	}
	for i, f := range files {
		files[i] = filepath.Base(strings.ReplaceAll(f, `\`, "/"))
	}
	s.notify(&Notice{Headline: fmt.Sprintf(s.say("%s names files outside of it, which were not opened"), filepath.Base(path)), Advice: s.say("Choose them again in the panel."), Detail: strings.Join(files, ", ")})
}
