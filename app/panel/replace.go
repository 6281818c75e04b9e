package panel

import (
	"nirvana/app/notice"
	"nirvana/app/settings"
)

// Replacing does something that replaces settings, and reports it with one click that restores them: a prompt that was
// typed is work. headline is translated.
func (p *Panel) Replacing(headline string, do func()) {
	before := p.Settings
	do()
	p.TellReplaced(headline, before)
}

// TellReplaced is Replacing for what has been done already. Where it has locked the seed, another click unlocks that
// alone.
func (p *Panel) TellReplaced(headline string, before settings.Settings) {
	if p.Settings.Same(before) {
		return
	}
	n := &notice.Notice{Headline: headline, Action: p.say("Undo"), Do: func() { p.Set(func(t *settings.Settings) { t.TakeBack(before) }) }}
	if p.Settings.Locked && !before.Locked {
		n.Also, n.DoAlso = p.unlock()
	}
	p.strip.Tell(n)
}

// OfferUnlock adds to a notice about a picture what unlocks the seed, if the next run would repeat the picture's.
func (p *Panel) OfferUnlock(n *notice.Notice, seed uint64) {
	if p.Settings.Locked && p.Settings.Seed == seed && n.Action == "" {
		n.Action, n.Do = p.unlock()
	}
}

func (p *Panel) unlock() (label string, do func()) {
	return p.say("Unlock the seed"), func() { p.Set(func(t *settings.Settings) { t.Locked = false }) }
}

// say translates a text for the artist.
func (p *Panel) say(text string) string { return p.strip.Say(text) }
