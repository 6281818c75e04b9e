package engine

import (
	"image"
	"math"
	"reflect"

	"nirvana/engine/fault"
)

// Change is what a run is told otherwise on its way. It counts from the evaluation after the step
// of index At on, 0 being x_T: diffusers' callback_on_step_end after its step At-1. What is nil
// stays as it is.
type Change struct {
	At int `json:"at"`

	Prompt   *string `json:"prompt,omitempty"`          // every picture's and every encoder's that has no text of its own
	Negative *string `json:"negative_prompt,omitempty"` // likewise

	Guidance      *float32  `json:"guidance_scale,omitempty"` // takes the place of a curve too
	Curve         []float32 `json:"guidance_curve,omitempty"` // over the whole run, also the part that is done
	Interval      []float32 `json:"guidance_interval,omitempty"`
	Rescale       *float32  `json:"guidance_rescale,omitempty"`
	ImageGuidance *float32  `json:"image_guidance,omitempty"`
	TrueGuidance  *float32  `json:"true_guidance,omitempty"`

	Eta          *float32 `json:"eta,omitempty"`
	EtaAncestral *float32 `json:"eta_ancestral,omitempty"`
	// Sampler goes on with another sampler where that one asks the network at the same noise levels.
	Sampler *string `json:"sampler,omitempty"`

	Control []ControlWeight `json:"control,omitempty"`

	// Mask takes the place of the request's, of Init's size; Keep is how firmly the places outside of it
	// are held, 0 (not at all) to 1 (wholly, as usual).
	Mask *image.Gray `json:"mask,omitempty"`
	Keep *float32    `json:"keep,omitempty"`

	Strokes []Stroke `json:"strokes,omitempty"`
	Grafts  []Graft  `json:"grafts,omitempty"`

	live bool // Live gave it
}

// ControlWeight is the weight of the request's Net-th Control; 0 is off.
type ControlWeight struct {
	Net    int     `json:"net"`
	Weight float32 `json:"weight"`
}

// Stroke is colour painted into x_t: it is encoded, noised to where the run stands, and takes x_t's place as far as
// Picture is opaque, by Strength, 0 (not at all) to 1 (alone). It is brought to the run's size.
type Stroke struct {
	Picture  *image.RGBA `json:"picture"`
	Strength float32     `json:"strength"`
}

// Graft puts another run's x_t in the place of this one's under Mask, by Strength as a Stroke does. X is that
// of a Step of the same index of a run of the same size, sampler and schedule.
type Graft struct {
	X        Tensor      `json:"x"`
	Mask     *image.Gray `json:"mask"`
	Strength float32     `json:"strength"`
}

// paints says whether x_t itself is changed.
func (c Change) paints() bool { return len(c.Strokes)+len(c.Grafts) > 0 }

// Empty says whether nothing is changed.
func (c Change) Empty() bool {
	return c.Prompt == nil && c.Negative == nil && c.Guidance == nil && c.Curve == nil && c.Interval == nil && c.Rescale == nil &&
		c.ImageGuidance == nil && c.TrueGuidance == nil && c.Eta == nil && c.EtaAncestral == nil && c.Sampler == nil &&
		len(c.Control) == 0 && c.Mask == nil && c.Keep == nil && !c.paints()
}

// Apply is a request as it stands after the change, but for what is painted and the weights of ControlNets.
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

// With is the change with a later one of the same step on top: its values win, its strokes and grafts follow.
func (c Change) With(later Change) Change {
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

// Check refuses numbers that are not possible with any model.
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

// tight says whether a picture, which may come from a file, is tightly packed with its corner at 0,0.
func tight(at image.Rectangle, stride, have, channels int) bool {
	return at.Min == image.Point{} && at.Dx() > 0 && at.Dy() > 0 && at.Dx() <= maxSide && at.Dy() <= maxSide && stride == channels*at.Dx() && have == stride*at.Dy()
}
