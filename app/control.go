package app

import (
	"image"
	"slices"

	"nirvana/engine"
	"nirvana/engine/pixel"
)

// Control is what steers a model that has a ControlNet.
type Control struct {
	// Source is where its picture comes from: "" (off), "edges" (Canny, of what lies under the
	// frame), "scribble" (the lines drawn on the canvas) or "file".
	Source     string
	File       string  // a depth map, a pose or edges, for "file"
	Net        string  // which ControlNet; "": the first
	BrushMasks bool    // with "scribble", the brush paints the mask all the same
	Scale      float32 // 0 to 2
	From       float32 // share of the steps at which it begins
	Until      float32 // and ends
}

// ControlSources are the values of Control.Source.
var ControlSources = []string{"", "edges", "scribble", "file"}

func (c *Control) clamp() {
	if c.Until <= 0 {
		c.Scale, c.Until = 1, 1 // of settings from before there was a Control
	}
	c.Scale, c.From, c.Until = min(max(c.Scale, 0), 2), unit(c.From), unit(c.Until)
	c.From = min(c.From, c.Until)
	if !slices.Contains(ControlSources, c.Source) {
		c.Source = ""
	}
}

// controlled says that a ControlNet acts on the next run.
func (s *Studio) controlled() bool {
	c := s.Settings.Control
	return s.Facts.ControlNets > 0 && c.Source != "" && c.Scale > 0
}

// SetControl changes what steers the model. A file that is no picture is told, and not taken.
func (s *Studio) SetControl(change func(*Control)) {
	next := s.Settings.Control
	change(&next)
	if next.Source == "file" && next.File != "" && next.File != s.Settings.Control.File {
		if _, err := pixel.Load(next.File); err != nil {
			s.Fail("The picture for the ControlNet cannot be loaded", err, "", nil)
			return
		}
	}
	s.Set(func(t *Settings) { t.Control = next })
}

// steer gives a run the ControlNet's picture. Without one it is told, and the run goes without.
func (s *Studio) steer(j *job) {
	if !s.controlled() {
		return
	}
	c := s.Settings.Control
	img, err := s.controlPicture(c, j.frame)
	if err != nil {
		s.Fail("The picture for the ControlNet cannot be loaded", err, "", nil)
	}
	if img != nil {
		net := max(slices.Index(s.Facts.ControlNames, c.Net), 0)
		if net < len(s.Facts.ControlNames) {
			j.net = s.Facts.ControlNames[net]
		}
		j.request.Control = []engine.Control{{Net: net, Picture: img, Scale: c.Scale, From: c.From, Until: c.Until}}
	}
}

// controlPicture is of the frame's size or any other; nil where there is nothing to steer by.
func (s *Studio) controlPicture(c Control, frame image.Rectangle) (*image.RGBA, error) {
	d := s.Document
	switch {
	case c.Source == "file" && c.File != "":
		img, err := pixel.Load(c.File)
		if err != nil {
			return nil, err
		}
		return d.aligned(img, frame), nil
	case c.Source == "edges" && d.Picture != nil:
		return pixel.Canny(pixel.Crop(d.Picture, frame), 100, 200), nil
	case c.Source == "scribble" && d.Scribble != nil:
		if lines := pixel.CropMask(d.Scribble, frame); !pixel.Empty(lines, lines.Rect) {
			return drawing(lines), nil
		}
	}
	return nil, nil
}

// drawing is lines white on black.
func drawing(paint *pixel.Mask) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, paint.Rect.Dx(), paint.Rect.Dy()))
	for i := range out.Pix {
		out.Pix[i] = 255
		if i%4 != 3 {
			out.Pix[i] = paint.Pix[i/4/paint.Rect.Dx()*paint.Stride+i/4%paint.Rect.Dx()]
		}
	}
	return out
}
