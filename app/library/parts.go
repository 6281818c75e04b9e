package library

import "reflect"

// FindParts looks in the background for files that a model can be opened or used with. If called again meanwhile, it
// looks once more, for the last model.
func (l *Library) FindParts(dir string) {
	l.PartsOf = dir
	if l.options.Parts == nil || l.finding {
		l.findAgain = l.finding
		return
	}
	l.finding = true
	roots := l.dirs()
	l.hooks.Aside(func() {
		found := l.options.Parts(l.base, dir, roots)
		l.hooks.Post(func() { l.foundParts(dir, found) })
	})
}

func (l *Library) foundParts(dir string, found Parts) {
	l.finding = false
	if l.findAgain {
		l.findAgain = false
		l.FindParts(l.PartsOf)
		return
	}
	if !reflect.DeepEqual(found, l.Parts) {
		l.Parts = found
		l.hooks.Changed()
	}
	if l.hooks.Found != nil {
		l.hooks.Found(dir)
	}
}

// Finding reports whether the search of FindParts is in progress.
func (l *Library) Finding() bool { return l.finding }
