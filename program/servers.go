package program

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"nirvana/app"
	"nirvana/engine/onnx/repository"
	"nirvana/engine/remote"
	"nirvana/models"
	"nirvana/ui"
)

// servers is servers.json of a data folder, as the window's settings read and write it.
type servers struct{ home string }

func (s servers) path() string { return filepath.Join(s.home, "servers.json") }

// Read gives the servers, and which parts of a model run there.
func (s servers) Read(m app.ModelInfo) (out ui.NamedServers, err error) {
	named, err := remote.ReadServers(s.path())
	if err != nil {
		return out, err
	}
	for _, e := range named.Servers {
		out.List = append(out.List, ui.NamedServer{Address: e.Address, Authority: e.Authority, HasToken: remote.Token(e.Address) != ""})
	}
	f, err := models.Read(m.Dir)
	if err != nil {
		return out, nil // a model that cannot be read has no parts
	}
	on := named.Placed(f.Name, f.Dir)
	for _, p := range repository.Parts(f) {
		part := ui.ServedPart{Part: p.Name, Name: repository.Name(f, p)}
		if name, there := on[p.Name]; there {
			part.Name, part.On = name, true
		}
		out.Parts = append(out.Parts, part)
	}
	return out, nil
}

// Write puts them into the file, and tokens into the keyring. What the file says of other models stays.
func (s servers) Write(m app.ModelInfo, now ui.NamedServers) error {
	named, err := remote.ReadServers(s.path())
	if err != nil {
		return err
	}
	named.Servers = nil
	for _, e := range now.List {
		address := strings.TrimSpace(e.Address)
		if address == "" || strings.HasSuffix(address, "://") {
			continue // not written yet
		}
		if err := (remote.Server{Address: address, Authority: e.Authority}).Check(); err != nil {
			return err
		}
		if e.Token != nil {
			if err := remote.KeepToken(address, *e.Token); err != nil {
				return err
			}
		}
		named.Servers = append(named.Servers, remote.Entry{Address: address, Authority: e.Authority})
	}
	on := map[string]string{}
	for _, p := range now.Parts {
		if p.On {
			on[p.Part] = p.Name
		}
	}
	named.Place(m.Name, m.Dir, on)
	return remote.WriteServers(s.path(), named)
}

// Ask says what a server calls itself, and which networks of the model it has.
func (s servers) Ask(ctx context.Context, n ui.NamedServer, m app.ModelInfo) (said string, has []string, took time.Duration, err error) {
	server := remote.Server{Address: strings.TrimSpace(n.Address), Authority: n.Authority, Token: remote.Token(n.Address)}
	if n.Token != nil {
		server.Token = *n.Token
	}
	p, err := remote.Connect([]remote.Server{server}, remote.Options{})
	if err != nil {
		return "", nil, 0, err
	}
	defer p.Close()
	var names []string
	if f, err := models.Read(m.Dir); err == nil {
		for _, part := range repository.Parts(f) {
			names = append(names, repository.Name(f, part))
		}
	}
	began := time.Now()
	info, _, err := p.Ask(ctx, nil)
	took = time.Since(began)
	if err != nil {
		return "", nil, took, err
	}
	_, has, err = p.Ask(ctx, names)
	return strings.TrimSpace(info.Name + " " + info.Version), has, took, err
}
