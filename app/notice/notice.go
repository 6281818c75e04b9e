// Package notice is messages for the user: what happened, in plain words, and what to do.
package notice

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"syscall"

	"nirvana/app/history"
	"nirvana/app/journal"
	"nirvana/engine/fault"
	"nirvana/engine/memory"
)

// Notice is the strip over the canvas: what happened in plain words, what to do, and one button that does it.
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

// Advice is what to do about an error, in say's language: its kind's sentence (package fault). In English its own
// text is more exact.
func Advice(err error, say func(string) string) string {
	var said fault.Said
	if errors.As(err, &said) {
		return string(said)
	}
	if kind := ofSystem(err); kind != "" {
		return say(string(kind))
	}
	var short *memory.Short
	if errors.As(err, &short) {
		return fmt.Sprintf(say("It needs %d MB of memory, and %d MB are free: make it smaller, merge layers, or close other programs."), short.MB(short.Want), short.MB(short.Free))
	}
	kind := fault.Of(err)
	if text := say(string(kind)); text != string(kind) {
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
