package worker

import (
	"fmt"
	"image"
	"strings"

	"nirvana/engine"
)

// Mark is what led to a step: a change with the value before.
type Mark struct {
	Step int    // the index that it applies from
	What string // one of MarkNames
	Was  string
	Is   string
}

// MarkNames are the values of Mark.What.
var MarkNames = []string{"Prompt", "Negative prompt", "Sampler", "Guidance", "Interval", "Rescale", "Image CFG", "True CFG", "Eta", "Ancestral eta", "ControlNet", "Mask", "Keep outside", "Stroke", "Graft"}

// Marks are those of the run's steps, by step.
func (r *Run) Marks() []Mark {
	if r == nil {
		return nil
	}
	var out []Mark
	q := r.Asked()
	var before []engine.Change
	for _, s := range r.Steps {
		for _, c := range s.Changes {
			out = append(out, marksOf(q, before, c)...)
			q, before = c.Apply(q), append(before, c)
		}
	}
	return out
}

// marksOf are those of a change of a request, which has had the changes before.
func marksOf(q engine.Request, before []engine.Change, c engine.Change) (out []Mark) {
	add := func(what, was, is string) { out = append(out, Mark{c.At, what, was, is}) }
	number := func(what string, was float32, is *float32) {
		if is != nil {
			add(what, fmt.Sprintf("%g", was), fmt.Sprintf("%g", *is))
		}
	}
	text := func(what, was string, is *string) {
		if is != nil {
			add(what, was, *is)
		}
	}
	text("Prompt", q.Prompt, c.Prompt)
	text("Negative prompt", q.Negative, c.Negative)
	text("Sampler", q.Sampler, c.Sampler)
	number("Guidance", q.Guidance, c.Guidance)
	number("Rescale", q.GuidanceRescale, c.Rescale)
	number("Image CFG", q.ImageGuidance, c.ImageGuidance)
	number("True CFG", q.TrueGuidance, c.TrueGuidance)
	number("Eta", q.Eta, c.Eta)
	number("Ancestral eta", ancestral(q), c.EtaAncestral)
	if len(c.Interval) == 2 {
		from, until := ends(q)
		add("Interval", span(from, until), span(c.Interval[0], c.Interval[1]))
	}
	if c.Curve != nil {
		add("Guidance", listed(q.GuidanceCurve), listed(c.Curve))
	}
	weights := weightsOf(q, before)
	for _, w := range c.Control {
		was := ""
		if w.Net < len(weights) {
			was = fmt.Sprintf("%d: %g", w.Net+1, weights[w.Net])
		}
		add("ControlNet", was, fmt.Sprintf("%d: %g", w.Net+1, w.Weight))
	}
	if c.Mask != nil {
		add("Mask", covers(q.Mask), covers(c.Mask))
	}
	number("Keep outside", keepOf(before), c.Keep)
	for _, s := range c.Strokes {
		add("Stroke", "", fmt.Sprintf("%g", s.Strength))
	}
	for _, g := range c.Grafts {
		add("Graft", "", fmt.Sprintf("%g", g.Strength))
	}
	return out
}

func listed(v []float32) string {
	var out []string
	for _, x := range v {
		out = append(out, fmt.Sprintf("%g", x))
	}
	return strings.Join(out, ", ")
}

func ancestral(q engine.Request) float32 {
	if q.EtaAncestral == nil {
		return 1
	}
	return *q.EtaAncestral
}

func span(from, until float32) string { return fmt.Sprintf("%g\u2013%g", from, until) }

// covers is how much of a picture a mask covers, in percent; without a mask all.
func covers(m *image.Gray) string {
	if m == nil {
		return "100 %"
	}
	sum, n := 0, 0
	by := max(max(m.Rect.Dx(), m.Rect.Dy())/128, 1) // it is asked for often
	for y := by / 2; y < m.Rect.Dy(); y += by {
		for x := by / 2; x < m.Rect.Dx(); x += by {
			sum, n = sum+int(m.Pix[y*m.Stride+x]), n+1
		}
	}
	return fmt.Sprintf("%.0f %%", float64(sum)/2.55/float64(max(n, 1)))
}
