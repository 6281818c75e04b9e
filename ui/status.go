package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"nirvana/app"
	"nirvana/app/guest"
	"nirvana/engine"
)

// status is the line at the bottom: what is under way, how long it will take, the zoom.
type status struct {
	w    *Window
	box  fyne.CanvasObject
	text *cutText
	view *canvas.Text
	left remaining
}

func newStatus(w *Window) *status {
	s := &status{w: w, text: newCutText(say("Ready")), view: caption(say("100 %"))}
	row := container.NewBorder(nil, nil, nil, s.view, s.text.box)
	s.box = container.NewVBox(line(), container.New(layout.NewCustomPaddedLayout(2, 4, 12, 12), row))
	return s
}

func (s *status) refresh(c app.Change) {
	ink := theme.Color(theme.ColorNamePlaceHolder)
	if sentence := s.sentence(); sentence != s.text.all || s.view.Color != ink {
		s.text.text.Color, s.view.Color = ink, ink
		s.text.set(sentence)
		s.view.Refresh()
	}
}

func (s *status) sentence() string {
	st := s.w.studio
	r := st.Run()
	queue := ""
	if n := len(st.Queue); n > 0 {
		queue = "  ·  " + sayf("%d in the queue", n)
	}
	switch {
	case st.Opening != "" && (r.Active() || st.Asked > 0):
		return sayf("Opening %s, then the run begins", st.Opening) + queue
	case st.Opening != "":
		return sayf("Opening %s ...", st.Opening)
	case st.Noised != nil:
		return sayf("The picture with the noise of timestep %d of %d", st.Noised.T, st.Facts.Timesteps)
	case r.Active() && r.Stopping:
		return say("Stopping after this step ...") + queue
	case r.Active() && r.Phase == engine.Upscaling:
		text := sayf("Enlarging the picture, %.0f %%", 100*r.Part)
		if left := r.Left(); left >= nearly {
			text += "  ·  " + sayf("%s left", short(s.left.of(r.ID, left, time.Now())))
		}
		return text + queue
	case r.Active() && len(r.Steps) > 0:
		at, of := r.Told(r.Steps[len(r.Steps)-1])
		text := sayf("Step %d of %d", at, of)
		if r.Count > 1 {
			text = sayf("Picture %d of %d", r.Index+1, r.Count) + "  ·  " + text
		}
		if r.PerStep > 0 {
			text += "  ·  " + sayf("%s a step", short(r.PerStep))
			if left := r.Left(); left > 0 {
				left = s.left.of(r.ID, left, time.Now())
				if left >= nearly {
					text += "  ·  " + sayf("%s left", short(left))
				}
			}
		}
		switch {
		case r.Part > 0 && r.Phase == engine.Decoding:
			text = sayf("Decoding the picture, %.0f %%", 100*r.Part)
		case at == of && len(r.Grid) > 1:
			text = say("The best is there. The other pictures are being decoded ...")
		}
		return text + s.place() + queue
	case r.Active() && r.Part > 0:
		return sayf("Reading the picture, %.0f %%", 100*r.Part) + queue
	case r.Active():
		return say("Reading the prompt ...") + queue
	}
	if g, ok := st.Guests.Current(); ok {
		return s.guest(g) + s.place() + queue
	}
	if picture, _, on := st.Live(); on {
		return followed(picture != nil) + s.place()
	}
	if n := st.Tray.Left(); n > 0 && st.Tray.Current() == nil {
		return sayf("Kept. Undo brings the other results back: %d", n) + "  ·  " + s.kept()
	}
	switch {
	case r != nil && r.State == app.Stopped:
		return s.stopped(r)
	case r != nil && r.State == app.Finished && r.PerStep > 0:
		done := sayf("Done, %s a step", short(r.PerStep)) + "  ·  "
		if st.Tray.Current() != nil {
			return done + say("Keep or discard this result")
		}
		return done + s.kept()
	}
	return say("Ready") + "  ·  " + s.kept() + s.serving()
}

// followed says what the picture beside the canvas is, and before it is there that it comes.
func followed(there bool) string {
	if !there {
		return say("Live: the first picture is being painted beside the canvas ...")
	}
	return say("Live: the picture beside the canvas follows what is painted")
}

// stopped says where the unfinished picture of a run is, or the pictures of a search.
func (s *status) stopped(r *app.Run) string {
	several := r.Job.BestOf > 1
	switch {
	case r.Unmade && several:
		return say("Stopped. The unfinished pictures are being decoded ...")
	case r.Unmade:
		return say("Stopped. The unfinished picture is being decoded ...")
	case slices.ContainsFunc(s.w.studio.Tray.Candidates, func(c *app.Candidate) bool { return c.Run == r.ID }):
		if several {
			return say("Stopped. The unfinished pictures are in the tray.")
		}
		return say("Stopped. The unfinished picture is in the tray.")
	}
	return say("Stopped")
}

// place says where the run runs.
func (s *status) place() string {
	if d := s.w.studio.Device; d != "" {
		return "  ·  " + sayf("on %s", d)
	}
	return ""
}

// guest tells of another program's run.
func (s *status) guest(g guest.Run) string {
	text := sayf("Painting for %s", g.From)
	if g.Pictures > 1 {
		text += "  ·  " + sayf("Picture %d of %d", g.Picture+1, g.Pictures)
	}
	if g.Of > 0 {
		text += "  ·  " + sayf("Step %d of %d", g.Step, g.Of)
	}
	return text
}

// serving names the address where other programs are listened to.
func (s *status) serving() string {
	if s.w.options.Serving == nil {
		return ""
	}
	if at := s.w.options.Serving.Status().Addresses; len(at) > 0 {
		return "  ·  " + sayf("paints for other programs at %s", at[0])
	}
	return ""
}

// nearly is what is not told any more: so little is left, or it took longer than it seemed.
const nearly = 100 * time.Millisecond

// remaining is a time left that neither jumps nor grows: new estimates move it slowly, the clock does the rest, and where
// they say more than before, it stands until they do not.
type remaining struct {
	run  int
	left time.Duration
	told time.Time
}

func (m *remaining) of(run int, estimate time.Duration, now time.Time) time.Duration {
	if run != m.run || m.told.IsZero() {
		*m = remaining{run, estimate, now}
		return m.left
	}
	share := min(now.Sub(m.told).Seconds()/4, 1) // weight of the estimate; all of it after four seconds
	expected := m.left - now.Sub(m.told)
	m.left = min(max(expected+time.Duration(share*float64(estimate-expected)), 0), m.left)
	m.told = now
	return m.left
}

// short is a readable duration.
func short(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 0.095:
		return sayf("%.0f ms", s*1000)
	case s < 10:
		return sayf("%.1f s", s)
	case s < 90:
		return sayf("%.0f s", s)
	default:
		return sayf("%.0f min", s/60)
	}
}

func (s *status) zoom() {
	s.view.Text = percent(s.w.canvas.Zoom())
	s.view.Refresh()
}

// kept reports whether everything is saved for the next start.
func (s *status) kept() string {
	switch s.w.studio.Kept() {
	case app.KeptAlways:
		return say("all changes are saved")
	case app.KeptLater:
		return say("saving soon")
	}
	return say("changes are not saved")
}
