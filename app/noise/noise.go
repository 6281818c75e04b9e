// Package noise is the noise view: the forward process on the canvas, the picture under the frame at a timestep by
// q(x_t | x_0), and denoising from there. Start with View.
package noise

import (
	"image"

	"nirvana/app/notice"
	"nirvana/app/opening"
	"nirvana/app/panel"
	"nirvana/app/settings"
	"nirvana/app/tray"
	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// Noised is the picture under the frame at timestep T.
type Noised struct {
	T     int // 0 to Facts.Timesteps-1
	Frame image.Rectangle
	// Step shows it (Noisy) once Ready.
	Step  engine.Step
	Ready bool
	Chain engine.Step // the same, step by step with fresh noise; empty if not shown
}

// View is the noise view. Its methods are the owner's.
type View struct {
	// Noised is nil while the view is off.
	Noised *Noised

	in        Studio
	requested *Noised // the last one requested from the worker
}

// Studio is the part of the studio that a view uses.
type Studio struct {
	Sight    *tray.Sight
	Panel    *panel.Panel
	Model    *opening.Model
	Worker   *worker.Worker
	Strip    *notice.Strip
	Changed  func() // another step is shown
	Generate func() // queues a run
}

// New is a view that is off.
func New(in Studio) *View { return &View{in: in} }

// Noise shows the picture under the frame noised to timestep t. It is computed in the background; if called again
// meanwhile, only the last t counts.
func (v *View) Noise(t int) {
	if picture, _ := v.in.Sight.Shown(); picture == nil {
		v.in.Strip.Tell(&notice.Notice{Headline: v.say("There is no picture to add noise to yet"), Advice: v.say("Generate or open one first.")})
		return
	}
	t = min(max(t, 0), max(v.in.Model.Facts.Timesteps-1, 0))
	n := &Noised{T: t, Frame: v.in.Sight.Document.Frame}
	if old := v.Noised; old != nil && old.Frame == n.Frame {
		n.Step, n.Ready, n.Chain = old.Step, old.Ready, old.Chain // shown until the new one is computed
	}
	v.Noised = n
	v.in.Changed()
	v.Begin()
}

// EndNoise turns the view off.
func (v *View) EndNoise() {
	if v.Noised != nil {
		v.Noised = nil
		v.in.Changed()
	}
}

// Denoise denoises the noised picture: image to image from its timestep on, with its seed. A shown candidate is kept
// first, because it is the picture that was noised.
func (v *View) Denoise() {
	n, of := v.Noised, v.in.Model.Facts.Timesteps
	if n == nil || of == 0 {
		return
	}
	v.EndNoise()
	v.in.Sight.Tray.Keep()
	v.in.Panel.Set(func(t *settings.Settings) { t.Strength = float32(n.T+1) / float32(of) })
	t := &v.in.Panel.Settings
	locked := t.Locked
	t.Locked = true
	v.in.Generate()
	t.Locked = locked
}

// Begin requests the view from the worker if that is free and the view is not computed yet.
func (v *View) Begin() {
	n := v.Noised
	info, ok := v.in.Model.Chosen()
	if !v.in.Worker.Idle() || n == nil || !ok || n == v.requested {
		return
	}
	v.requested = n
	picture, corner := v.in.Sight.Shown()
	if picture == nil {
		v.EndNoise()
		return
	}
	t := v.in.Panel.Settings
	at := n.Frame.Add(corner)
	img := func() *image.RGBA {
		return pixel.Resize(pixel.Flatten(pixel.Crop(picture, at), image.White), t.Width, t.Height)
	}
	v.in.Worker.Noise(info, img, t.Seed, n.T, t.ShowChain)
}

// Made receives the computed view.
func (v *View) Made(e worker.Noised) {
	if e.Err != nil {
		v.in.Strip.Fail("The noise cannot be shown", e.Err, "", nil)
		return
	}
	for _, n := range []*Noised{v.requested, v.Noised} { // the one that was requested, and the current one
		if n != nil {
			n.Step, n.Ready, n.Chain = e.Step, true, e.Chain
		}
	}
	v.in.Changed()
}

// say translates a text for the artist.
func (v *View) say(text string) string { return v.in.Strip.Say(text) }
