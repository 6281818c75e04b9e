package ui

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"

	"nirvana/app"
	"nirvana/engine"
)

// curveFold is what changes over the steps of a run: guidance, where it acts, and how much of the sampler's noise does.
type curveFold struct {
	p               *panel
	box             *fyne.Container
	guided, noised  *check
	guidance, noise *curveEdit
	told, toldNoise *cutText
	setting         bool
}

// curvePoints is how many points a curve begins with.
const curvePoints = 7

func newCurveFold(p *panel) *curveFold {
	f := &curveFold{p: p, told: newCutText(""), toldNoise: newCutText("")}
	f.guided = p.w.checkBox(say("Guidance over the steps"), nil)
	f.guided.OnChanged = func(on bool) {
		f.set(func(t *app.Settings) {
			if t.GuidanceCurve, t.GuidanceFrom, t.GuidanceUntil = nil, 0, 0; on {
				t.GuidanceCurve = flat(t.Guidance)
			}
		})
	}
	f.noised = p.w.checkBox(say("Noise over the steps"), nil)
	f.noised.OnChanged = func(on bool) {
		f.set(func(t *app.Settings) {
			if t.NoiseCurve = ""; on {
				t.NoiseCurve = engine.CurveText(flat(1))
			}
		})
	}
	f.guidance = newCurveEdit(1, 15, true, func(done bool) { f.dragged(done) })
	f.noise = newCurveEdit(0, 1, false, func(bool) {
		v := slices.Clone(f.noise.values)
		f.set(func(t *app.Settings) { t.NoiseCurve = engine.CurveText(v) })
	})
	f.box = spaced(f.guided, f.guidance, f.told.box, f.noised, f.noise, f.toldNoise.box)
	return f
}

func flat(v float32) []float32 { return slices.Repeat([]float32{v}, curvePoints) }

func (f *curveFold) set(change func(*app.Settings)) {
	if !f.setting {
		f.p.set(change)
	}
}

// dragged takes the guidance's curve; at the end of a drag it counts for the run under way too.
func (f *curveFold) dragged(done bool) {
	g := f.guidance
	v := slices.Clone(g.values)
	f.set(func(t *app.Settings) { t.GuidanceCurve, t.GuidanceFrom, t.GuidanceUntil = v, g.from, g.until })
	if done {
		f.p.w.studio.Steer(engine.Change{Curve: v, Interval: []float32{g.from, g.until}})
	}
}

// show brings it up to date.
func (f *curveFold) show(t app.Settings) {
	f.setting = true
	defer func() { f.setting = false }()
	noise, _ := engine.ParseCurve(t.NoiseCurve)
	f.guided.SetChecked(len(t.GuidanceCurve) > 0)
	f.noised.SetChecked(len(noise) > 0)
	for _, o := range []fyne.CanvasObject{f.guidance, f.told.box} {
		visible(o, len(t.GuidanceCurve) > 0)
	}
	for _, o := range []fyne.CanvasObject{f.noise, f.toldNoise.box} {
		visible(o, len(noise) > 0)
	}
	if f.guidance.low, f.guidance.high = 1, 15; t.CFGPlusPlus {
		f.guidance.low, f.guidance.high = 0, 1
	}
	f.guidance.Set(t.GuidanceCurve, t.GuidanceFrom, t.GuidanceUntil)
	f.noise.Set(noise, 0, 1)
	if len(t.GuidanceCurve) > 0 {
		until := t.GuidanceUntil
		if until == 0 {
			until = 1
		}
		f.told.set(fmt.Sprintf("%.1f - %.1f", localFloat(slices.Min(t.GuidanceCurve)), localFloat(slices.Max(t.GuidanceCurve))) + "   " + sayf("steps %d to %d of %d", int(t.GuidanceFrom*float32(t.Steps))+1, max(int(until*float32(t.Steps)), 1), t.Steps))
	}
	if n := len(noise); n > 0 {
		f.toldNoise.set(sayf("%d %% of eta and churn at first, %d %% at last", int(noise[0]*100+0.5), int(noise[n-1]*100+0.5)))
	}
}
