package app

import (
	"image"

	"nirvana/app/document"
	"nirvana/app/worker"
)

// storedAs notes it on the owner. A picture that could not be written waits in
// memory for the next attempt.
func (s *Studio) storedAs(c *Candidate, id int64, err error) {
	if err != nil {
		s.unstored = append(s.unstored, c)
		s.Fail("The picture could not be put into the history", err, "Try again", s.storeAgain)
		s.storeFailed = s.Notice
		return
	}
	if s.Notice != nil && s.Notice == s.storeFailed && len(s.unstored) == 0 {
		s.Dismiss()
	}
	c.Stored, c.Canvas = id, nil
	if c.Document == s.Document.Serial && !c.Partial {
		s.Document.Made = append(s.Document.Made, id)
	}
	s.changed(ChangedHistory)
}

// takeUnstored takes up finished candidates that the last studio could not put into the history any more.
func (s *Studio) takeUnstored() {
	for _, c := range s.Tray.Candidates {
		if c.Stored == 0 && !c.Partial {
			s.unstored = append(s.unstored, c)
		}
	}
}

// storeAgain puts those that wait into the history, in the background.
func (s *Studio) storeAgain() {
	type picture struct {
		of     *Candidate // the owner's
		shown  *image.RGBA
		on     *document.Canvas
		recipe Recipe
	}
	var waiting []picture
	for _, c := range s.unstored {
		waiting = append(waiting, picture{c, c.Picture, c.Canvas, c.Recipe})
	}
	s.unstored = nil
	h, post := s.History, s.Post
	if len(waiting) == 0 {
		return
	}
	go func() {
		for _, p := range waiting {
			id, err := worker.Store(h, p.shown, p.on, p.recipe)
			post(func() { s.storedAs(p.of, id, err) })
		}
	}()
}
