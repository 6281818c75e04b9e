package work

import (
	"fmt"
	"unicode/utf8"

	"nirvana/engine"
)

// Limits are the maxima of an order. They are checked before anything is allocated.
type Limits struct {
	Side   int // px
	Pixels int // px of one picture
	Steps  int
	Count  int // pictures of one order
	Prompt int // bytes
}

// Usual are the default limits.
var Usual = Limits{Side: 4096, Pixels: 4096 * 4096, Steps: 1000, Count: 64, Prompt: 64 << 10}

// Invalid is the error for a refused order: a field in the client's terms, and the reason.
type Invalid struct{ Field, Text string }

func (e *Invalid) Error() string { return e.Field + ": " + e.Text }

func invalid(field, format string, args ...any) error {
	return &Invalid{field, fmt.Sprintf(format, args...)}
}

// Check refuses an order that exceeds the limits, or that no run could have.
func (l Limits) Check(o Order) error {
	r := &o.Recipe
	switch {
	case o.Count < 0 || o.Count > l.Count:
		return invalid("n", "%d pictures are not possible: ask for 1 to %d", o.Count, l.Count)
	case r.Steps < 0 || r.Steps > l.Steps:
		return invalid("steps", "%d is not possible: use 1 to %d", r.Steps, l.Steps)
	case len(r.Prompt) > l.Prompt || len(r.Negative) > l.Prompt:
		return invalid("prompt", "it is longer than %d bytes", l.Prompt)
	case !utf8.ValidString(r.Prompt) || !utf8.ValidString(r.Negative):
		return invalid("prompt", "it is not valid UTF-8")
	case !(o.Factor >= 0 && o.Factor <= 16):
		return invalid("upscaling_resize", "%g is not possible: use up to 16", o.Factor)
	}
	if err := l.size("size", r.Width, r.Height); err != nil {
		return err
	}
	if err := l.size("size", o.Size.X, o.Size.Y); err != nil {
		return err
	}
	if o.Second != nil {
		if err := l.size("hr_scale", o.Second.Width, o.Second.Height); err != nil {
			return err
		}
	}
	if o.Init != nil && o.Mask != nil && o.Mask.Rect.Size() != o.Init.Rect.Size() {
		return invalid("mask", "it is %dx%d and the picture %dx%d: make it the picture's size", o.Mask.Rect.Dx(), o.Mask.Rect.Dy(), o.Init.Rect.Dx(), o.Init.Rect.Dy())
	}
	if err := r.Check(); err != nil {
		return invalid("recipe", "%v", err)
	}
	if err := engine.KnownNames(r.Sampler, r.Schedule); err != nil {
		return invalid("sampler_name", "%v", err)
	}
	return nil
}

func (l Limits) size(field string, w, h int) error {
	if w < 0 || h < 0 || w > l.Side || h > l.Side || w*h > l.Pixels {
		return invalid(field, "%d x %d px are not possible: a side can be up to %d px, a picture up to %d megapixels", w, h, l.Side, l.Pixels/1_000_000)
	}
	if (w == 0) != (h == 0) {
		return invalid(field, "%d x %d px are not possible: give both sides, or none", w, h)
	}
	return nil
}
