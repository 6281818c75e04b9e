package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/app/guest"
)

// Serving is the studio as a server for other programs.
type Serving interface {
	Status() guest.Status
	Set(guest.Service) error
}

// servePage is the page of the settings about it.
type servePage struct {
	w       *Window
	on      *check
	port    *numberEntry
	says    *widget.Label
	reached *fyne.Container // the addresses
	secret  *fyne.Container // token and certificate, where other machines may come in
	token   *widget.Label
	print   *widget.Label
	shown   guest.Status
}

// Served tells the window that the service has begun, ended or failed.
func (w *Window) Served() {
	if v := w.settings; v != nil && v.serve != nil {
		v.serve.refresh()
	}
	w.observe(app.ChangedRun) // the line at the bottom names the address
}

func quiet(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Importance, l.Wrapping = widget.LowImportance, fyne.TextWrapWord
	return l
}

func (w *Window) serveSettings(c *column) fyne.CanvasObject {
	if w.options.Serving == nil {
		return quiet(say("This program cannot serve others."))
	}
	p := &servePage{w: w, says: quiet(""), reached: container.NewVBox(), token: widget.NewLabel(""), print: quiet("")}
	now := w.options.Serving.Status()
	p.on = w.checkBox(say("Paint for other programs"), nil)
	p.on.SetChecked(now.On)
	p.on.OnChanged = func(on bool) { p.set(func(s *guest.Service) { s.On = on }) }
	who := w.selector([]string{say("This machine alone"), say("Other machines in the network too")}, nil)
	who.SetSelectedIndex(map[bool]int{true: 1}[now.Network])
	who.OnChanged = func(string) { p.set(func(s *guest.Service) { s.Network = who.SelectedIndex() == 1 }) }
	p.port = w.numberEntry(func(text string) bool {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 || n > 65535 {
			return false
		}
		p.set(func(s *guest.Service) { s.Port = n })
		return true
	})
	p.token.Truncation = fyne.TextTruncateEllipsis
	tips := w.tips
	tokens := container.NewHBox(tips.button("copy", "Copy", func() { copyText(p.shown.Token) }),
		tips.button("reset", "Draw another token: programs that have this one are kept out", func() { p.set(func(s *guest.Service) { s.Token = "" }) }))
	p.secret = spaced(c.row("Token", p.token, tokens), c.under(p.print))
	p.refresh()
	w.settings.serve = p
	what := quiet(say("Krita and GIMP with Nirvana's plug-ins, programs that speak AUTOMATIC1111's or OpenAI's API, and browsers paint with this studio's model, after what you have asked for. Their pictures are in the history."))
	return spaced(p.on, what, c.row("Who", who, nil), c.row("Port", fixed(90, p.port), nil), line(), p.says, p.reached, p.secret)
}

func copyText(text string) { fyne.CurrentApp().Clipboard().SetContent(text) }

// set changes the service.
func (p *servePage) set(change func(*guest.Service)) {
	s := p.w.options.Serving.Status().Service
	change(&s)
	p.w.studio.Fail("The setting could not be kept", p.w.options.Serving.Set(s), "", nil)
	p.refresh()
}

func (p *servePage) refresh() {
	s := p.w.options.Serving.Status()
	p.shown = s
	p.port.show(strconv.Itoa(s.Port))
	p.says.Importance = widget.LowImportance
	switch {
	case s.Err != nil:
		p.says.Importance = widget.DangerImportance
		p.says.SetText(sayf("It cannot listen on port %d: choose another, or close the program that has it.", s.Port) + "\n" + s.Err.Error())
	case !s.On:
		p.says.SetText(say("It is off: nothing listens."))
	case len(s.Addresses) == 0:
		p.says.SetText(say("It begins to listen ..."))
	default:
		p.says.SetText(say("It listens here. A browser paints on this page; other programs take the same address."))
	}
	p.reached.Objects = nil
	for _, a := range s.Addresses {
		p.reached.Add(p.address(a))
	}
	visible(p.secret, s.Network)
	p.token.SetText(s.Token)
	p.print.SetText(say("The certificate is this machine's own, so a browser asks once whether to trust it. Its SHA-256 is"))
	if s.Fingerprint != "" {
		p.print.SetText(p.print.Text + " " + strings.ReplaceAll(s.Fingerprint, ":", " "))
	}
	p.reached.Refresh()
}

var addressTips = []string{"Copy the address", "Copy the address with the token: for a browser"}

// address is one with a button that copies it, with the token where one is asked for.
func (p *servePage) address(a string) fyne.CanvasObject {
	l := widget.NewLabelWithStyle(a, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	l.Truncation = fyne.TextTruncateEllipsis
	full, tip := a, addressTips[0]
	if p.shown.Network {
		full, tip = a+"#"+p.shown.Token, addressTips[1]
	}
	return container.NewBorder(nil, nil, nil, p.w.tips.button("copy", tip, func() { copyText(full) }), l)
}
