package notice

import (
	"context"
	"errors"
	"testing"

	"nirvana/engine/fault"
)

func TestStrip(t *testing.T) {
	changed := 0
	s := NewStrip(func(text string) string { return "<" + text + ">" }, func() { changed++ })
	s.Dismiss()
	s.Fail("Lost", nil, "", nil)
	s.Fail("Lost", context.Canceled, "", nil)
	s.Noticed(nil)
	s.Fallbacks(nil)
	if changed != 0 || s.Notice != nil {
		t.Fatal("nothing happened, and it is told")
	}
	s.Fail("Lost", errors.New("a.png: it is gone"), "Try again", func() {})
	n := s.Notice
	if n == nil || n.Headline != "<Lost>" || n.Action != "<Try again>" || n.Detail != "a.png: it is gone" || n.Do == nil {
		t.Fatalf("%+v", n)
	}
	s.Fallbacks([]fault.Notice{{Format: "one"}, {Format: "two", Detail: "because"}})
	if s.Notice.Advice != "<one>\n<two>" || s.Notice.Detail != "because" {
		t.Errorf("%+v", s.Notice)
	}
	if s.Done(n); s.Notice == nil {
		t.Error("another notice is taken away")
	}
	if s.Done(s.Notice); s.Notice != nil || changed != 3 {
		t.Errorf("%d changes", changed)
	}
}
