package ui

import (
	"errors"
	"path/filepath"
	"strings"

	"nirvana/app"
	"nirvana/app/files"
	"nirvana/engine/fault"
)

var projectFiles = Kind{"Project (OpenRaster)", []string{"ora"}}

func isProject(path string) bool { return strings.EqualFold(filepath.Ext(path), ".ora") }

// openTold removes the notice of the file that was opened before: its button would open that. told records that of
// the one that is opened.
func (w *Window) openTold() (told func()) {
	if w.opened != nil && w.studio.Notice == w.opened {
		w.studio.Dismiss()
	}
	before := w.studio.Notice
	return func() {
		if w.opened = nil; w.studio.Notice != before {
			w.opened = w.studio.Notice
		}
	}
}

// readProject reads an .ora file; for one of a newer program only its picture is offered.
func (w *Window) readProject(read files.Reader, path string) (take func()) {
	p := read.Project(path)
	return func() {
		err := w.studio.TakeProject(p)
		switch {
		case errors.Is(err, files.ErrNewer):
			w.studio.Fail("This project cannot be opened completely", err, "Open its picture", func() {
				w.readBeside(func() (func(), error) {
					flat := p.AsPicture()
					return func() {
						w.studio.Fail("The project cannot be opened", w.studio.TakeProject(flat), "Open another", w.open)
						w.canvas.Fit()
					}, nil
				}, "")
			})
		case err != nil:
			w.studio.Fail("The project cannot be opened", err, "Open another", w.open)
		default:
			w.noteRecent(path)
			w.canvas.Fit()
		}
	}
}

// saveProject saves the project to its file; the first time it asks for one.
func (w *Window) saveProject() {
	if p := w.studio.Document.Project; p != "" {
		w.saveTo(p)
		return
	}
	w.saveProjectAs()
}

func (w *Window) saveProjectAs() {
	if picture, _ := w.studio.Shown(); picture == nil {
		w.studio.Fail("There is nothing to save", fault.Said(say("the canvas is empty: make a picture first")), "", nil)
		return
	}
	name := w.studio.ProposedName()
	if p := w.studio.Document.Project; p != "" {
		name = strings.TrimSuffix(filepath.Base(p), filepath.Ext(p))
	}
	w.ask(func(folder string) (string, error) {
		return w.options.Dialogs.SaveFile(say("Save the project"), files.FreePath(folder, name, ".ora"), projectFiles.said())
	}, func(path string) {
		if !isProject(path) {
			path += ".ora"
		}
		w.saveTo(path)
	})
}

// saveCopy writes a project for others: what is visible, without its history.
func (w *Window) saveCopy() {
	w.ask(func(folder string) (string, error) {
		return w.options.Dialogs.SaveFile(say("Save a copy without history"), files.FreePath(folder, w.studio.ProposedName(), ".ora"), projectFiles.said())
	}, func(path string) {
		if !isProject(path) {
			path += ".ora"
		}
		w.studio.SaveCopy(path, func(err error) {
			if err != nil {
				w.studio.Fail("The copy was not saved", err, "Save under another name", w.saveCopy)
				return
			}
			w.studio.Tell(&app.Notice{Headline: sayf("Saved %s", filepath.Base(path))})
		})
	})
}

func (w *Window) saveTo(path string) {
	w.studio.SaveProject(path, func(err error) {
		if err != nil {
			w.studio.Fail("The project was not saved", err, "Save under another name", w.saveProjectAs)
			return
		}
		w.noteRecent(path)
		w.studio.Tell(&app.Notice{Headline: sayf("Saved %s", filepath.Base(path))})
	})
}

// close saves everything before the window closes. Where that fails, the user decides: nothing is lost unasked.
func (w *Window) close() {
	if err := w.studio.Flush(); err != nil {
		w.studio.Fail("The last changes could not be saved", err, "Close and lose them", w.win.Close)
		return
	}
	w.win.Close()
}

// documentName is the document's name in the title: a dot before it marks unsaved changes.
func (w *Window) documentName() string {
	d := w.studio.Document
	switch {
	case d.Project != "" && d.Unsaved:
		return "• " + filepath.Base(d.Project)
	case d.Project != "":
		return filepath.Base(d.Project)
	case d.Path != "":
		return filepath.Base(d.Path)
	}
	return ""
}
