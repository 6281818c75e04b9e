package opening

import (
	"fmt"
	"math"

	"nirvana/app/library"
	"nirvana/app/notice"
	"nirvana/app/settings"
)

// Fits reports whether a model fits into this machine's memory; true if either is unknown.
func (m *Model) Fits(info library.Model) bool { return m.in.Memory <= 0 || info.Memory <= m.in.Memory }

// Refuse reports, once per model, that it will not fit, before it is opened.
func (m *Model) Refuse(info library.Model) bool {
	if m.Fits(info) || m.anyway == info.Dir || m.dir == info.Dir {
		return false
	}

	m.in.Strip.Tell(&notice.Notice{Headline: fmt.Sprintf(m.say("%s will not fit this machine's memory"), info.Name),
		Advice: fmt.Sprintf(m.say("It needs about %d GB and there are %d GB: choose a smaller model."), int(math.Ceil(gigabytes(info.Memory))), int(gigabytes(m.in.Memory))),
		Action: m.say("Open it anyway"), Do: func() {
			m.anyway = info.Dir
			m.Open(info.Dir)
		}})
	return true
}

func gigabytes(n int64) float64 { return float64(n) / 1e9 }

// OffOwnSize reports whether the size is so far from the model's own that it draws parts of objects, or repeats them:
// the shorter side under 0.7 of its own, less than any aspect ratio up to 1:2 at its own area, or more than four
// times its area.
func (m *Model) OffOwnSize() bool {
	f := m.Facts
	if f.Fixed || f.Width <= 0 || f.Height <= 0 {
		return false
	}
	w, h := m.in.Panel.Settings.Width, m.in.Panel.Settings.Height
	return 10*min(w, h) < 7*min(f.Width, f.Height) || w*h > 4*f.Width*f.Height
}

// OfferOwnSize suggests the model's own size, with a button.
func (m *Model) OfferOwnSize() {
	t, w, h := m.in.Panel.Settings, m.Facts.Width, m.Facts.Height
	m.offer = offer{of: [3]any{m.Facts.Name, t.Width, t.Height}}
	m.offer.notice = &notice.Notice{Headline: fmt.Sprintf(m.say("The next picture will have %d x %d px"), t.Width, t.Height),
		Advice: fmt.Sprintf(m.say("%s draws best at about %d x %d px."), m.Facts.Name, w, h), Fine: true,
		Action: m.say("Use that size"), Do: func() { m.in.Panel.Set(func(t *settings.Settings) { t.Width, t.Height = w, h }) }}
	m.in.Strip.Tell(m.offer.notice)
}

// offer is the suggestion of the model's own size, and of what: the model's name and the size in the settings.
type offer struct {
	notice *notice.Notice
	of     [3]any
}

// DropOwnSize removes the suggestion once the settings have another size, or the model is another.
func (m *Model) DropOwnSize() {
	t := m.in.Panel.Settings
	if m.offer.notice != nil && m.offer.of != [3]any{m.Facts.Name, t.Width, t.Height} {
		gone := m.offer.notice
		m.offer = offer{}
		m.in.Strip.Done(gone)
	}
}
