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
		in := guide(c, s.Document, j.Frame)
		if in.Kind == "" {
			continue
		}
		in.Net, in.Control = name, engine.Control{Net: net, Scale: c.Scale, From: c.From, Until: c.Until}
		j.Then(in)
	}
}

// guide is what a ControlNet follows, as it is now; without a Kind where there is nothing to steer by.
func guide(c Control, d *Document, frame image.Rectangle) job.Input {
	picture := d.Picture
	switch {
	case c.Source == "file" && c.File != "":
		return job.Input{Kind: job.Guide, File: c.File, Size: d.Size()}
	case c.Source == "edges" && picture != nil:
		return job.Input{Kind: job.Edges, Picture: func() *image.RGBA { return picture }}
	case c.Source == "scribble" && d.Scribble != nil:
		return job.Input{Kind: job.Scribble, Grey: pixel.CropMask(d.Scribble, frame)} // which the next stroke goes on with
	}
	return job.Input{}
}
