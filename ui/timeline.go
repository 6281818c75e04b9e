package ui

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/engine"
)

// timeline goes from x_T, pure noise, to x_0, the picture: drag along it to see any step of a run. In the noise view
// it shows the forward process instead.
type timeline struct {
	w       *Window
	box     fyne.CanvasObject
	ticks   *tickBar
	where   *widget.Label
	which   *choice
	follow  *tipButton
	forward *tipButton
	xray    *tipButton
	denoise *button
	leave   *tipButton
	pause   *tipButton
	branch  *tipButton
	lanes   *tipButton
	film    film
}

// film is the pictures of a run's steps for the bar.
type film struct {
	run     *app.Run
	picture int
	noisy   bool
	steps   map[int]image.Image
}

const showNoise, showPicture = "Noise", "Preview"

func newTimeline(w *Window) *timeline {
	t := &timeline{w: w, where: widget.NewLabel("")}
	t.where.Truncation = fyne.TextTruncateEllipsis
	t.ticks = newTickBar(t.pick)
	t.ticks.frames = t.frame
	t.ticks.grown = w.relay
	t.which = w.choice([]string{showNoise, showPicture}, []string{"Show the noisy picture that the model works on (x_t)", "Show the picture that the model expects (x_0)"}, func(s string) {
		w.studio.Set(func(t *app.Settings) { t.ShowNoise = s == showNoise })
		w.observe(app.ChangedStep)
	})
	t.follow = w.tips.button("chevron-right", "Show the result (End)", func() {
		if r := w.studio.Path(); r != nil {
			r.Show(-1)
		}
	})
	t.forward = w.tips.button("noise", "Add noise, and denoise from there (N)", w.toggleNoise)
	t.xray = w.tips.button("xray", "X-ray: with and without the prompt, and where each word acts (Y)", w.toggleXRay)
	t.denoise = w.pushButton(say("Denoise from here"), nil, w.studio.Denoise)
	t.denoise.Importance = widget.HighImportance
	t.leave = w.tips.button("discard", "Leave the noise view (Escape)", w.studio.EndNoise)
	t.pause = w.tips.button("pause", "Pause (Space over the timeline)", t.hold)
	t.branch = w.tips.button("branch", "Continue from here with the panel's settings", w.studio.Branch)
	t.lanes = w.tips.button("lanes", "Show the related paths: branches, and other seeds of a search", t.showLanes)
	noise, picture, where := optional(container.NewCenter(caption(say("noise")))), optional(container.NewCenter(caption(say("picture")))), optional(container.NewCenter(fixed(196, t.where)))
	which, xray, lanes := container.NewCenter(t.which.box), optional(container.NewCenter(t.xray)), optional(container.NewCenter(container.NewStack(canvas.NewRectangle(color.Transparent), fixed(t.lanes.MinSize().Width, t.lanes)))) // whose room stays
	// Hidden parts keep their room: nothing moves under the pointer.
	t.box = container.New(&insetLayout{left: 12, right: 8, top: 4}, container.New(&dropLayout{grown: t.ticks, more: 80, drop: []*fyne.Container{noise, picture, where, xray, lanes}, gap: 4},
		noise, t.ticks, picture, where, which, xray, lanes, fixed(t.pause.MinSize().Width, t.pause), fixed(t.branch.MinSize().Width, t.branch), t.denoise, t.leave, t.forward, fixed(t.follow.MinSize().Width, t.follow)))
	return t
}

// hold pauses or continues the run under way.
func (t *timeline) hold() {
	if r := t.w.studio.Run(); r.Active() {
		t.w.studio.Pace(map[bool]app.Pace{true: app.Unhold, false: app.Hold}[r.Held])
	}
}

// noisy reports whether x_t is shown instead of the predicted x_0.
func (t *timeline) noisy() bool { return t.w.studio.Settings.ShowNoise }

// pick shows the i-th step of the bar.
func (t *timeline) pick(i int) {
	s := t.w.studio
	if n := s.Noised; n != nil {
		s.Noise(s.Facts.Timesteps - 1 - i)
		return
	}
	if r := s.Path(); r != nil {
		r.Show(i)
	}
}

