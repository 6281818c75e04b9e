package engine

import (
	"image"
	"math"
	"reflect"

	"nirvana/engine/fault"
)

// Change replaces parameters during a run. It counts from the evaluation after the step of index At on, 0 being x_T:
// diffusers' callback_on_step_end after its step At-1. Nil fields leave their parameter as it is.
type Change struct {
	At int `json:"at"`

	Prompt   *string `json:"prompt,omitempty"`          // for every picture and every encoder without a text of its own
	Negative *string `json:"negative_prompt,omitempty"` // likewise

	Guidance      *float32  `json:"guidance_scale,omitempty"` // replaces a curve too
	Curve         []float32 `json:"guidance_curve,omitempty"` // over the whole run, including the part that is done
	Interval      []float32 `json:"guidance_interval,omitempty"`
	Rescale       *float32  `json:"guidance_rescale,omitempty"`
	ImageGuidance *float32  `json:"image_guidance,omitempty"`
	TrueGuidance  *float32  `json:"true_guidance,omitempty"`

	Eta          *float32 `json:"eta,omitempty"`
	EtaAncestral *float32 `json:"eta_ancestral,omitempty"`
	// Sampler continues with another sampler, which must call the network at the same noise levels.
	Sampler *string `json:"sampler,omitempty"`

	Control []ControlWeight `json:"control,omitempty"`

	// Mask replaces the request's mask; it has Init's size. Outside of it Init is kept, or Kept: the last x_t of a run of
	// the same size and model, for which no Init is needed. Keep is how firmly it is kept, 0 (not at all) to 1 (as usual).
	Mask *image.Gray `json:"mask,omitempty"`
	Kept *Tensor     `json:"kept,omitempty"`
	Keep *float32    `json:"keep,omitempty"`

	Strokes []Stroke `json:"strokes,omitempty"`
	Grafts  []Graft  `json:"grafts,omitempty"`

	live    bool // set by Live
	carried bool // from a base to its refiner
}

// ControlWeight is the weight of the request's Net-th Control; 0 is off.
type ControlWeight struct {
	Net    int     `json:"net"`
	Weight float32 `json:"weight"`
}

// Stroke is colour painted into x_t: Picture is resized to the run's size, encoded, noised to the run's present level
// and blended into x_t by its opacity times Strength, 0 (no change) to 1 (replaces x_t).
type Stroke struct {
	Picture  *image.RGBA `json:"picture"`
	Strength float32     `json:"strength"`
}

// Graft blends another run's x_t into this one under Mask, by Strength as in Stroke. X is taken from a Step of the
// same index of a run of the same size, sampler and schedule.
type Graft struct {
	X        Tensor      `json:"x"`
	Mask     *image.Gray `json:"mask"`
	Strength float32     `json:"strength"`
}

// paints reports whether the change writes x_t itself.
func (c Change) paints() bool { return len(c.Strokes)+len(c.Grafts) > 0 }

// Empty reports whether the change changes nothing.
func (c Change) Empty() bool {
	return c.Prompt == nil && c.Negative == nil && c.Guidance == nil && c.Curve == nil && c.Interval == nil && c.Rescale == nil &&
		c.ImageGuidance == nil && c.TrueGuidance == nil && c.Eta == nil && c.EtaAncestral == nil && c.Sampler == nil &&
		len(c.Control) == 0 && c.Mask == nil && c.Keep == nil && !c.paints()
}

// Apply returns q with the change's parameters. Strokes, grafts and weights of ControlNets are applied elsewhere.
func (c Change) Apply(q Request) Request {
	if c.Guidance != nil {
		q.Guidance, q.NoGuidance, q.GuidanceCurve = *c.Guidance, *c.Guidance == 0, nil
	}
	if c.Curve != nil {
		q.GuidanceCurve = c.Curve
	}
	if len(c.Interval) == 2 {
		q.GuidanceFrom, q.GuidanceUntil = c.Interval[0], c.Interval[1]
	}
	for to, from := range map[*float32]*float32{&q.GuidanceRescale: c.Rescale, &q.ImageGuidance: c.ImageGuidance, &q.TrueGuidance: c.TrueGuidance, &q.Eta: c.Eta} {
		if from != nil {
			*to = *from
		}
	}
	if c.Prompt != nil {
		q.Prompt, q.Prompts = *c.Prompt, nil
	}
	if c.Negative != nil {
		q.Negative, q.Negatives, q.NoNegative = *c.Negative, nil, false
	}
	if c.EtaAncestral != nil {
		q.EtaAncestral = c.EtaAncestral
	}
	if c.Sampler != nil {
		q.Sampler = *c.Sampler
	}
	if c.Mask != nil {
		q.Mask = c.Mask
	}
	return q
}

