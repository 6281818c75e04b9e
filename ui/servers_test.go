package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// someServers is a servers.json in memory, of servers that answer as they are told.
type someServers struct {
	named NamedServers
	asked []NamedServer
	has   []string
	fail  error
}

func (s *someServers) Read(app.ModelInfo) (NamedServers, error) { return s.named, nil }

func (s *someServers) Write(_ app.ModelInfo, n NamedServers) error {
	s.named = n
	return s.fail
}

func (s *someServers) Ask(ctx context.Context, n NamedServer, _ app.ModelInfo) (string, []string, time.Duration, error) {
	s.asked = append(s.asked, n)
	if deadline, limited := ctx.Deadline(); !limited || time.Until(deadline) > asking {
		panic("a server is waited for without end")
	}
	return "triton 2.50", s.has, 12 * time.Millisecond, s.fail
}

// each goes over what is drawn of an object, outermost first.
func each(o fyne.CanvasObject, do func(fyne.CanvasObject)) {
	do(o)
	switch c := o.(type) {
	case *fyne.Container:
		for _, inner := range c.Objects {
			each(inner, do)
		}
	case fyne.Widget:
		if _, label := c.(*widget.Label); label {
			return
		}
		for _, inner := range test.WidgetRenderer(c).Objects() {
			each(inner, do)
		}
	}
}

// Test asks the one server of its row, with what is typed there, and says what it calls itself, how long it took and which of the
// model's networks it has; or why not. What is typed goes into servers.json, a token only once.
func TestServersPage(t *testing.T) {
	token := "secret"
	s := &someServers{named: NamedServers{List: []NamedServer{{Address: "grpc://127.0.0.1:8001"}, {Address: "https://other.example", HasToken: true}},
		Parts: []ServedPart{{Part: "unet", Name: "nirvana_unet", On: true}, {Part: "vae_decoder", Name: "nirvana_vae_decoder"}}}}
	w := window(t, Options{Servers: s})
	w.settings = &settingsView{page: "Servers"}
	w.showSettingsPage()
	page := w.win.Canvas().Overlays().Top()
	var buttons []*button
	var fields []*numberEntry
	var checks []*check
	look := func() {
		buttons, fields, checks = nil, nil, nil
		each(page, func(o fyne.CanvasObject) {
			switch o := o.(type) {
			case *button:
				if o.Text == say("Test") {
					buttons = append(buttons, o)
				}
			case *numberEntry:
				fields = append(fields, o)
			case *check:
				checks = append(checks, o)
			}
		})
	}
	said := func() (out string) {
		each(page, func(o fyne.CanvasObject) {
			if l, ok := o.(*widget.Label); ok {
				out += l.Text + "\n"
			}
		})
		return out
	}
	look()
	if len(buttons) != 2 || len(fields) != 6 || len(checks) != 2 || !checks[0].Checked || checks[1].Checked {
		t.Fatalf("%d buttons, %d fields, %d boxes", len(buttons), len(fields), len(checks))
	}
	s.has = []string{"nirvana_unet"}
	test.Tap(buttons[1])
	if len(s.asked) != 1 || s.asked[0].Address != "https://other.example" || !strings.Contains(said(), "triton 2.50") || !strings.Contains(said(), "nirvana_unet") || buttons[1].Disabled() {
		t.Errorf("asked %+v\n%s", s.asked, said())
	}
	s.has = nil
	test.Tap(buttons[0])
	if !strings.Contains(said(), "It has no network of") {
		t.Errorf("nothing there:\n%s", said())
	}
	s.fail = errors.New("127.0.0.1:8001 refused the connection")
	test.Tap(buttons[0])
	if !strings.Contains(said(), "refused the connection") || buttons[0].Disabled() {
		t.Errorf("nobody there:\n%s", said())
	}
	s.fail = nil
	typeOver(w, fields[2], token)
	w.commitField()
	checks[1].SetChecked(true)
	if n := s.named.List[0]; !s.named.Parts[1].On || n.Token != nil {
		t.Errorf("written: %+v %+v", n, s.named.Parts)
	}
}
