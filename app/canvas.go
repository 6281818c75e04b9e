package app

import (
	"image"

	"nirvana/app/document"
	"nirvana/app/fieldundo"
	"nirvana/app/keep"
	"nirvana/app/tray"
	"nirvana/engine/pixel"
)

// What is done on the canvas is the document's (package document); here is what the rest of the studio has to do with it.

// Document is what is painted on.
type Document = document.Document

// Brush is what a stroke is made with.
type Brush = document.Brush

// Combine says what a selection does to the mask that is there.
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
		Active: func() bool { return s.Run().Active() },
	})
}

// documentChanged has the size in the settings follow the frame.
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

// undoAhead reads the undo steps in the background that are wanted next.
func (s *Studio) undoAhead() {
	if s.Keeper == nil || s.base.Err() != nil {
		return
	}
	if read := s.Document.FetchUndo(); read != nil {
		s.Aside(read)
	}
}

// shifted moves everything that has a place on the canvas.
func (s *Studio) shifted(by image.Point) {
	if by == (image.Point{}) {
		return
	}
	s.Shift(by)
	for _, c := range s.Tray.Candidates {
		c.Frame = c.Frame.Add(by)
	}
}

// begin makes another document: of the one before nothing is left, neither on the canvas nor in undo and tray.
func (s *Studio) begin(f *pixel.File, path string, made *Recipe) {
	defer s.Together()()
	d := s.Document
	s.setAside()
	s.forget()
	s.place.Become(keep.Place{})
	d.Begin(f, path, made)
	s.changed(ChangedTray | ChangedStep)
	d.Unsaved = false
	s.changed(ChangedUndo) // the window's title says so
}

// forget drops everything that belongs to the document: undo, candidates, the timeline. A run that is under way or
// waits goes on for the history.
func (s *Studio) forget() {
	s.fields = fieldundo.Undo{}
	s.Document.Forget()
	s.Tray.Empty()
	s.EndNoise()
	s.Drop()
}

// refit brings frame and settings to sizes that the model just opened can do. A frame that was within the picture stays so.
func (s *Studio) refit(within bool) {
	d, t := s.Document, &s.Settings
	r := d.Frame
	if d.Picture == nil {
		r.Max = r.Min.Add(image.Pt(t.Width, t.Height))
	}
	r = d.Fitted(r, within)
	t.Width, t.Height = r.Dx(), r.Dy()
	t.Clamp(s.Facts)
	if d.Picture == nil {
		r = r.Sub(r.Min)
	}
	if r != d.Frame {
		d.PutFrame(r)
	}
}

// CanUndo and CanRedo name the next step, or are "".
func (s *Studio) CanUndo() string {
	if undo, _ := s.Tray.MayReturn(); undo {
		return "discard"
	}
	if undo, _ := s.fields.MayReturn(s.steps()); undo {
		return "setting"
	}
	return s.Document.CanUndo()
}

// CanRedo likewise.
func (s *Studio) CanRedo() string {
	if _, redo := s.Tray.MayReturn(); redo {
		return "discard"
	}
	if _, redo := s.fields.MayReturn(s.steps()); redo {
		return "setting"
	}
	return s.Document.CanRedo()
}

// steps is how many steps of the document can be undone.
func (s *Studio) steps() int {
	done, _ := s.Document.Steps()
	return done
}

// Undo takes the last edit of the document back, or what was discarded since; false where there is none.
func (s *Studio) Undo() bool {
	return s.Tray.BringBack() || s.reset(s.fields.Undo) || s.Document.Undo()
}

// Redo does it again.
func (s *Studio) Redo() bool {
	return s.Tray.DiscardAgain() || s.reset(s.fields.Redo) || s.Document.Redo()
}

// reset puts settings back, a field at a time; false where that is not what was done last.
func (s *Studio) reset(back func(Settings, int) (Settings, bool)) bool {
	to, ok := back(s.Settings, s.steps())
	if ok {
		s.suit(func(t *Settings) { *t = to })
	}
	return ok
}

// canvasOf is what the history keeps a run's result on; nil where the result is the whole picture.
func (s *Studio) canvasOf(mode Mode, frame image.Rectangle, replaces bool) *document.Canvas {
	if replaces || mode == TextToImage {
		return nil
	}
	return s.Document.Canvas(frame)
}