// With merges a later change of the same step: its values win, its strokes and grafts follow.
func (c Change) With(later Change) Change {
	if later.Mask != nil {
		c.Kept = nil // of the mask before
	}
	out, over := reflect.ValueOf(&c).Elem(), reflect.ValueOf(later)
	for i := range out.NumField() {
		f := out.Type().Field(i)
		switch {
		case !f.IsExported() || over.Field(i).IsZero():
		case f.Name == "Strokes", f.Name == "Grafts", f.Name == "Control":
			out.Field(i).Set(reflect.AppendSlice(out.Field(i).Slice3(0, out.Field(i).Len(), out.Field(i).Len()), over.Field(i)))
		default:
			out.Field(i).Set(over.Field(i))
		}
	}
	return c
}

// Check refuses values out of range for every model.
func (c Change) Check() error {
	within := func(name string, most float32, values ...*float32) error {
		for _, v := range values {
			if v != nil && !(*v >= 0 && *v <= most) {
				return fault.Settings.Errorf("a change of %s to %g at step %d is not possible: use 0 to %g", name, *v, c.At, most)
			}
		}
		return nil
	}
	if c.At < 0 {
		return fault.Settings.Errorf("a change at step %d is not possible: steps count from 0, the noise", c.At)
	}
	if n := len(c.Interval); n != 0 && n != 2 {
		return fault.Settings.Errorf("a guidance interval of %d numbers at step %d is not possible: give from and until", n, c.At)
	}
	var all []*float32
	for i := range c.Curve {
		all = append(all, &c.Curve[i])
	}
	errs := []error{within("guidance", math.MaxFloat32, append(all, c.Guidance, c.ImageGuidance, c.TrueGuidance)...),
		within("guidance rescale", 1, c.Rescale), within("eta", 1, c.Eta), within("ancestral eta", 100, c.EtaAncestral), within("keep", 1, c.Keep)}
	for i := range c.Interval {
		errs = append(errs, within("the guidance interval", 1, &c.Interval[i]))
	}
	for i := range c.Control {
		errs = append(errs, within("a ControlNet's weight", 100, &c.Control[i].Weight))
	}
	if c.Kept != nil {
		errs = append(errs, c.checkKept())
	}
	for i := range c.Strokes {
		errs = append(errs, within("a stroke's strength", 1, &c.Strokes[i].Strength))
		if p := c.Strokes[i].Picture; p == nil || !tight(p.Rect, p.Stride, len(p.Pix), 4) {
			errs = append(errs, fault.Settings.Errorf("a stroke at step %d has no colour: give its picture", c.At))
		}
	}
	for i := range c.Grafts {
		errs = append(errs, within("a graft's strength", 1, &c.Grafts[i].Strength))
		if m := c.Grafts[i].Mask; m == nil || !tight(m.Rect, m.Stride, len(m.Pix), 1) {
			errs = append(errs, fault.Settings.Errorf("a graft at step %d has no mask: give one", c.At))
		}
	}
	if m := c.Mask; m != nil && !tight(m.Rect, m.Stride, len(m.Pix), 1) {
		errs = append(errs, fault.Settings.Errorf("the mask at step %d is empty or damaged: give another", c.At))
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// tight reports whether a picture, which may come from a file, is tightly packed with its corner at 0,0.
func tight(at image.Rectangle, stride, have, channels int) bool {
	return at.Min == image.Point{} && at.Dx() > 0 && at.Dy() > 0 && at.Dx() <= maxSide && at.Dy() <= maxSide && stride == channels*at.Dx() && have == stride*at.Dy()
}

// checkKept refuses kept latents without a mask, or with another number of values than their shape has.
func (c Change) checkKept() error {
	if c.Mask == nil {
		return fault.Settings.Errorf("what is kept from step %d on needs a mask outside of which it lies: give one", c.At)
	}
	n := min(len(c.Kept.Shape), 1)
	for _, d := range c.Kept.Shape {
		if d < 1 || n > len(c.Kept.Data) {
			return errKept
		}
		n *= d
	}
	if n == 0 || n != len(c.Kept.Data) {
		return errKept
	}
	return nil
}

var errKept = fault.Settings.Errorf("what is kept outside of a mask is damaged: it must be the last step of a run of the same size and model")
