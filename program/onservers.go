package program

import (
	"context"
	"maps"
	"path/filepath"
	"slices"

	"nirvana/app/cli"
	"nirvana/engine/fault"
	"nirvana/engine/onnx"
	"nirvana/engine/remote"
	"nirvana/models"
)

// onServers are the networks of a model that run on servers.
type onServers struct {
	servers  remote.Servers
	networks map[string]string // names on the servers, by part; nil: all run here
}

// onServersOf reads servers.json in the data folder.
func onServersOf(f models.Folder, home string) (onServers, error) {
	if home == "" {
		return onServers{}, nil
	}
	s, err := remote.ReadServers(filepath.Join(home, "servers.json"))
	return onServers{s, s.Of(f.Name, f.Dir)}, err
}

// allows refuses LoRAs and embeddings, which are merged into networks on this machine, and leaves out those that were not requested.
func (e onServers) allows(f models.Folder, o cli.OpenOptions, load *onnx.LoadOptions) error {
	if len(e.networks) == 0 {
		return nil
	}
	if len(o.LoRAs) > 0 || len(o.Embeddings) > 0 {
		return fault.Server.Errorf("LoRAs and embeddings are merged into networks on this machine, and servers.json has networks of %s run on a server: leave them out, or take the model out of servers.json, or write networks that have the LoRA for the server: nirvana models export-server --lora FILE:0.8 %s FOLDER", f.Name, f.Name)
	}
	for _, t := range f.Text {
		if e.networks[t.Name] != "" {
			load.Embeddings = nil
		}
	}
	return nil
}

// place connects the networks on the servers. The pool, nil if there is none, has to be closed with the model.
func (e onServers) place(ctx context.Context, loaded *onnx.Loaded) (*remote.Pool, error) {
	if len(e.networks) == 0 {
		return nil, nil
	}
	p, err := remote.Connect(e.servers.All(), remote.Options{})
	if err != nil {
		return nil, err
	}
	wrong, err := remote.Place(ctx, p, &loaded.Parts, e.networks)
	if err == nil {
		err = loaded.Elsewhere(slices.Collect(maps.Keys(e.networks))...)
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	for _, w := range wrong {
		loaded.Notices = append(loaded.Notices, fault.Notice{Format: fault.ServerLeft, Args: []any{w}})
	}
	loaded.Device += ", " + p.String()
	return p, nil
}

// adapt refuses LoRAs in prompts too.
func (e onServers) adapt(loaded *onnx.Loaded) func([]cli.PromptLoRA) error {
	return func(wanted []cli.PromptLoRA) error {
		if len(e.networks) > 0 && len(wanted) > 0 {
			return fault.Server.Errorf("the prompt names a LoRA, which is merged into networks on this machine, and they run on a server: take it out of the prompt, or write networks that have it for the server: nirvana models export-server --lora NAME:0.8 %s FOLDER", loaded.Parts.Name)
		}
		return loaded.Adapt(converted(wanted))
	}
}
