package app

import (
	"image"
	"reflect"

	"nirvana/app/library"
	"nirvana/app/settings"
	"nirvana/app/task"
	"nirvana/engine/pixel"
)

// Settings are what the artist has set; see package settings.
type Settings = settings.Settings

// Control is the input of one ControlNet.
type Control = settings.Control

// Hardware is what a model runs on.
type Hardware = library.Hardware

// MaxControls is how many ControlNets act at once.
const MaxControls = settings.MaxControls

// ControlSources are the values of Control.Source.
var ControlSources = settings.ControlSources

// DefaultSettings are those of a first start.
func DefaultSettings() Settings { return settings.Default() }

// Set changes the settings, within their ranges, and tells the observers if
// anything is different. A changed size changes the frame about its centre.
func (s *Studio) Set(change func(*Settings)) {
	before := s.Settings
	s.suit(change)
	s.fields.Set(before, s.Settings, s.steps())
}

// suit is Set for values that the artist has not set: Undo does not revert them.
func (s *Studio) suit(change func(*Settings)) {
	next := s.Settings
	change(&next)
	next.Clamp(s.Facts)
	if reflect.DeepEqual(next, s.Settings) {
		return
	}
	before := s.Settings
	s.Settings = next
	c := ChangedSettings
	if next.Width != before.Width || next.Height != before.Height {
		f := s.Document.Frame
		if f.Dx() != next.Width || f.Dy() != next.Height {
			at := f.Min.Add(image.Pt((f.Dx()-next.Width)/2, (f.Dy()-next.Height)/2))
			if s.Document.Picture == nil {
				at = image.Point{}
			}
			s.Document.Frame = image.Rectangle{Min: at, Max: at.Add(image.Pt(next.Width, next.Height))}
			c |= ChangedFrame
		}
	}
	s.changed(c)
	if next.StepsOf != before.StepsOf || next.StepsMegabytes != before.StepsMegabytes {
		s.BoundPaths()
	}
	if next.Model != before.Model || next.Hardware() != before.Hardware() {
		s.Open(next.Model)
	}
}

// Multiple is what sizes of the open model snap to, px.
func (s *Studio) Multiple() int { return task.Multiple(s.Facts) }

// Dice draws a new seed.
func (s *Studio) Dice() { s.Set(func(t *Settings) { t.Seed = s.options.Draw() }) }

// SetControl changes what one ControlNet, counted from 0, follows. A file that is not a picture is reported and not used.
func (s *Studio) SetControl(k int, change func(*Control)) {
	all := s.Settings.Controls()
	if k >= len(all) {
		return
	}
	next := all[k]
	change(&next)
	take := func() {
		if all := s.Settings.Controls(); k < len(all) {
			change(&all[k])
			s.Set(func(t *Settings) { t.SetControls(all) })
		}
	}
	if next.Source == "file" && next.File != "" && next.File != all[k].File {
		s.trying(next.File, "The picture for the ControlNet cannot be loaded", take)
		return
	}
	take()
}

// SetDepth chooses the depth map of a model that takes one. A file that is not a picture is reported and not used.
func (s *Studio) SetDepth(path string) {
	s.trying(path, "The depth map cannot be loaded", func() { s.Set(func(t *Settings) { t.DepthFile = path }) })
}

// trying reads a picture in the background and then calls then; an error is reported.
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
