package app

import (
	"context"
	"errors"
	"strings"

	"nirvana/app/notice"
	"nirvana/engine/fault"
)

// Notice is the strip over the canvas.
type Notice = notice.Notice

// Dismiss takes the strip away.
func (s *Studio) Dismiss() { s.notify(nil) }

// Tell shows something that is no error.
func (s *Studio) Tell(n *Notice) { s.notify(n) }

func (s *Studio) notify(n *Notice) {
	if s.Notice == nil && n == nil {
		return
	}
	s.Notice = n
	s.changed(ChangedNotice)
}

// Fail shows an error as a notice; headline and action are translated. Cancelling is no error.
func (s *Studio) Fail(headline string, err error, action string, do func()) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	s.notify(&Notice{Headline: s.say(headline), Advice: s.Advice(err), Detail: err.Error(), Action: s.say(action), Do: do})
}

// sayOf tells what was noticed of a picture file.
func (s *Studio) sayOf(notices []fault.Notice) {
	var lines []string
	for _, n := range notices {
		lines = append(lines, n.In(s.say))
	}
	if len(lines) > 0 {
		s.notify(&Notice{Headline: lines[0], Advice: strings.Join(lines[1:], " "), Fine: true})
	}
}

// Advice is what to do about an error, in the window's language.
func (s *Studio) Advice(err error) string { return notice.Advice(err, s.say) }
