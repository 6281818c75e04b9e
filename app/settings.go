package app

import (
	"nirvana/app/compose"
	"nirvana/app/library"
	"nirvana/app/panel"
	"nirvana/app/settings"
	"nirvana/app/task"
	"nirvana/engine"
)

// Settings are what the artist has set; see package settings.
type Settings = settings.Settings

// Control is the input of one ControlNet.
type Control = settings.Control

// Hardware is what a model runs on.
type Hardware = library.Hardware

// Upscale is how pictures are enlarged with an upscaler.
type Upscale = settings.Upscale

// Bounds of an enlargement with an upscaler: its factor, and the result's longest side, px.
const (
	MostUpscale  = settings.MostUpscale
	MostEnlarged = compose.MostEnlarged
)

// EncoderNames are the text encoders that files can replace.
var EncoderNames = library.EncoderNames

// MaxControls is how many ControlNets act at once.
const MaxControls = settings.MaxControls

// ControlSources are the values of Control.Source.
var ControlSources = settings.ControlSources

// DefaultSettings are those of a first start.
func DefaultSettings() Settings { return settings.Default() }

func (s *Studio) newPanel() *panel.Panel {
	return panel.New(s.Door, s.Strip, panel.Hooks{Facts: func() engine.Facts { return s.Known() }, Steps: s.steps, Draw: s.options.Draw, Changed: s.settingsChanged})
}

// settingsChanged has what depends on some settings follow them: the frame, the bounds of the kept steps, the open model.
func (s *Studio) settingsChanged(was Settings) {
	c, t := ChangedSettings, s.Settings
	if (t.Width != was.Width || t.Height != was.Height) && s.Document.TakeSize(t.Width, t.Height) {
		c |= ChangedFrame
	}
	s.changed(c)
	if t.StepsOf != was.StepsOf || t.StepsMegabytes != was.StepsMegabytes {
		s.BoundPaths()
	}
	if t.Model != was.Model || t.Hardware() != was.Hardware() || t.With() != was.With() {
		s.Open(t.Model)
	}
}

// Multiple is what sizes of the open model snap to, px.
func (s *Studio) Multiple() int { return task.Multiple(s.Facts) }
