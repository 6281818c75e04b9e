package app

import (
	"fmt"

	"nirvana/app/worker"
	"nirvana/engine"
)

// find is the model with a name, on the hardware in the settings.
func (s *Studio) find(name string) (ModelInfo, bool) {
	m, ok := s.Named(name)
	m.On = s.Settings.Hardware()
	return m, ok
}

// Chosen is the model in the settings.
func (s *Studio) Chosen() (ModelInfo, bool) {
	if info, ok := s.find(s.Settings.ModelDir); ok && info.Name == s.Settings.Model {
		return info, true
	}
	return s.find(s.Settings.Model)
}

// Open selects a model by its name or its folder and opens it in the background, so that the first Generate does not
// wait for it. If several models have the name, the selected one stays.
func (s *Studio) Open(name string) {
	info, ok := s.find(name)
	if name == s.Settings.Model {
		info, ok = s.Chosen()
	}
	if !ok {
		s.Tell(&Notice{Headline: fmt.Sprintf(s.say("There is no model called %s"), name), Advice: s.say("Choose another in the Model menu, or add its folder.")})
		return
	}
	if s.Settings.Model != info.Name || s.Settings.ModelDir != info.Dir {
		s.Settings.Model, s.Settings.ModelDir = info.Name, info.Dir
		s.changed(ChangedSettings)
	}
	s.loading = true
	s.openWanted()
}

// Reopen opens the selected model again, after its files or its device have changed.
func (s *Studio) Reopen() {
	s.anew = true
	s.Open(s.Settings.Model)
}

// openWanted opens the chosen model when the worker is free.
func (s *Studio) openWanted() {
	info, ok := s.Chosen()
	if s.worker.Busy() || !s.loading || s.base.Err() != nil {
		return
	}
	s.loading = false
	if s.anew {
		s.worker.Forget()
		s.anew = false
	}
	if !ok || s.worker.Holds(info) || s.refuse(info) {
		return
	}
	s.worker.Open(info)
}

// openedModel takes a model that was opened.
func (s *Studio) openedModel(e worker.Opened) {
	s.Opening = ""
	if e.Err == nil {
		s.openDir = e.Model.Dir
		was := s.Facts
		s.Facts, s.Device, s.counter = e.Facts, e.Device, e.Counter
		s.Fallbacks(e.Notices)
		within := s.Document.Within()
		s.suitModel(was)
		s.refit(within)
	}
	s.changed(ChangedModel | ChangedSettings)
	asked := s.Answered()
	for range asked {
		if e.Err == nil {
			s.Generate()
		}
	}
	if asked > 0 {
		s.changed(ChangedRun)
	}
}

// suitModel sets a model's default parameters: all of them for the first model, afterwards those that the artist has
// left at the last model's defaults.
func (s *Studio) suitModel(was engine.Facts) {
	f, empty := s.Facts, s.Document.Picture == nil
	first := !s.sized && f.Width > 0
	s.sized = s.sized || first
	s.suit(func(t *Settings) {
		if first && empty || empty && f.Width > 0 && was.Width > 0 && t.Width == was.Width && t.Height == was.Height {
			t.Width, t.Height = f.Width, f.Height
		}
		if first || was.Name != "" && t.Steps == was.Steps {
			t.Steps = max(f.Steps, 1)
		}
		if first || was.Name != "" && t.Guidance == was.Guidance {
			t.Guidance = f.Guidance
		}
		if first || was.Name != "" && t.BestOf == was.BestOf {
			t.BestOf = f.BestOf
		}
	})
}

// Tokens is how many tokens the prompt has, and how many fit one chunk; false
// where the model is not open or takes no text.
func (s *Studio) Tokens(prompt string) (n, most int, ok bool) {
	if s.counter == nil || !s.Facts.Text {
		return 0, 0, false
	}
	return s.counter.Tokens(prompt), s.Facts.MaxTokens, true
}

// chosenRefiner is the refiner that the next run hands over to; false for none.
func (s *Studio) chosenRefiner() (ModelInfo, bool) {
	if !s.Facts.Sizes || s.Settings.Refiner == "" {
		return ModelInfo{}, false
	}
	for _, m := range s.Models {
		if m.Refiner && m.Dir == s.Settings.Refiner {
			return m, true
		}
	}
	return ModelInfo{}, false
}

// Fits reports whether a model fits into this machine's memory; true if either is unknown.
func (s *Studio) Fits(m ModelInfo) bool {
	return s.options.Memory <= 0 || m.Memory <= s.options.Memory
}

// refuse reports, once per model, that it will not fit, before it is opened.
func (s *Studio) refuse(m ModelInfo) bool {
	if s.Fits(m) || s.anyway == m.Dir || s.openDir == m.Dir {
		return false
	}
	s.Tell(&Notice{Headline: fmt.Sprintf(s.say("%s will not fit this machine's memory"), m.Name),
		Advice: fmt.Sprintf(s.say("It needs about %.1f GB and there are %.1f GB: choose a smaller model."), gigabytes(m.Memory), gigabytes(s.options.Memory)),
		Action: s.say("Open it anyway"), Do: func() {
			s.anyway = m.Dir
			s.Open(m.Dir)
		}})
	return true
}

func gigabytes(n int64) float64 { return float64(n) / 1e9 }
