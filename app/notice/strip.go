package notice

import (
	"context"
	"errors"
	"strings"

	"nirvana/engine/fault"
)

// Strip is the notice that is shown. It belongs to the owner of the state.
type Strip struct {
	Notice *Notice // nil when all is well

	say     func(string) string
	changed func()
}

// NewStrip is a strip without a notice. say translates, changed is called after every change.
func NewStrip(say func(string) string, changed func()) *Strip {
	return &Strip{say: say, changed: changed}
}

// Say translates a text for the artist.
func (s *Strip) Say(text string) string { return s.say(text) }

// Tell shows a notice; nil removes the one that is shown.
func (s *Strip) Tell(n *Notice) {
	if s.Notice == nil && n == nil {
		return
	}
	s.Notice = n
	s.changed()
}

// Dismiss removes the notice.
func (s *Strip) Dismiss() { s.Tell(nil) }

// Done removes a notice if it is still the one that is shown.
func (s *Strip) Done(n *Notice) {
	if n != nil && s.Notice == n {
		s.Dismiss()
	}
}

// Fail shows an error; headline and action are translated. Cancellation is not an error.
func (s *Strip) Fail(headline string, err error, action string, do func()) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	n := &Notice{Headline: s.say(headline), Advice: s.Advice(err), Detail: err.Error(), Do: do}
	if action != "" {
		n.Action = s.say(action)
	}
	s.Tell(n)
}

// Advice is what to do about an error, in the window's language.
func (s *Strip) Advice(err error) string { return Advice(err, s.say) }

// Noticed shows the notices about a picture file.
func (s *Strip) Noticed(notices []fault.Notice) {
	var lines []string
	for _, n := range notices {
		lines = append(lines, n.In(s.say))
	}
	if len(lines) > 0 {
		s.Tell(&Notice{Headline: lines[0], Advice: strings.Join(lines[1:], " "), Fine: true})
	}
}

// Fallbacks shows where a model does not run as asked.
func (s *Strip) Fallbacks(notices []fault.Notice) {
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
	s.Tell(&Notice{Headline: s.say("The model runs differently than asked"), Advice: strings.Join(texts, "\n"), Detail: strings.Join(details, "\n")})
}
