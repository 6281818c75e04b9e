// Package opening is the model in use: the one that the settings name, the one that is open, and the way from the first to
// the second. Start with Model.
package opening

import (
	"fmt"

	"nirvana/app/library"
	"nirvana/app/notice"
	"nirvana/app/panel"
	"nirvana/app/recipe"
	"nirvana/app/settings"
	"nirvana/app/worker"
	"nirvana/engine"
)

// Model is the chosen and the open model. Its methods are the owner's.
type Model struct {
	// Facts describe the open model; zero while none is open.
	Facts engine.Facts
	// Device is where the open model runs, as shown; "" while none is open.
	Device string
	// Opening is the name of the model that is being opened, or "".
	Opening string
	// Sized: sizes and steps were taken from a model, a recipe or the last start. The next model leaves them.
	Sized bool

	in      Studio
	dir     string         // of the open model; "" while one is being opened
	was     engine.Facts   // of the model that was open before
	wanted  bool           // the chosen model is to be opened when the worker is free
	anew    bool           // even if it is open
	anyway  string         // Dir of a model that the artist opens though it will not fit
	counter worker.Counter // nil: the open model cannot count
	naming  *recipe.Recipe // whose files are looked for by their names; nil: none
}

// Studio is what a model is chosen, opened and told of with.
type Studio struct {
	Panel   *panel.Panel
	Library *library.Library
	Worker  *worker.Worker
	Strip   *notice.Strip
	Door    *worker.Door
	Fits    func(library.Model) error // what is wrong with the files that a model is to be opened with; nil: nothing
	Memory  int64                     // this machine's, bytes; 0: unknown
	Changed func()                    // the settings name another model
}

// New is a program in which no model is open.
func New(in Studio) *Model { return &Model{in: in} }

// Find is the model with a name, on the hardware in the settings.
func (m *Model) Find(name string) (library.Model, bool) {
	info, ok := m.in.Library.Named(name)
	info.On = m.in.Panel.Settings.Hardware()
	return info, ok
}

// Chosen is the model in the settings.
func (m *Model) Chosen() (library.Model, bool) {
	t := m.in.Panel.Settings
	if info, ok := m.Find(t.ModelDir); ok && info.Name == t.Model {
		return m.with(info), true
	}
	info, ok := m.Find(t.Model)
	return m.with(info), ok
}

// InUse reports whether a model is open or chosen.
func (m *Model) InUse(info library.Model) bool {
	chosen, _ := m.Chosen()
	return info.Dir == m.dir || info.Dir == chosen.Dir
}

// Open selects a model by its name or its folder and opens it in the background, so that the first Generate does not
// wait for it. If several models have the name, the selected one stays.
func (m *Model) Open(name string) {
	t := &m.in.Panel.Settings
	info, ok := m.Find(name)
	if name == t.Model {
		info, ok = m.Chosen()
	}
	if !ok {
		m.Missing(name)
		return
	}
	if t.Model != info.Name || t.ModelDir != info.Dir {
		t.UseModel(info.Name, info.Dir)
		m.in.Changed()
	}
	if m.in.Library.PartsOf != info.Dir {
		m.in.Library.FindParts(info.Dir)
	}
	m.wanted = true
	m.Advance()
}

// Missing tells that a model is not here.
func (m *Model) Missing(name string) {
	m.in.Strip.Tell(&notice.Notice{Headline: fmt.Sprintf(m.say("There is no model called %s"), name), Advice: m.say("Choose another in the Model menu, or add its folder.")})
}

// None tells that no model is here that could be chosen.
func (m *Model) None() {
	m.in.Strip.Tell(&notice.Notice{Headline: m.say("There is no model to paint with"), Advice: m.say("Add a model folder in the Model menu.")})
}

// say translates a text for the artist.
func (m *Model) say(text string) string { return m.in.Strip.Say(text) }

// Reopen opens the selected model again, after its files or its device have changed.
func (m *Model) Reopen() {
	m.anew = true
	m.Open(m.in.Panel.Settings.Model)
}

// Advance opens the chosen model when the worker is free.
func (m *Model) Advance() {
	info, ok := m.Chosen()
	if !m.in.Worker.Idle() || !m.wanted {
		return
	}
	m.wanted = false
	if m.anew {
		m.in.Worker.Forget()
		m.anew = false
	}
	if !ok || m.in.Worker.Holds(info) || m.Refuse(info) {
		return
	}
	m.in.Worker.Open(info)
}

// Opens notes that a model is being opened.
func (m *Model) Opens(info library.Model) { m.Opening, m.dir = info.Name, "" }

// Opened notes that one is open, or could not be opened: then false. Suit sets what it usually takes.
func (m *Model) Opened(e worker.Opened) bool {
	m.Opening = ""
	if e.Err != nil {
		return false
	}
	m.dir, m.was = e.Model.Dir, m.Facts
	m.Facts, m.Device, m.counter = e.Facts, e.Device, e.Counter
	m.in.Strip.Fallbacks(e.Notices)
	return true
}

// Other reports whether a model that was opened is not the chosen one: a run that was queued for it is under way. Facts
// stay those of the chosen one.
func (m *Model) Other(e worker.Opened) bool {
	chosen, ok := m.Chosen()
	if !ok || e.Err != nil || chosen.Dir == e.Model.Dir {
		return false
	}
	m.Opening, m.dir = "", e.Model.Dir
	return true
}

// Suit sets what the model that has just been opened usually takes: at the first one everything, afterwards what the artist
// has left as the model before usually took it. The size is left alone unless the canvas is empty.
func (m *Model) Suit(empty bool) {
	f, was := m.Facts, m.was
	first := !m.Sized && f.Width > 0
	m.Sized = m.Sized || first
	m.in.Panel.Adjust(func(t *settings.Settings) {
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
func (m *Model) Tokens(prompt string) (n, most int, ok bool) {
	if m.counter == nil || !m.Facts.Text {
		return 0, 0, false
	}
	return m.counter.Tokens(prompt), m.Facts.MaxTokens, true
}

// Refiner is the refiner that the next run hands over to; without a Dir: none.
func (m *Model) Refiner() library.Model {
	set := m.in.Panel.Settings.Refiner
	if !m.Facts.Sizes || set == "" {
		return library.Model{}
	}
	for _, info := range m.in.Library.Models {
		if info.Refiner && info.Dir == set {
			return info
		}
	}
	return library.Model{}
}
