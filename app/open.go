package app

import (
	"fmt"
	"path/filepath"
	"strings"

	"nirvana/app/files"
	"nirvana/app/settings"
	"nirvana/engine/pixel"
)

// Files are read in the background (package files), and taken here.

// TakePicture makes a picture file the document.
func (s *Studio) TakePicture(p *files.Picture) {
	s.begin(p.File, p.Path, p.Recipe())
	s.Noticed(p.File.Notices)
	if p.Layers != nil {
		s.Document.TakeLayers(p.Layers)
		s.Document.Unsaved = false
	}
	if p.Apart {
		s.Tell(&Notice{Headline: fmt.Sprintf(s.say("%s was opened as one picture"), filepath.Base(p.Path)), Advice: s.say("Its layers do what only Photoshop can show.")})
	}
}

// TakeProject makes a project that was read the studio's state; another program's file becomes a picture with layers.
// Earlier work becomes the document again, and is saved under a new name: its file does not change.
func (s *Studio) TakeProject(p *files.Project) error {
	defer s.Together()()
	switch {
	case p.Err != nil:
		return p.Err
	case p.Saved == nil:
		s.takeImport(p)
		return nil
	}
	s.SetAside()
	s.takeState(p)
	if p.Earlier {
		s.Settle("")
	} else if !s.Settle(p.Path) {
		s.Tell(&Notice{Headline: s.say("This project is open in another window"), Advice: s.say("It is open read-only here: save it under another name to keep changes.")})
	}
	return p.Broken
}

// takeState makes a project's state the studio's.
func (s *Studio) takeState(p *files.Project) {
	d := s.Document
	s.forget()
	before := s.Settings
	next, outside := settings.Brought(p.Saved.Settings, before, s.Models)
	for _, c := range p.Results.Candidates {
		c.Job.UseOwn(s.Find)
	}
	if _, here := s.Find(next.Model); !here {
		s.Missing(next.Model)
		next.Model, next.ModelDir = before.Model, before.ModelDir
	}
	s.sayOutside(p.Path, outside)
	s.KeepSettings(func() {
		s.Brought(next)
		if next.Model != before.Model || next.ModelDir != before.ModelDir {
			s.Open(next.Model)
		}
	})
	s.takeResults(p.Results)
	d.TakeProject(p.Document)
	if p.Earlier {
		d.Earlier = p.Path
	}
	s.changed(allChanges &^ (ChangedRun | ChangedLayers))
	d.Unsaved = false
	s.changed(ChangedUndo) // the window's title says so
}

// takeImport makes a document from another program's file.
func (s *Studio) takeImport(p *files.Project) {
	d, from := s.Document, p.Import
	s.begin(&pixel.File{Picture: from.Picture}, p.Path, nil)
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
	if damaged := p.Damaged(); damaged != nil {
		s.Tell(&Notice{Headline: fmt.Sprintf(s.say("Parts of %s could not be read"), filepath.Base(p.Path)), Advice: s.say("The undamaged parts were opened."), Detail: damaged.Error()})
	}
}

// sayOutside reports the paths outside a project that it names.
func (s *Studio) sayOutside(path string, named []string) {
	if len(named) == 0 {
		return
	}
	for i, f := range named {
		named[i] = filepath.Base(strings.ReplaceAll(f, `\`, "/"))
	}
	s.Tell(&Notice{Headline: fmt.Sprintf(s.say("%s names files outside of it, which were not opened"), filepath.Base(path)), Advice: s.say("Choose them again in the panel."), Detail: strings.Join(named, ", ")})
}
