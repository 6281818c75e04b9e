package app

import "nirvana/app/history"

// store puts a finished candidate into the history, and then does the rest of what the owner has to: both together,
// as what is posted is dropped when the studio closes. On the worker.
func (s *Studio) store(h *history.Store, c *Candidate, then func()) {
	whole, file, frame := c.canvas.With(c.Picture)
	r := c.Recipe
	if r.Frame = nil; frame != whole.Rect {
		r.Frame = []int{frame.Min.X, frame.Min.Y, frame.Dx(), frame.Dy()}
	}
	id, err := h.AddFile(whole, file, r)
	s.post(func() {
		then()
		s.storedAs(c, id, err)
	})
}

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
	c.Stored, c.canvas = id, nil
	if c.document == s.Document.Serial {
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
	waiting := s.unstored
	s.unstored = nil
	if len(waiting) == 0 {
		return
	}
	h := s.History
	go func() {
		for _, c := range waiting {
			s.store(h, c, func() {})
		}
	}()
}
