package ui

import (
	"errors"
	"image"
	"strings"
	"testing"

	"nirvana/app"
	"nirvana/app/guest"
)

// serving is a service that notes what it is told.
type serving struct {
	now  guest.Status
	fail error
}

func (s *serving) Status() guest.Status { return s.now }

func (s *serving) Set(now guest.Service) error {
	s.now = guest.Status{Service: now}
	if now.On {
		s.now.Addresses = []string{"http://127.0.0.1:7860/"}
	}
	return s.fail
}

// The switch acts at once, what it listens on is shown, and tokens only where other machines may come in.
func TestServePage(t *testing.T) {
	s := &serving{now: guest.Status{Service: guest.Service{Port: 7860, Token: "a-token-of-some-length"}}}
	w := window(t, Options{Serving: s})
	w.settings = &settingsView{page: "Other programs"}
	w.showSettingsPage()
	p := w.settings.serve
	if p == nil || p.on.Checked || p.secret.Visible() || len(p.reached.Objects) != 0 {
		t.Fatalf("at first %+v", p)
	}
	p.on.SetChecked(true)
	if !s.now.On || len(p.reached.Objects) != 1 || !strings.Contains(w.status.sentence(), "http://127.0.0.1:7860/") {
		t.Errorf("switched on: %+v, %q", s.now, w.status.sentence())
	}
	p.set(func(s *guest.Service) { s.Network = true })
	if !p.secret.Visible() || p.token.Text != "a-token-of-some-length" {
		t.Errorf("for other machines: token %q, visible %v", p.token.Text, p.secret.Visible())
	}
	for typed, want := range map[string]int{"8000": 8000, "0": 7860, "70000": 7860, "x": 7860} {
		s.now.Port = 7860
		p.refresh()
		typeOver(w, p.port, typed)
		w.win.Canvas().Unfocus()
		if s.now.Port != want {
			t.Errorf("port %s: %d, want %d", typed, s.now.Port, want)
		}
	}
	s.now.Err = errors.New("address already in use")
	p.refresh()
	if !strings.Contains(p.says.Text, "address already in use") {
		t.Errorf("a port that is taken: %q", p.says.Text)
	}
	s.fail = errors.New("the disk is full")
	p.on.SetChecked(false)
	if s.now.On || w.studio.Notice == nil {
		t.Errorf("it could not be kept: %+v %v", s.now, w.studio.Notice)
	}
}

// What comes in has cards behind the artist's own, is seen on the canvas, and can be stopped.
func TestGuests(t *testing.T) {
	w := window(t, Options{})
	stopped := ""
	run := func(id, state string) guest.Run {
		return guest.Run{ID: id, From: "OpenAI", Prompt: "a heart", State: state, Pictures: 1, Stop: func() { stopped = id }}
	}
	one := run("one", "painting")
	one.Preview, one.Size, one.Step, one.Of, one.Share = image.NewRGBA(image.Rect(0, 0, 8, 8)), image.Pt(64, 32), 3, 20, 0.15
	w.studio.SetGuests(guest.List{one, run("two", "waiting")}, false)
	w.flush()
	q := w.tray.queue
	if len(q.cards) != 2 || !strings.Contains(q.cards[0].title.Text, "OpenAI") || !strings.Contains(q.cards[0].title.Text, "15 %") || q.cards[1].prompt.Text != "a heart" {
		t.Fatalf("%d cards, %+v", len(q.cards), q.cards)
	}
	if got := w.status.sentence(); !strings.Contains(got, "OpenAI") || !strings.Contains(got, "3 of 20") {
		t.Errorf("status %q", got)
	}
	if s := w.canvas.Scene; s.Beside != one.Preview || s.BesideAt.Size() != image.Pt(64, 32) || w.empty.box.Visible() {
		t.Errorf("on the canvas %v at %v", s.Beside, s.BesideAt)
	}
	q.cards[1].stop()
	if stopped != "two" {
		t.Errorf("stopped %q", stopped)
	}
	many := guest.List{one}
	for range 40 {
		many = append(many, run("more", "waiting"))
	}
	w.studio.SetGuests(many, false)
	w.flush()
	if len(q.cards) != mostGuests || !strings.Contains(q.cards[mostGuests-1].title.Text, "29") {
		t.Errorf("%d cards, the last says %q", len(q.cards), q.cards[len(q.cards)-1].title.Text)
	}
	w.studio.SetGuests(nil, true)
	w.flush()
	if len(q.cards) != 0 || w.canvas.Scene.Beside != nil {
		t.Errorf("%d cards are left, or the picture", len(q.cards))
	}
	w.refresh(app.ChangedRun)
}
