// Package fieldundo takes back what was set: a step a field, however many keys or moves of a slider it took, in its turn among
// the steps of the document. Start with Undo.
package fieldundo

import (
	"reflect"
	"slices"
	"strings"

	"nirvana/app/settings"
)

// Undo holds what was set. Its zero value holds nothing.
type Undo struct {
	done, undone []step
	apart        bool // the next change is a step of its own
}

// step is a change of one field, or of several at once.
type step struct {
	fields        string
	before, after settings.Settings
	at            int // after so many steps of the document
}

// most is how many steps are held.
const most = 64

// tools are the fields that say how something is done by hand or looked at, beside those that Belong knows: no step of undo.
var tools = []string{"Model", "ModelDir", "BrushSize", "BrushSoftness", "BrushOpacity", "BrushThins", "Tolerance", "HoldMask", "ResultLayer", "ReadLayer", "ShowNoise", "ShowChain"}

// Set notes a change, after so many steps of the document. What changes no picture is no step.
func (u *Undo) Set(before, after settings.Settings, steps int) {
	fields := changed(before, after)
	if fields == "" {
		return
	}
	u.undone = nil
	if n := len(u.done) - 1; n >= 0 && !u.apart && u.done[n].fields == fields && u.done[n].at == steps {
		if u.done[n].after = after; changed(u.done[n].before, after) == "" {
			u.done = u.done[:n] // it is as it was
		}
		return
	}
	u.apart = false
	u.done = append(u.done, step{fields, before, after, steps})
	if len(u.done) > most {
		u.done = slices.Clone(u.done[1:])
	}
}

// Part makes the next change a step of its own, as after a run was begun.
func (u *Undo) Part() { u.apart = true }

// changed are the names of the fields in which two differ and that make a picture.
func changed(a, b settings.Settings) string {
	a.Belong(b)
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	var names []string
	for i := range x.NumField() {
		name := x.Type().Field(i).Name
		if !slices.Contains(tools, name) && !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// MayReturn says whether Undo and Redo do something, with so many steps of the document made.
func (u *Undo) MayReturn(steps int) (undo, redo bool) {
	return due(u.done, steps), due(u.undone, steps)
}

// due says whether the last of a list is next: no step of the document was made or taken back since.
func due(list []step, steps int) bool { return len(list) > 0 && list[len(list)-1].at == steps }

// Undo is the settings with the last change taken back; false where there is none, or it is not next.
func (u *Undo) Undo(now settings.Settings, steps int) (settings.Settings, bool) {
	if !due(u.done, steps) {
		return now, false
	}
	s := u.done[len(u.done)-1]
	u.done, u.undone, u.apart = u.done[:len(u.done)-1], append(u.undone, s), true
	return taken(now, s.before, s.fields), true
}

// Redo makes it again.
func (u *Undo) Redo(now settings.Settings, steps int) (settings.Settings, bool) {
	if !due(u.undone, steps) {
		return now, false
	}
	s := u.undone[len(u.undone)-1]
	u.undone, u.done, u.apart = u.undone[:len(u.undone)-1], append(u.done, s), true
	return taken(now, s.after, s.fields), true
}

// taken is the settings with some fields of others.
func taken(now, from settings.Settings, fields string) settings.Settings {
	to, of := reflect.ValueOf(&now).Elem(), reflect.ValueOf(from)
	for _, name := range strings.Fields(fields) {
		to.FieldByName(name).Set(of.FieldByName(name))
	}
	return now
}
