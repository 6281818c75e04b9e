package ui

import (
	"context"
	"errors"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// Servers are those that networks can run on, as servers.json names them. Its methods may take their time, and are called
// in the background.
type Servers interface {
	// Read gives the servers, and which parts of a model run there.
	Read(model app.ModelInfo) (NamedServers, error)
	Write(model app.ModelInfo, s NamedServers) error
	// Ask says what a server calls itself, how long it took, and which of the model's networks it has, by the names that
	// "models export-server" gives them.
	Ask(ctx context.Context, s NamedServer, model app.ModelInfo) (said string, has []string, took time.Duration, err error)
}

// NamedServer is one of servers.json.
type NamedServer struct {
	Address   string
	Authority string  // PEM file of the certificates that its own is checked against; "": the system's
	Token     *string // to be kept in the keyring, "" takes it out; nil: as it was
	HasToken  bool
}

// NamedServers are those of servers.json.
type NamedServers struct {
	List  []NamedServer
	Parts []ServedPart // of the model, in its order
}

// ServedPart is a network of the model.
type ServedPart struct {
	Part string // "unet"
	Name string // that the servers have for it
	On   bool   // it runs there
}

// serversPage is the page of the settings about them.
type serversPage struct {
	w     *Window
	model app.ModelInfo
	named NamedServers
	rows  *fyne.Container
	parts *fyne.Container
	says  *widget.Label
}

func (w *Window) serversPage(*column) fyne.CanvasObject {
	what := quiet(say("Networks can run on servers of the Open Inference Protocol: Triton, KServe, MLServer, OpenVINO Model Server. What a run sends there, the words of its prompt as numbers and the picture as it is made, goes to the servers named here and nowhere else."))
	if w.options.Servers == nil {
		return what
	}
	p := &serversPage{w: w, rows: spaced(), parts: spaced(), says: quiet("")}
	p.model, _ = w.studio.Chosen()
	add := w.pushButton(say("Add a server"), icon("plus"), func() {
		p.named.List = append(p.named.List, NamedServer{Address: "grpc://"})
		p.refresh()
	})
	w.beside(func() func() {
		named, err := w.options.Servers.Read(p.model)
		return func() {
			p.named = named
			p.tell(err)
			p.refresh()
		}
	})
	return spaced(what, p.rows, container.NewHBox(add), line(), p.parts, p.says)
}

func (p *serversPage) tell(err error) {
	p.says.SetText("")
	if err != nil {
		p.says.SetText(p.w.studio.Advice(err) + "\n" + err.Error())
	}
}

func (p *serversPage) refresh() {
	p.rows.Objects, p.parts.Objects = nil, nil
	for i := range p.named.List {
		p.rows.Add(p.row(i))
	}
	p.parts.Add(quiet(sayf("What of %s runs there, by the names that the servers have:", p.model.Name)))
	for i := range p.named.Parts {
		part := &p.named.Parts[i]
		c := p.w.checkBox(part.Part+"  ·  "+part.Name, nil)
		c.SetChecked(part.On)
		c.OnChanged = func(on bool) { part.On = on; p.write() }
		if len(p.named.List) == 0 {
			c.Disable()
		}
		p.parts.Add(c)
	}
	p.rows.Refresh()
	p.parts.Refresh()
}

// row is one server: address, certificates, token, and what it says when it is asked.
func (p *serversPage) row(i int) fyne.CanvasObject {
	s, c := &p.named.List[i], &column{w: p.w}
	field := func(text, hint string, take func(string)) *numberEntry {
		e := p.w.numberEntry(func(text string) bool { take(text); p.write(); return true })
		e.SetPlaceHolder(hint)
		e.show(text)
		return e
	}
	address := field(s.Address, "grpcs://host:8001", func(t string) { s.Address = t })
	authority := field(s.Authority, say("the system's"), func(t string) { s.Authority = t })
	hint := say("none")
	if s.HasToken {
		hint = say("in the system's keyring")
	}
	token := field("", hint, func(t string) { s.Token = &t })
	token.Password = true
	says := quiet("")
	says.Hide() // until the server is asked
	ask := p.w.pushButton(say("Test"), icon("check"), nil)
	ask.OnTapped = func() { p.w.commitField(); p.ask(*s, ask, says) }
	remove := p.w.tips.button("trash", "Remove", func() {
		p.named.List = append(p.named.List[:i:i], p.named.List[i+1:]...)
		p.write()
		p.refresh()
	})
	return spaced(c.row("Address", address, container.NewHBox(ask, remove)), c.row("Certificates", authority, nil), c.row("Token", token, nil), c.under(says), line())
}

// write puts it into servers.json, and opens the model again where its networks have moved.
func (p *serversPage) write() {
	named := p.named
	named.List = append([]NamedServer(nil), p.named.List...)
	for i := range p.named.List {
		if t := p.named.List[i].Token; t != nil {
			p.named.List[i].HasToken, p.named.List[i].Token = *t != "", nil
		}
	}
	p.w.beside(func() func() {
		err := p.w.options.Servers.Write(p.model, named)
		return func() {
			p.tell(err)
			if err == nil {
				p.w.studio.Reopen()
			}
		}
	})
}

// asking is how long a server is waited for when the artist asks it.
const asking = 10 * time.Second

func (p *serversPage) ask(s NamedServer, b *button, says *widget.Label) {
	b.Disable()
	says.Importance = widget.LowImportance
	says.SetText(say("Asking ..."))
	says.Show()
	p.w.beside(func() func() {
		ctx, cancel := context.WithTimeoutCause(context.Background(), asking, errors.New("no answer"))
		defer cancel()
		said, has, took, err := p.w.options.Servers.Ask(ctx, s, p.model)
		return func() {
			b.Enable()
			if err != nil {
				says.Importance = widget.DangerImportance
				says.SetText(err.Error())
				return
			}
			text := sayf("%s answers in %s.", said, short(took)) + " "
			if len(has) == 0 {
				text += sayf("It has no network of %s.", p.model.Name)
			} else {
				text += sayf("It has %s.", strings.Join(has, ", "))
			}
			says.SetText(text)
		}
	})
}
