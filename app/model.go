package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"nirvana/engine"
	"nirvana/engine/fault"
)

// find is the model of a name, ignoring case; "" is the first.
func (s *Studio) find(name string) (ModelInfo, bool) {
	for _, m := range s.Models {
		if name == "" || strings.EqualFold(m.Name, name) || m.Dir == name {
			m.On = s.Settings.Hardware()
			return m, true
		}
	}
	return ModelInfo{}, false
}

// Chosen is the model that the settings name.
func (s *Studio) Chosen() (ModelInfo, bool) {
	if info, ok := s.find(s.Settings.ModelDir); ok && info.Name == s.Settings.Model {
		return info, true
	}
	return s.find(s.Settings.Model)
}

// Open chooses a model by its name or its folder and opens it in the background, so that the first Generate does not
// wait for it. Of models of one name the chosen one stays.
func (s *Studio) Open(name string) {
	info, ok := s.find(name)
	if name == s.Settings.Model {
		info, ok = s.Chosen()
	}
	if !ok {
		s.notify(&Notice{Headline: fmt.Sprintf(s.say("There is no model called %s"), name), Advice: s.say("Choose another in the Model menu, or add its folder.")})
		return
	}
	if s.Settings.Model != info.Name || s.Settings.ModelDir != info.Dir {
		s.Settings.Model, s.Settings.ModelDir = info.Name, info.Dir
		s.changed(ChangedSettings)
	}
	s.loading = true
	s.openWanted()
}

// AddModel puts a model into the menu, once.
func (s *Studio) AddModel(m ModelInfo) {
	for i, old := range s.Models {
		if old.Dir == m.Dir {
			s.Models[i] = m
			s.changed(ChangedModel)
			return
		}
	}
	s.Models = append(append([]ModelInfo(nil), s.Models...), m)
	if !m.Fetched && !m.Shipped && !slices.Contains(s.Settings.Folders, m.Dir) {
		s.Set(func(t *Settings) { t.Folders = append(slices.Clone(t.Folders), m.Dir) })
	}
	s.changed(ChangedModel)
}

// openWanted opens the chosen model when the worker is free.
func (s *Studio) openWanted() {
	info, ok := s.Chosen()
	if s.busy || !s.loading || s.base.Err() != nil {
		return
	}
	s.loading = false
	if !ok || info.Dir == s.opened && info.On == s.openedOn || s.refuse(info) {
		return
	}
	s.work(func() {
		_, err := s.need(s.base, info)
		if err != nil {
			s.post(func() { s.Fail("The model could not be opened", err, "Try again", func() { s.Open(info.Dir) }) })
		}
	})
}

// need gives the opened model, opening it first if it is another. On the
// worker; only one worker is under way, so that two models are never open at once.
func (s *Studio) need(ctx context.Context, info ModelInfo) (Generator, error) {
	if s.model != nil && s.opened == info.Dir && s.openedOn == info.On {
		return s.model, nil
	}
	s.post(func() {
		s.Opening = info.Name
		s.openDir = ""
		s.changed(ChangedModel)
	})
	s.closeRefiner()
	if s.model != nil {
		s.model.Close()
		s.model, s.opened = nil, ""
	}
	if s.options.Load == nil {
		return nil, errors.New("this program was started without a way to open models")
	}
	g, err := s.options.Load(ctx, info.Dir, info.On)
	if err == nil {
		s.model, s.opened, s.openedOn = g, info.Dir, info.On
		if w, ok := g.(interface{ Warm(context.Context) error }); ok {
			err = w.Warm(ctx)
		}
	}
	s.post(func() { s.openedModel(info, g, err) })
	return g, err
}

// openedModel tells of a model, on the owner.
func (s *Studio) openedModel(info ModelInfo, g Generator, err error) {
	s.Opening = ""
	if err == nil {
		s.openDir = info.Dir
		was := s.Facts
		s.Facts = g.Facts()
		if p, ok := g.(interface {
			Place() (string, []fault.Notice)
		}); ok {
			device, notices := p.Place()
			s.Device = device
			s.otherwise(append(notices, noticed(g)...))
		}
		s.counter, _ = g.(interface{ Tokens(string) int })
		within := s.Document.Within()
		s.suitModel(was)
		s.refit(within)
	}
	s.changed(ChangedModel | ChangedSettings)
	asked := s.Asked
	s.Asked = 0
	for range asked {
		if err == nil {
			s.Generate()
		}
	}
	if asked > 0 {
		s.changed(ChangedRun)
	}
}

// suitModel sets what a model usually takes: at the first one everything, afterwards what the artist has left as the
// model before usually took it.
func (s *Studio) suitModel(was engine.Facts) {
	f, empty := s.Facts, s.Document.Picture == nil
	first := !s.sized && f.Width > 0
	s.sized = s.sized || first
	s.Set(func(t *Settings) {
		if first && empty || empty && f.Width > 0 && was.Width > 0 && t.Width == was.Width && t.Height == was.Height {
			t.Width, t.Height = f.Width, f.Height
		}
		if first || was.Name != "" && t.Steps == was.Steps {
			t.Steps = max(f.Steps, 1)
		}
		if first || was.Name != "" && t.Guidance == was.Guidance {
			t.Guidance = f.Guidance
		}
	})
}

// noticed is what a model has come upon since it was last asked. On the worker, or while none is at work.
func noticed(g Generator) []fault.Notice {
	if n, ok := g.(interface{ Noticed() []fault.Notice }); ok {
		return n.Noticed()
	}
	return nil
}

// otherwise tells what goes on otherwise than asked.
func (s *Studio) otherwise(notices []fault.Notice) {
	if len(notices) == 0 {
		return
	}
	var texts, details []string
	for _, n := range notices {
		texts = append(texts, n.In(s.say))
		if n.Detail != "" {
			details = append(details, n.Detail)
		}
	}
	s.notify(&Notice{Headline: s.say("The model runs differently than asked"), Advice: strings.Join(texts, "\n"), Detail: strings.Join(details, "\n")})
}

// Tokens is how many tokens the prompt has, and how many fit one chunk; false
// where the model is not open or takes no text.
func (s *Studio) Tokens(prompt string) (n, most int, ok bool) {
	if s.counter == nil || !s.Facts.Text {
		return 0, 0, false
	}
	return s.counter.Tokens(prompt), s.Facts.MaxTokens, true
}
