package ui

import (
	"reflect"
	"unsafe"

	"fyne.io/fyne/v2"
)

// Fyne opens the first menu when Alt is released and no other key was pressed meanwhile. It does not count what the
// mouse did with Alt held, such as painting, and has no API for that: pendingMenu is where it records the key. Where
// a version of Fyne has no such field the menu opens, as in other programs of Fyne.

// pendingMenu finds that field of Fyne's window driver; nil in a test's window.
func pendingMenu(w fyne.Window) *fyne.KeyName {
	v := reflect.ValueOf(w)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return nil
	}
	f := v.Elem().FieldByName("menuTogglePending")
	if !f.IsValid() || f.Type() != reflect.TypeFor[fyne.KeyName]() {
		return nil
	}
	return (*fyne.KeyName)(unsafe.Pointer(f.UnsafeAddr()))
}

// mouseActed records that the mouse was used with the keys that are held.
func (w *Window) mouseActed() {
	if w.altNote != nil {
		*w.altNote = ""
	}
}
