package compose

import (
	"image"
	"slices"

	"nirvana/app/document"
	"nirvana/app/job"
	"nirvana/app/settings"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// steer adds the ControlNets' pictures to a job. A ControlNet without one is left out.
func (s Scene) steer(j *job.Job) {
	for _, c := range s.Settings.Controls() {
		if c.Source == "" || c.Scale == 0 || c.NetFile == "" && s.Facts.ControlNets == 0 {
			continue
		}
		net, name := s.net(c), c.Net
		if c.NetFile == "" {
			if name = ""; net < len(s.Facts.ControlNames) {
				name = s.Facts.ControlNames[net]
			}
		} // otherwise the model may not be open with it yet: the worker finds it by its name
		in := guide(c, s.Document, j.Frame)
		if in.Kind == "" {
			continue
		}
		in.Net, in.Control = name, engine.Control{Net: net, Scale: c.Scale, From: c.From, Until: c.Until}
		j.Then(in)
	}
}

// net is a ControlNet's index in the model.
func (s Scene) net(c settings.Control) int { return max(slices.Index(s.Facts.ControlNames, c.Net), 0) }

// weights returns the active ControlNets, without their pictures.
func (s Scene) weights() (out []engine.Control) {
	if s.Facts.ControlNets == 0 {
		return nil
	}
	for _, c := range s.Settings.Controls() {
		if c.Source != "" && c.Scale != 0 {
			out = append(out, engine.Control{Net: s.net(c), Scale: c.Scale, From: c.From, Until: c.Until})
		}
	}
	return out
}

// guide returns a ControlNet's present picture; without a Kind if there is none.
func guide(c settings.Control, d *document.Document, frame image.Rectangle) job.Input {
	picture := d.Picture
	switch {
	case c.Source == "file" && c.File != "":
		return job.Input{Kind: job.Guide, File: c.File, Size: d.Size()}
	case c.Source == "edges" && picture != nil:
		return job.Input{Kind: job.Edges, Picture: func() *image.RGBA { return picture }}
	case c.Source == "scribble" && d.Scribble != nil:
		return job.Input{Kind: job.Scribble, Grey: pixel.CropMask(d.Scribble, frame)} // copied: the next stroke draws into it
	}
	return job.Input{}
}
