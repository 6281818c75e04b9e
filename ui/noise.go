package ui

// The noise view is the forward process on the canvas: the timeline selects t, the frame shows the picture as x_t
// drawn from q(x_t | x_0), and "Denoise from here" lets the model denoise it.

// toggleNoise enters the view at the step that the timeline shows, or midway; or leaves it.
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

// stepNoise moves along the noise view's timeline, towards the picture for positive by.
func (w *Window) stepNoise(by int) {
	s := w.studio
	s.Noise(s.Noised.T - by*max(s.Facts.Timesteps/50, 1))
}
