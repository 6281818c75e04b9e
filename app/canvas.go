package app

import (
	"image"

	"nirvana/app/document"
	"nirvana/app/tray"
	"nirvana/engine/pixel"
)

// Editing the canvas is package document's; this file connects the document to the rest of the studio.

// NewDocument begins an empty document; unsaved work becomes earlier work. The size stays, which may be that of a
// picture that was opened; if it does not suit the model, a notice offers the model's own. Regions were for the picture
// before, which keeps them as earlier work; a locked seed stays, as all other settings do.
func (s *Studio) NewDocument() {
	defer s.Together()()
	s.begin(&pixel.File{}, "", nil)
	s.Adjust(func(t *Settings) { t.Regions = nil })
	if s.OffOwnSize() && !s.Offering() {
		s.OfferOwnSize()
	}
}

// Document is what the artist paints on.
type Document = document.Document

// Brush is the brush of a stroke.
type Brush = document.Brush

// Combine is how a selection changes the existing mask.
type Combine = document.Combine

const (
	Replace  = document.Replace
	Add      = document.Add
	Subtract = document.Subtract
)

func (s *Studio) newDocument() *Document {
	return document.New(image.Rect(0, 0, s.Settings.Width, s.Settings.Height), document.Hooks{
		Changed:  s.documentChanged,
		Together: s.Together,
		Inked:    s.Inked,
		Shifted:  s.shifted,
		Adopt:    func() { s.Tray.Keep() },
		Multiple: s.Multiple,
		Only:     func() image.Point { return s.Facts.OnlySize() },
		Noticed:  s.Noticed,
		Beside:   s.Beside,
		Refused:  func(err error) { s.Fail("Nothing was changed", err, "", nil) },
		Lost:     func(err error) { s.Fail("This step cannot be undone or redone", err, "", nil) },
	})
}

// Tray holds the candidates of the last runs.
type Tray = tray.Tray

// Candidate is a result that waits to be kept or discarded.
type Candidate = tray.Candidate

func (s *Studio) newTray() *Tray {
	return tray.New(tray.Hooks{
		Changed: func(undo bool) {
			if undo {
				s.changed(ChangedTray | ChangedUndo)
			} else {
				s.changed(ChangedTray)
			}
		},
		Together: s.Together,
		Accept:   s.Accept,
		Steps: func() int {
			done, _ := s.Document.Steps()
			return done
		},
		Last:   func() any { return s.Document.Last() },
		Active: func() bool { return s.Run().Coming() },
	})
}

// documentChanged sets the size in the settings to the frame's.
func (s *Studio) documentChanged(what document.Change) {
	c := Change(what)
	if f := s.Document.Frame; c&ChangedFrame != 0 && !s.Document.Dragging() && (s.Settings.Width != f.Dx() || s.Settings.Height != f.Dy()) {
		s.Settings.Width, s.Settings.Height = f.Dx(), f.Dy()
		c |= ChangedSettings
	}
	if c&ChangedUndo != 0 {
		s.undoAhead()
	}
	s.changed(c)
}

// undoAhead reads the next undo steps in the background.
func (s *Studio) undoAhead() {
	if s.Keeper == nil || s.base.Err() != nil {
		return
	}
	if read := s.Document.FetchUndo(); read != nil {
		s.Aside(read)
	}
}

// shifted moves everything that has a position on the canvas.
func (s *Studio) shifted(by image.Point) {
	if by == (image.Point{}) {
		return
	}
	s.Shift(by)
	for _, c := range s.Tray.Candidates {
		c.Frame = c.Frame.Add(by)
	}
}

// begin starts another document. Nothing of the last one is left, neither on the canvas nor in undo and tray.
func (s *Studio) begin(f *pixel.File, path string, made *Recipe) {
	defer s.Together()()
	d := s.Document
	s.SetAside()
	s.forget()
	s.Settle("")
	d.Begin(f, path, made)
	s.changed(ChangedTray | ChangedStep)
	d.Unsaved = false
	s.changed(ChangedUndo) // the window's title says so
}

// forget drops everything that belongs to the document: undo, candidates, the timeline. Results of its runs that are
// under way or queued go to the history only.
func (s *Studio) forget() {
	s.Panel.ForgetUndo()
	s.Document.Forget()
	s.Tray.Empty()
	s.EndNoise()
	s.Drop()
}

// refit changes frame and settings to sizes that the newly opened model supports. A frame inside the picture stays inside it.
func (s *Studio) refit(within bool) {
	t := &s.Settings
	r := s.Document.Refitted(t.Width, t.Height, within)
	t.Width, t.Height = r.Dx(), r.Dy()
	t.Clamp(s.Facts)
	if r != s.Document.Frame {
		s.Document.PutFrame(r)
	}
}

// CanUndo and CanRedo name the next step, or are "".
func (s *Studio) CanUndo() string {
	if undo, _ := s.Tray.MayReturn(); undo {
		return "discard"
	}
	if undo, _ := s.Panel.MayReturn(); undo {
		return "setting"
	}
	return s.Document.CanUndo()
}

// CanRedo likewise.
func (s *Studio) CanRedo() string {
	if _, redo := s.Tray.MayReturn(); redo {
		return "discard"
	}
	if _, redo := s.Panel.MayReturn(); redo {
		return "setting"
	}
	return s.Document.CanRedo()
}

// steps is how many steps of the document can be undone.
func (s *Studio) steps() int {
	done, _ := s.Document.Steps()
	return done
}

// Undo reverts the last edit of the document, or the last discard of a candidate; false if there is none.
func (s *Studio) Undo() bool {
	if s.Tray.BringBack() || s.Panel.Undo() {
		return true
	}
	defer s.Together()()
	step := s.Document.Last()
	if !s.Document.Undo() {
		return false
	}
	s.Tray.Unkept(step)
	return true
}

// Redo does it again.
func (s *Studio) Redo() bool {
	if s.Tray.DiscardAgain() || s.Panel.Redo() {
		return true
	}
	defer s.Together()()
	if !s.Document.Redo() {
		return false
	}
	s.Tray.KeptAgain()
	return true
}

// canvasOf is the picture into which a run's result is composited for the history; nil if the result is the whole picture.
func (s *Studio) canvasOf(mode Mode, frame image.Rectangle, replaces bool) *document.Canvas {
	if replaces || mode == TextToImage {
		return nil
	}
	return s.Document.Canvas(frame)
}