func (t *timeline) refresh(c app.Change) {
	if c&(app.ChangedRun|app.ChangedStep|app.ChangedSettings|app.ChangedModel|app.ChangedTray) == 0 {
		return
	}
	t.which.set(map[bool]string{true: showNoise, false: showPicture}[t.noisy()])
	lanes, n := t.lanesOf(), t.w.studio.Noised
	open := t.w.studio.Settings.ShowLanes && n == nil
	t.ticks.Lanes(lanes, open)
	visible(t.lanes, len(lanes) > 0 || open)
	t.lanes.pressed(open)
	visible(t.which.box, n == nil)
	visible(t.forward, n == nil)
	visible(t.xray, n == nil)
	t.xray.pressed(t.w.studio.XRay.On)
	visible(t.denoise, n != nil)
	visible(t.leave, n != nil)
	visible(t.pause, false)
	visible(t.branch, false)
	if n != nil {
		t.showNoised(n)
		return
	}
	r := t.w.studio.Path()
	step, _, ok := r.Shown()
	visible(t.follow, ok && !r.Following())
	active := ok && r.Active()
	visible(t.pause, active)
	visible(t.branch, ok)
	if active {
		t.pause.SetIcon(icon(map[bool]string{true: "play", false: "pause"}[r.Held]))
	}
	t.tick()
	if !ok {
		t.where.SetText("")
		return
	}
	at, of := r.Told(step)
	where := sayf("%d of %d   %s", at, of, place(step.Timestep, step.Sigma))
	if told := marked(step, r.Marks()); told != "" {
		where = sayf("%d of %d   %s", at, of, told)
	}
	t.where.SetText(where)
}

// frame is the picture of the i-th step for the bar, in the latents' size; nil in the noise view.
func (t *timeline) frame(i int) image.Image {
	r := t.w.studio.Path()
	if t.w.studio.Noised != nil || r == nil || i >= len(r.Steps) {
		return nil
	}
	if f := &t.film; f.steps == nil || f.run != r || f.picture != r.Index || f.noisy != t.noisy() {
		*f = film{r, r.Index, t.noisy(), map[int]image.Image{}}
	}
	if t.film.steps[i] == nil {
		step := r.Step(i)
		picture := step.Predicted
		if t.noisy() {
			picture = step.Noisy
		}
		switch {
		case step.X.Data == nil:
			t.ticks.lacks = true // until it is read
			return nil
		case step.Index != r.Steps[i].Index: // another step until it is read
			t.ticks.lacks = true
			return picture(0)
		}
		t.film.steps[i] = picture(0)
	}
	return t.film.steps[i]
}

// tick moves the bar's mark to the step that is shown.
func (t *timeline) tick() {
	r := t.w.studio.Path()
	if step, i, ok := r.Shown(); ok {
		if f := t.film; f.run != r || f.picture != r.Index || f.noisy != t.noisy() {
			t.ticks.lacks = true
		}
		t.ticks.Set(len(r.Steps), step.Of+1, i)
		t.ticks.Tell(changedAt(r))
		return
	}
	t.ticks.Set(0, 0, 0)
	t.ticks.Tell(nil)
}

// showNoised shows the noise view's bar: every training timestep.
func (t *timeline) showNoised(n *app.Noised) {
	visible(t.follow, false)
	total := max(t.w.studio.Facts.Timesteps, 2)
	t.ticks.Set(total, total, total-1-n.T)
	t.ticks.Tell(nil)
	sigma := float32(0)
	if n.Ready {
		sigma = n.Step.Sigma
	}
	t.where.SetText(place(float32(n.T), sigma))
}

// place is the position of a step in the schedule.
func place(timestep, sigma float32) string {
	if sigma > 0 {
		return localPoint(fmt.Sprintf("t = %.0f   sigma %.2f", timestep, sigma))
	}
	return fmt.Sprintf("t = %.0f", timestep)
}

// marked is what was changed at a step, with the value before.
func marked(step engine.Step, marks []app.Mark) string {
	var out []string
	for _, m := range marks {
		switch {
		case m.Step != step.Index:
		case m.Was != "":
			out = append(out, fmt.Sprintf("%s %s -> %s", say(m.What), shortened(m.Was), shortened(m.Is)))
		case m.Is != "":
			out = append(out, fmt.Sprintf("%s %s", say(m.What), shortened(m.Is)))
		default:
			out = append(out, say(m.What))
		}
	}
	return strings.Join(out, ", ")
}

// shortened is a value that was changed, in the language's form, and not too long.
func shortened(text string) string {
	text = localNumber(text)
	if r := []rune(text); len(r) > 24 {
		return string(r[:23]) + "\u2026"
	}
	return text
}

// changedAt are the steps of a run that were changed.
func changedAt(r *app.Run) []int {
	var out []int
	for _, m := range r.Marks() {
		for i, s := range r.Steps {
			if s.Index == m.Step {
				out = append(out, i)
			}
		}
	}
	return out
}
