package opening

import (
	"nirvana/app/library"
	"nirvana/app/settings"
	"nirvana/engine"
)

// usual are the values that a model is usually run with; 0: not known.
type usual struct {
	width, height, steps int
	guidance             float32
	bestOf               int
}

// listed are a model's as the list has them, before it is open.
func listed(info library.Model) usual {
	return usual{info.Width, info.Height, info.Steps, info.Guidance, info.BestOf}
}

// ofFacts are an open model's.
func ofFacts(f engine.Facts) usual {
	return usual{f.Width, f.Height, f.Steps, f.Guidance, f.BestOf}
}

// ofFirst are those of a first start.
func ofFirst() usual {
	t := settings.Default()
	return usual{t.Width, t.Height, t.Steps, t.Guidance, t.BestOf}
}

// Awaited reports whether the settings are still another model's, as the chosen one's usual values are not known before it
// is open.
func (m *Model) Awaited() bool {
	info, ok := m.Chosen()
	known := info.Steps > 0 && info.Guidance > 0 && info.Width > 0
	return ok && m.Facts.Name != "" && !m.Describes(info.Dir) && !known
}

// Known are the chosen model's Facts; zero before it is open.
func (m *Model) Known() engine.Facts {
	if info, ok := m.Chosen(); ok && !m.Describes(info.Dir) {
		return engine.Facts{}
	}
	return m.Facts
}

// KeepSettings sets what a recipe, a project or the last session brings: a model that is opened for it, or after it as
// the first, leaves that as it is.
func (m *Model) KeepSettings(bring func()) {
	left, suited := m.left, m.suited
	m.Sized, m.left = true, usual{}
	bring()
	if m.suited == suited && m.Describes(suited) { // brought for the open model
		m.left = left
	}
}

// suitListed applies the defaults of the chosen model before it is open, once.
func (m *Model) suitListed(info library.Model) {
	if info.Dir == m.suited {
		return
	}
	next := listed(info)
	if m.Describes(info.Dir) {
		next = ofFacts(m.Facts)
	}
	m.suit(info.Dir, next)
}

// Suit applies the defaults of the model that has just been opened.
func (m *Model) Suit() {
	m.Sized = m.Sized || m.Facts.Width > 0
	m.suit(m.described, ofFacts(m.Facts))
}

// suit sets what the artist has left at the previous model's defaults to those of the model in a folder. The size
// changes only if the canvas is empty.
func (m *Model) suit(dir string, next usual) {
	was, sized := m.left, false
	m.suited = dir
	m.in.Panel.Adjust(func(t *settings.Settings) {
		if next.width > 0 && next.height > 0 {
			if sized = m.in.Empty() && t.Width == was.width && t.Height == was.height; sized {
				t.Width, t.Height = next.width, next.height
			}
			m.left.width, m.left.height = next.width, next.height
		}
		follow(&t.Steps, &m.left.steps, next.steps)
		follow(&t.Guidance, &m.left.guidance, next.guidance)
		follow(&t.BestOf, &m.left.bestOf, next.bestOf)
	})
	if sized { // within what the model can make
		m.left.width, m.left.height = m.in.Panel.Settings.Width, m.in.Panel.Settings.Height
	}
}

// follow sets a value that was left at the previous model's default to the next one's, if both are known.
func follow[T int | float32](set, left *T, next T) {
	if next == 0 {
		return
	}
	if *left != 0 && *set == *left {
		*set = next
	}
	*left = next
}
