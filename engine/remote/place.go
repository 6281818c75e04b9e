package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/parallel"
)

// Place runs networks of a model on a pool's servers: networks has the servers' names by part. Every server is
// checked first: whether it is ready and has these networks. wrong is what is wrong with those that are not used. It
// fails where none is left.
func Place(ctx context.Context, p *Pool, parts *engine.Parts, networks map[string]string) (wrong []string, err error) {
	known := map[string]*engine.Part{}
	add := func(part *engine.Part) {
		if part.Graph != nil {
			known[part.Name] = part
		}
	}
	add(&parts.Denoiser)
	add(&parts.Encoder)
	add(&parts.Decoder)
	for i := range parts.Text {
		add(&parts.Text[i].Part)
	}
	for i := range parts.Control {
		add(&parts.Control[i])
	}
	var names []string
	for name := range networks {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		part := known[name]
		if part == nil {
			return wrong, fault.Server.Errorf("servers.json puts %s of %s on a server, and the model has no such part", name, parts.Name)
		}
		in, out := part.Graph.Ports()
		in, out, more, err := p.Check(ctx, networks[name], in, out)
		wrong = append(wrong, more...)
		if err != nil {
			return wrong, fmt.Errorf("%s of %s runs on a server: %w", name, parts.Name, err)
		}
		g := p.Graph(networks[name], in, out)
		switch part {
		case &parts.Denoiser:
			g.Like(first(in, "sample", "hidden_states"), 1).Apart()
			parts.OneCall, parts.Join = true, nil // a call takes a round trip
			if p.Len() > 1 {
				parts.Pull = parallel.Pull
			}
		case &parts.Decoder:
			g.Like(first(in, "latent_sample", "sample"), scale(part.Config))
		case &parts.Encoder:
			g.Like(first(in, "sample"), 1/scale(part.Config))
		}
		part.Graph = g
	}
	return wrong, nil
}

// first is the first of the names that is an input's; "" where none is.
func first(in []engine.Port, names ...string) string {
	for _, n := range names {
		if slices.ContainsFunc(in, func(p engine.Port) bool { return p.Name == n }) {
			return n
		}
	}
	return ""
}

// scale is px per latent pixel, by the autoencoder's config.json: each block but the last halves.
func scale(config []byte) float64 {
	var c struct {
		Blocks []int  `json:"block_out_channels"`
		Class  string `json:"_class_name"`
	}
	if json.Unmarshal(config, &c) != nil || len(c.Blocks) == 0 || strings.Contains(c.Class, "Tiny") {
		return 8
	}
	return float64(int(1) << min(len(c.Blocks)-1, 8))
}
