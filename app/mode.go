package app

import (
	"fmt"
	"image"
	"math"

	"nirvana/app/task"
	"nirvana/engine/pixel"
)

// Mode is what Generate will do, decided by what lies under the frame.
type Mode = task.Mode

const (
	TextToImage  = task.TextToImage  // nothing under the frame
	ImageToImage = task.ImageToImage // a picture
	Inpaint      = task.Inpaint      // a painted mask
	Outpaint     = task.Outpaint     // missing pixels in the frame, or transparent ones and no mask
)

// Mode of the document as it is now.
func (s *Studio) Mode() Mode {
	if s.mode == nil {
		m := s.Document.Mode()
		s.mode = &m
	}
	return *s.mode
}

// Plan says in one line what Generate will do: "Inpaint the mask, 18 of 25 steps".
func (s *Studio) Plan() string {
	t := s.Settings
	all := s.stepsInAll()
	steps := fmt.Sprintf(s.say("%d steps"), all)
	if all == 1 {
		steps = s.say("1 step")
	}
	if run := s.stepsToRun(); run < all {
		steps = fmt.Sprintf(s.say("%d of %d steps"), run, all)
	}
	what := ""
	switch s.Mode() {
	case TextToImage:
		what = s.say("Paint from the prompt")
		if f := s.Facts; f.Name != "" && !f.Text {
			what = s.say("Paint from noise")
			if len(f.Classes) > 0 {
				what = fmt.Sprintf(s.say("Paint the class %s"), f.Classes[min(t.Class, len(f.Classes)-1)])
			}
		}
	case ImageToImage:
		what = s.say("Repaint the picture")
	case Inpaint:
		what = s.say("Inpaint the mask")
		if t.OnlyMasked {
			what = s.say("Inpaint a close-up of the mask")
		}
	case Outpaint:
		what = s.say("Extend the picture")
	}
	if t.Count > 1 {
		return fmt.Sprintf(s.say("%s, %d times %s"), what, t.Count, steps)
	}
	return what + ", " + steps
}

// stepsInAll are the draft's steps, or those set.
func (s *Studio) stepsInAll() int {
	if s.Drafts() {
		return s.Facts.Draft.Steps
	}
	return s.Settings.Steps
}

// stepsToRun is how many of the steps the strength leaves: truncated, at least one.
func (s *Studio) stepsToRun() int {
	return max(int(float64(s.stepsInAll())*float64(s.strength())+1e-6), 1)
}

// strength by mode: text to image has none, and outpainting starts nearly from
// noise, since what stands under its mask is only a smooth extension.
func (s *Studio) strength() float32 {
	switch s.Mode() {
	case TextToImage:
		return 1
	case Outpaint:
		return max(s.Settings.Strength, task.OutpaintStrength)
	}
	return max(s.Settings.Strength, 1/float32(s.stepsInAll())+1e-6) // less would leave no step to run
}

// enlarged is the size that a region is worked on at: about as many pixels as
// the model was trained with, or as the frame has where that is not known, in the region's shape.
func (s *Studio) enlarged(r image.Rectangle) (w, h int) {
	if one := s.Facts.OnlySize(); one != (image.Point{}) {
		return one.X, one.Y
	}
	area := float64(s.Facts.Width * s.Facts.Height)
	if area == 0 {
		area = float64(s.Settings.Width * s.Settings.Height)
	}
	k := math.Sqrt(area / float64(r.Dx()*r.Dy()))
	m := s.Multiple()
	return task.Snap(int(float64(r.Dx())*k+0.5), m), task.Snap(int(float64(r.Dy())*k+0.5), m)
}

// region is where a run reads and writes: the frame, or with OnlyMasked the mask's surroundings.
func (s *Studio) region(m Mode) image.Rectangle {
	d := s.Document
	if m != Inpaint || !s.Settings.OnlyMasked {
		return d.Frame
	}
	mask := pixel.CropMask(d.Mask, d.Frame)
	return pixel.MaskCrop(mask, d.Frame.Dx(), d.Frame.Dy(), s.Settings.Padding).Add(d.Frame.Min)
}
