// Package opening has the model in use: the one that the settings name, the one that is open, and the opening of the
// first. Start with Model.
package opening

import (
	"fmt"

	"nirvana/app/library"
	"nirvana/app/notice"
	"nirvana/app/panel"
	"nirvana/app/recipe"
	"nirvana/app/worker"
	"nirvana/engine"
)

// Model has the chosen and the open model. Its methods are the owner's.
type Model struct {
	// Facts describe the open model; zero while none is open.
	Facts engine.Facts
	// Device is where the open model runs, as shown; "" while none is open.
	Device string
	// Runtime is what computes, for recipes.
	Runtime string
	// Opening is the name of the model that is being opened, or "".
	Opening string
	// Sized means that size and steps were set by an open model, a recipe or the last session: no run waits for a model
	// to set them.
	Sized bool

	in        Studio
	dir       string         // of the open model; "" while one is being opened
	described string         // the folder that Facts are of
	left      usual          // the defaults that the settings were last given: what equals them follows the next model
	suited    string         // the folder that they are of
	wanted    bool           // the chosen model will be opened when the worker is free
	anew      bool           // even if it is open
	anyway    string         // Dir of a model that the artist opens although it will not fit
	offer     offer          // of the model's own size
	counter   worker.Counter // nil: the open model cannot count
	naming    *recipe.Recipe // whose files are being looked for by name; nil: none
}

// Studio is the part of the studio that a model uses.
type Studio struct {
	Panel   *panel.Panel
	Library *library.Library
	Worker  *worker.Worker
	Strip   *notice.Strip
	Door    *worker.Door
	Fits    func(library.Model) error // what is wrong with a model's additional files; nil: nothing
	Memory  int64                     // this machine's, bytes; 0: unknown
	Empty   func() bool               // nothing is on the canvas
	Changed func()                    // the settings name another model
}

// New is a Model without an open model.
func New(in Studio) *Model { return &Model{in: in, left: ofFirst()} }

// Find returns the model with a name, with the settings' hardware.
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
	m.suitListed(info)
	if m.in.Library.PartsOf != info.Dir {
		m.in.Library.FindParts(info.Dir)
	}
	m.wanted = true
	m.Advance()
}

// Missing reports that a model is not installed.
func (m *Model) Missing(name string) {
	m.in.Strip.Tell(&notice.Notice{Headline: fmt.Sprintf(m.say("There is no model called %s"), name), Advice: m.say("Choose another in the Model menu, or add its folder.")})
}

// None reports that no model is installed.
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

// Opened notes that one is open, or could not be opened; it returns false in the latter case. Suit then applies its
// defaults.
func (m *Model) Opened(e worker.Opened) bool {
	m.Opening = ""
	if e.Err != nil {
		return false
	}
	m.dir, m.described = e.Model.Dir, e.Model.Dir
	m.Facts, m.Device, m.Runtime, m.counter = e.Facts, e.Device, e.Runtime, e.Counter
	m.in.Strip.Fallbacks(e.Notices)
	return true
}

// Describes reports whether Facts are those of the model in a folder.
func (m *Model) Describes(dir string) bool { return m.Facts.Name != "" && m.described == dir }

// Other reports whether an opened model is not the chosen one, but one of a run that was queued with it. Facts stay
// those of the chosen one.
func (m *Model) Other(e worker.Opened) bool {
	chosen, ok := m.Chosen()
	if !ok || e.Err != nil || chosen.Dir == e.Model.Dir {
		return false
	}
	m.Opening, m.dir = "", e.Model.Dir
	return true
}

// Tokens is the number of tokens of the prompt, and of one chunk; false if the model is not open or takes no text.
func (m *Model) Tokens(prompt string) (n, most int, ok bool) {
	if m.counter == nil || !m.Facts.Text {
		return 0, 0, false
	}
	return m.counter.Tokens(prompt), m.Facts.MaxTokens, true
}

// Refiner is the refiner of the next run; without a Dir: none.
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
