package app

import (
	"image"
	"slices"

	"nirvana/app/job"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// follows says that some ControlNet takes its picture from there.
func (s *Studio) follows(accept func(Control) bool) bool {
	return s.Facts.ControlNets > 0 && slices.ContainsFunc(s.Settings.Controls(), accept)
}

// FollowsScribble says that the lines on the canvas steer.
func (s *Studio) FollowsScribble() bool {
	return s.follows(func(c Control) bool { return c.Source == "scribble" })
}

// SetControl changes what one ControlNet, counted from 0, follows. A file that is no picture is told, and not taken.
func (s *Studio) SetControl(k int, change func(*Control)) {
	all := s.Settings.Controls()
	if k >= len(all) {
		return
	}
	next := all[k]
	change(&next)
	if next.Source == "file" && next.File != "" && next.File != all[k].File {
		s.trying(next.File, "The picture for the ControlNet cannot be loaded", func() {
			if all := s.Settings.Controls(); k < len(all) {
				change(&all[k])
				s.Set(func(t *Settings) { t.SetControls(all) })
			}
		})
		return
	}
	all[k] = next
	s.Set(func(t *Settings) { t.SetControls(all) })
}

// trying reads a picture beside the window, and then does what is done with such; of one that cannot be read it is told.
func (s *Studio) trying(path, failed string, then func()) {
	s.Beside(func() func() {
		_, err := pixel.Load(path)
		return func() {
			if err != nil {
				s.Fail(failed, err, "", nil)
				return
			}
			then()
		}
	})
}

// AddControl puts another ControlNet beside those there are: the folder's next one, following the picture's edges.
func (s *Studio) AddControl() {
	all := s.Settings.Controls()
	if len(all) == MaxControls {
		return
	}
	c := Control{Source: "edges", Scale: 1, Until: 1}
	if n := len(s.Facts.ControlNames); n > 0 {
		c.Net = s.Facts.ControlNames[len(all)%n]
	}
	s.Set(func(t *Settings) { t.SetControls(append(all, c)) })
}

// DropControl takes one away; the last that is left follows nothing.
func (s *Studio) DropControl(k int) {
	all := s.Settings.Controls()
	if k >= len(all) {
		return
	}
	all = slices.Delete(all, k, k+1)
	if len(all) == 0 {
		all = []Control{DefaultSettings().Control}
	}
	s.Set(func(t *Settings) { t.SetControls(all) })
}

// steer gives a run the ControlNets' pictures. One without is told, and the run goes without it.
func (s *Studio) steer(j *job.Job) {
	if s.Facts.ControlNets == 0 {
		return
	}
	for _, c := range s.Settings.Controls() {
		if c.Source == "" || c.Scale == 0 {
			continue
		}
		net, name := max(slices.Index(s.Facts.ControlNames, c.Net), 0), ""
		if net < len(s.Facts.ControlNames) {
			name = s.Facts.ControlNames[net]
		}
		read := controlReader(c, s.Document, j.Frame)
		j.Then(func(j *job.Job) {
			img, err := read()
			if err != nil {
				s.post(func() { s.Fail("The picture for the ControlNet cannot be loaded", err, "", nil) })
			}
			if img != nil {
				j.Steered(name, engine.Control{Net: net, Picture: img, Scale: c.Scale, From: c.From, Until: c.Until})
			}
		})
	}
}

// controlReader reads what a ControlNet follows as it is now, later and on any goroutine: of the frame's size or any
// other; nil where there is nothing to steer by.
func controlReader(c Control, d *Document, frame image.Rectangle) func() (*image.RGBA, error) {
	picture := d.Picture
	switch {
	case c.Source == "file" && c.File != "":
		align := d.Aligner(frame)
		return func() (*image.RGBA, error) {
			img, err := pixel.Load(c.File)
			if err != nil {
				return nil, err
			}
			return align(img), nil
		}
	case c.Source == "edges" && picture != nil:
		return func() (*image.RGBA, error) { return pixel.Canny(pixel.Crop(picture, frame), 100, 200), nil }
	case c.Source == "scribble" && d.Scribble != nil:
		lines := pixel.CropMask(d.Scribble, frame) // which the next stroke goes on with
		return func() (*image.RGBA, error) {
			if pixel.Empty(lines, lines.Rect) {
				return nil, nil
			}
			return drawing(lines), nil
		}
	}
	return func() (*image.RGBA, error) { return nil, nil }
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
