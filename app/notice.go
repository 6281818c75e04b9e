package app

import (
	"context"
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"syscall"

	"nirvana/app/history"
	"nirvana/app/journal"
	"nirvana/engine/fault"
)

// Notice is the strip over the canvas: what happened in plain words, what to
// do, and one button that does it.
type Notice struct {
	Headline string
	Advice   string
	Detail   string // the whole error, to unfold
	Fine     bool   // nothing went wrong: Detail only tells more
	Action   string // the button's label; "" for none
	Do       func() // what it does
	Also     string // a second button's label; "" for none
	DoAlso   func()
}

// fileFirst are messages that begin with a file's or a repository's name, which has its own large and small letters.
var fileFirst = regexp.MustCompile(`^[^:]*\.[0-9A-Za-z_]{1,12}:|^[\w.-]+/[\w.-]+[:,]`)

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

// Advice is what to do about an error, in the window's language: what its kind says (package fault). In English its
// own text is more exact.
func (s *Studio) Advice(err error) string {
	var said fault.Said
	if errors.As(err, &said) {
		return string(said)
	}
	if kind := ofSystem(err); kind != "" {
		return s.say(string(kind))
	}
	kind := fault.Of(err)
	if text := s.say(string(kind)); text != string(kind) {
		return text
	}
	return own(err)
}

// ofSystem is the kind of an error that the system gave, which whoever wraps it does not know better; "" for others.
func ofSystem(err error) fault.Kind {
	switch {
	case errors.Is(err, journal.ErrGone), errors.Is(err, history.ErrAway):
		return fault.Away
	case errors.Is(err, syscall.ENOSPC):
		return fault.Full
	case errors.Is(err, fs.ErrPermission):
		return fault.Denied
	case errors.Is(err, fs.ErrNotExist) && fault.Of(err) == fault.Other:
		return fault.Missing
	}
	return ""
}

// own is what an error of ours says itself, after a colon.
func own(err error) string {
	text := err.Error()
	if i := strings.IndexByte(text, '\n'); i > 0 {
		text = text[:i]
	}
	if i := strings.LastIndex(text, " ("); i > 0 && strings.HasSuffix(text, ")") {
		text = text[:i] // the cause, which Detail tells
	}
	if text == "" || fileFirst.MatchString(text) {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
