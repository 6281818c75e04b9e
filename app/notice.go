package app

import (
	"context"
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"syscall"

	"nirvana/app/journal"
)

// Notice is the strip over the canvas: what happened in plain words, what to
// do, and one button that does it.
type Notice struct {
	Headline string
	Advice   string
	Detail   string // the whole error, to unfold
	Action   string // the button's label; "" for none
	Do       func() // what it does
}

// fileFirst are messages that begin with a file's name, which has its own large and small letters.
var fileFirst = regexp.MustCompile(`^[^:]*\.[0-9A-Za-z_]{1,12}:`)

// Dismiss takes the strip away.
func (s *Studio) Dismiss() { s.notify(nil) }

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
	s.notify(&Notice{Headline: s.say(headline), Advice: s.advice(err), Detail: err.Error(), Action: s.say(action), Do: do})
}

// advice is what to do about an error. Errors of ours say it themselves, after a colon.
func (s *Studio) advice(err error) string {
	switch {
	case errors.Is(err, journal.ErrGone), errors.Is(err, errAway):
		return s.say("The data folder is not there: connect its disk or network again.")
	case errors.Is(err, syscall.ENOSPC):
		return s.say("The disk is full: make room, then try again.")
	case errors.Is(err, fs.ErrPermission):
		return s.say("The folder cannot be written to: choose another.")
	case errors.Is(err, fs.ErrNotExist):
		return s.say("The file or folder is not there any more: choose another.")
	}
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
