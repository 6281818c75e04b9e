// Package panel has the settings that the artist edits: every change is limited to the valid ranges, reported, and
// can be undone one field at a time. Start with Panel.
package panel

import (
	"reflect"
	"slices"

	"nirvana/app/fieldundo"
	"nirvana/app/notice"
	"nirvana/app/recipe"
	"nirvana/app/settings"
	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// Panel has the current settings. Its methods are the owner's.
type Panel struct {
	// Settings may be read directly, and are changed through Set.
	Settings settings.Settings
	// Used is the recipe that they were taken from; nil if none.
	Used *recipe.Recipe

	door   *worker.Door
	strip  *notice.Strip
	hooks  Hooks
	fields fieldundo.Undo
	drawn  *uint64 // the seed of the last run
}

// Hooks connect a panel to the program. All are required.
type Hooks struct {
	Facts   func() engine.Facts         // of the open model, which bounds some settings
	Steps   func() int                  // the number of undo steps of the document
	Draw    func() uint64               // draws a seed
	Changed func(was settings.Settings) // the settings have changed
}

// New is a panel with the default settings and a seed.
func New(door *worker.Door, strip *notice.Strip, h Hooks) *Panel {
	p := &Panel{Settings: settings.Default(), door: door, strip: strip, hooks: h}
	p.Settings.Seed = h.Draw()
	return p
}

// Brought replaces the settings by stored ones.
func (p *Panel) Brought(t settings.Settings) {
	t.Clamp(p.hooks.Facts())
	p.Settings = t
}

// Resumed is Brought for the settings of the last session, whose seed has been used.
func (p *Panel) Resumed(t settings.Settings) {
	p.Brought(t)
	seed := t.Seed
	p.drawn = &seed
}

// Set changes the settings, within their ranges, and reports it if anything is different. Undo reverts it.
func (p *Panel) Set(change func(*settings.Settings)) {
	before := p.Settings
	p.Adjust(change)
	p.fields.Set(before, p.Settings, p.hooks.Steps())
}

// Adjust is Set for values that the artist has not set: Undo does not revert them.
func (p *Panel) Adjust(change func(*settings.Settings)) {
	next := p.Settings
	change(&next)
	next.Clamp(p.hooks.Facts())
	if reflect.DeepEqual(next, p.Settings) {
		return
	}
	before := p.Settings
	p.Settings = next
	p.hooks.Changed(before)
}

// MayReturn reports whether Undo and Redo have an effect: a setting was the last thing that changed.
func (p *Panel) MayReturn() (undo, redo bool) { return p.fields.MayReturn(p.hooks.Steps()) }

// Undo reverts a setting; false if a setting was not the last thing that changed.
func (p *Panel) Undo() bool { return p.reset(p.fields.Undo) }

// Redo applies it again.
func (p *Panel) Redo() bool { return p.reset(p.fields.Redo) }

func (p *Panel) reset(back func(settings.Settings, int) (settings.Settings, bool)) bool {
	to, ok := back(p.Settings, p.hooks.Steps())
	if ok {
		p.Adjust(func(t *settings.Settings) { *t = to })
	}
	return ok
}

// Part makes the next change of a setting a separate undo step.
func (p *Panel) Part() { p.fields.Part() }

// ForgetUndo clears the undo steps.
func (p *Panel) ForgetUndo() { p.fields = fieldundo.Undo{} }

// Dice draws a new seed.
func (p *Panel) Dice() { p.Set(func(t *settings.Settings) { t.Seed = p.hooks.Draw() }) }

// NextSeed draws the seed of the next run, unless it is locked, or was typed or diced: those are used once. The
// caller reports the change.
func (p *Panel) NextSeed() {
	if !p.Settings.Locked && p.drawn != nil && p.Settings.Seed == *p.drawn {
		p.Settings.Seed = p.hooks.Draw()
	}
	used := p.Settings.Seed
	p.drawn = &used
}

// SetControl changes one ControlNet's settings, counted from 0. A file that is not a picture is reported and not
// used.
func (p *Panel) SetControl(k int, change func(*settings.Control)) {
	all := p.Settings.Controls()
	if k >= len(all) {
		return
	}
	next := all[k]
	change(&next)
	take := func() {
		if all := p.Settings.Controls(); k < len(all) {
			change(&all[k])
			p.Set(func(t *settings.Settings) { t.SetControls(all) })
		}
	}
	if next.Source == "file" && next.File != "" && next.File != all[k].File {
		p.trying(next.File, "The picture for the ControlNet cannot be loaded", take)
		return
	}
	take()
}

// SetDepth chooses a depth model's depth map. A file that is not a picture is reported and not used.
func (p *Panel) SetDepth(path string) {
	p.trying(path, "The depth map cannot be loaded", func() { p.Set(func(t *settings.Settings) { t.DepthFile = path }) })
}

// AddReference adds a reference picture behind the others. A file that is not a picture is reported and not used.
func (p *Panel) AddReference(path string) {
	p.trying(path, "The reference picture cannot be loaded", func() {
		p.Set(func(t *settings.Settings) { t.References = append(slices.Clone(t.References), path) })
	})
}

// MoveReference gives a reference picture another place, both counted from 0.
func (p *Panel) MoveReference(from, to int) {
	p.Set(func(t *settings.Settings) {
		if n := len(t.References); from < 0 || to < 0 || from >= n || to >= n {
			return
		}
		path := t.References[from]
		t.References = slices.Insert(slices.Delete(slices.Clone(t.References), from, from+1), to, path)
	})
}

// DropReference removes a reference picture.
func (p *Panel) DropReference(i int) {
	p.Set(func(t *settings.Settings) {
		if i >= 0 && i < len(t.References) {
			t.References = slices.Delete(slices.Clone(t.References), i, i+1)
		}
	})
}

// trying reads a picture in the background and then calls then; an error is reported.
func (p *Panel) trying(path, failed string, then func()) {
	p.door.Beside(func() func() {
		_, err := pixel.Load(path)
		return func() {
			if err != nil {
				p.strip.Fail(failed, err, "", nil)
				return
			}
			then()
		}
	})
}
