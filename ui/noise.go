package ui

// The noise view is the forward process on the canvas, without a dialog: the
// timeline picks t, the frame shows the picture as q(x_t | x_0) makes it, and
// "Denoise from here" lets the model take the noise away again.

// toggleNoise enters the view at the step that the timeline holds, or midway; or leaves it.
func (w *Window) toggleNoise() {
	s := w.studio
	if s.Noised != nil {
		s.EndNoise()
		return
	}
	t := s.Facts.Timesteps * 2 / 5
	if r := s.Path(); r != nil && !r.Following() {
		if step, _, ok := r.Shown(); ok {
			t = int(step.Timestep)
		}
	}
	s.Noise(t)
}

// stepNoise goes along the noise view's timeline, towards the picture for positive by.
func (w *Window) stepNoise(by int) {
	s := w.studio
	s.Noise(s.Noised.T - by*max(s.Facts.Timesteps/50, 1))
}
